"""The one table of what every engine answers: registers made by hand, queries, and what must come back."""

# ruff: noqa: E501, ERA001 - a table: a line a case

from dataclasses import dataclass, field
from typing import Any

from app.register.query import Clause, Key, Operator, Query, Referring, Stamp
from app.register.query import Test as Comparison
from tests.contract.organisations import (
    DAY,
    Contents,
    affiliation,
    organisation,
    resource,
    role,
    succession,
)

EQ, PREFIX, CONTAINS, LIKE = Operator.EQ, Operator.PREFIX, Operator.CONTAINS, Operator.LIKE
RANGE, PRESENT, ABSENT, ALL = Operator.RANGE, Operator.PRESENT, Operator.ABSENT, Operator.ALL
REFERS, REFERRED, EQUALS = Operator.REFERS, Operator.REFERRED, Operator.EQUALS

LONG = "NORTH WEST LONDON HEALTH CARE " * 133  # 3,990 characters, once trimmed a name of the greatest length

REGISTERS: dict[str, Contents] = {
    # What names, towns and postcodes look like.
    "texts": {
        "organisation": [
            organisation("A1", "The Surgery", town="LEEDS", postcode="LS1 4AP"),
            organisation("A2", "THE SURGERY", town="Leeds", postcode="LS14AP"),
            organisation("A3", "ST MARY'S SURGERY", town="BISHOP'S STORTFORD", postcode="LS14 1AB"),
            organisation("A4", "ST MARY\u2019S SURGERY", town="YORK", postcode="ls1 4ap"),
            organisation("A5", "CAFÉ ŒUVRE STRAẞE", town="LLANBEDR-Y-CENNIN", postcode="QX9"),
            organisation("A6", "THE  SURGERY  ANNEXE", town=None, postcode="Y 1"),
            organisation("A7", None, town="LEE"),
        ]
    },
    # Text that other languages would read as more than text.
    "signs": {
        "organisation": [
            organisation("S1", '100% "CARE" (UK)'),
            organisation("S2", "A_B"),
            organisation("S3", "A*B"),
            organisation("S4", "AXB"),
            organisation("S5", "C:\\D OR E"),
            organisation("S6", "E AND NOT F NEAR G"),
            organisation("S7", "A-B.C[D]{E}^F~G+H?I|J&&K/L"),
            organisation("S8", "O'BRIEN; DROP TABLE"),
            organisation("S9", "X"),
        ]
    },
    # XML has no control characters, but nothing may come loose where a value has some.
    "marks": {
        "organisation": [
            organisation("M1", "\x02ALPHA\x03"),
            organisation("M2", "ALPHA"),
            organisation("M3", "BE\x03\x02TA"),
            organisation("M4", "Z"),
        ]
    },
    # Beyond ASCII, beyond sixteen bits, and as long as a name may be.
    "wide": {
        "organisation": [
            organisation("W1", "\U00020000 CLINIC"),
            organisation("W2", "\uffee CLINIC"),
            organisation("W3", "Ε\u0301ΛΕΟΣ"),
            organisation("W4", LONG.strip() + " EAST"),
            organisation("W5", LONG.strip() + " WEST"),
            organisation("W6", "AB\U0010ffffC"),
            organisation("W7", "AB\U0010ffff\U0010ffff"),
            organisation("W8", lines=("FIRST", f"{LONG.strip()} NORTH", "LAST")),
        ]
    },
    "tokens": {
        "organisation": [
            organisation("T1", status="Active", roles=("RO177", "RO76")),
            organisation("T2", status="Active", roles=("RO76", "RO177", "RO177")),
            organisation("T3", status="Inactive", roles=("RO177", "RO177")),
            organisation("T4", status="Inactive", roles=("RO17",)),
            organisation("T5", status=None),
        ]
    },
    "times": {
        "organisation": [
            organisation("D1", changed=-1),
            organisation("D2", changed=0),
            organisation("D3", changed=1),
            organisation("D4", changed=1),
            organisation("D5", changed=20_000),
            organisation("D6", changed=-719_162),
            organisation("D7"),
        ]
    },
    # When the contents were first loaded; "updated" is no value of an entry, and some stamps are alike.
    "stamps": {
        "organisation": [
            organisation("V1", "B", stamp=Stamp(1, 1_767_225_600_000)),
            organisation("V2", "A", stamp=Stamp(2, 1_767_225_600_001)),
            organisation("V3", "A", stamp=Stamp(2**31 - 1, -1)),
            organisation("V4", "C", stamp=Stamp(3, 1_767_225_600_000)),
        ],
        "resource": [
            resource("List/1", "https://example.org/List/1", Stamp(7, 5)),
            resource("List/2", "https://example.org/List/2", Stamp(1, 4)),
        ],
    },
    # Orders: equal names, equal dates, and values that are missing.
    "orders": {
        "organisation": [
            organisation("O1", "BETA", town="X", changed=3),
            organisation("O2", "alpha", town="Y", changed=3),
            organisation("O3", "ALPHA", town="Y", changed=1),
            organisation("O4", None, town="X", changed=2),
            organisation("O5", "Álpha", town=None, changed=None),
            organisation("O6", "ALPHA 2", town="X", changed=1),
            organisation("O7", None, town="Y", changed=None),
            organisation("O8", "BETA", town="Y", changed=2),
        ]
    },
    # Ids compare by code point, as whole strings.
    "ids": {
        "organisation": [organisation(code) for code in ("0A", "10", "9", "A", "AA", "Z", "a", "É", "A-1")]
    },
    "kinds": {
        "organisation": [organisation("K1", "KINDS")],
        "resource": [
            resource("CodeSystem/Role-1", "https://example.org/CodeSystem/Role-1"),
            resource("ValueSet/Role-1", "https://example.org/ValueSet/Role-1"),
            resource("ValueSet/Role-2", "https://example.org/ValueSet/Role-2"),
        ],
    },
    # Patterns that hold the same part again and again.
    "repeats": {
        "organisation": [
            organisation("R1", "EXEYE"),
            organisation("R2", "BEEXEYEZEWEVE"),
            organisation("R3", "ABXAB ABYABZAB"),
            organisation("R4", "E F G"),
            organisation("R5", None),
        ]
    },
    # Texts of several parts: none goes over into the next one.
    "addresses": {
        "organisation": [
            organisation("P1", lines=("1 HIGH STREET", "LEEDS", "LS1 4AP", "ENGLAND")),
            organisation("P2", lines=("Leeds Road", "York", "ls14ap")),
            organisation("P3", lines=("THE LEEDS CLINIC", "LEEDSTOWN", "ENGLAND")),
            organisation("P4"),
            organisation("P5", lines=("X", "AB", "LEEDS\x1fYORK")),
            organisation("P6", lines=("CAFÉ  BAR", "X Y", "X")),
            organisation("P7", lines=("\x02ALPHA\x03", "BETA")),
        ]
    },
    # Organisations and what they have to do with each other; some are named that are not there.
    "references": {
        "organisation": [
            organisation("A", "ALPHA", town="LEEDS", roles=["RO177"]),
            organisation("B", "BETA", town="LEEDS", status="Inactive"),
            organisation("C", "GAMMA", town="YORK"),
            organisation("D", "DELTA", roles=["RO177", "RO76"]),
            organisation("a", "LOWER"),
        ],
        "affiliation": [
            affiliation("1", "A", "B"),
            affiliation("2", "A", "C", status="Inactive", of="RE6"),
            affiliation("3", "B", "C"),
            affiliation("4", "D", "Z"),
            affiliation("5", "Z", "C", of="RE6"),
            affiliation("6", "a", "A"),
            affiliation("7", None, "D"),
            affiliation("8", "z", None),
        ],
    },
    # Entries that have no version, and of which few have a document.
    "instances": {
        "organisation": [organisation("A", "ALPHA"), organisation("B", "BETA"), organisation("C", "GAMMA")],
        "instance": [
            role("10", "A", "RO177", primary=True),
            role("100", "A", "RO76"),
            role("11", "A", "RO76", status="Inactive"),
            role("9", "B", "RO177", primary=True),
            succession("10", "A", "B"),
            succession("2", "C", "Z"),
        ],
    },
    # Periods; some are open, and some have no start.
    "periods": {
        "affiliation": [
            affiliation("1", start=0, end=10),
            affiliation("2", start=0, end=None),
            affiliation("3", start=5, end=10),
            affiliation("4", start=10, end=20),
            affiliation("5", start=None, end=5),
            affiliation("6", start=None, end=None),
            affiliation("7", start=5, end=6, status="Inactive"),
        ]
    },
    "empty": {"organisation": []},
}


@dataclass(frozen=True)
class Case:
    """One query to one register; `total` is the number of ids unless said, and not wanted where it is None."""

    says: str
    register: str
    clauses: tuple[Clause, ...]
    ids: str
    total: int | None = -1
    more: bool = False
    rest: dict[str, Any] = field(default_factory=dict)
    """Order, size, offset and kind of the query, where not the defaults."""

    @property
    def query(self) -> Query:
        """The query."""
        values = {"kind": "organisation", "size": 20, "total": self.total is not None} | self.rest
        return Query(clauses=self.clauses, **values)

    @property
    def expected(self) -> list[str]:
        """The ids in order."""
        return self.ids.split()

    @property
    def expected_total(self) -> int | None:
        """The total of the page."""
        return len(self.expected) if self.total == -1 else self.total


def where(name: str, operator: Operator, *values: Any) -> Clause:
    """Return the clause that one of the values satisfies."""
    return Clause(tuple(Comparison(name, operator, value) for value in values or (None,)))


def but(clause: Clause) -> Clause:
    """Return the negated clause."""
    return Clause(clause.tests, negated=True)


def either(*clauses: Clause) -> Clause:
    """Return one clause of the tests of several."""
    return Clause(tuple(test for clause in clauses for test in clause.tests))


def every(*parts: Comparison | Clause) -> Comparison:
    """Return the test that all of some tests and clauses hold."""
    return Comparison("", ALL, parts)


def days(low: int | None, high: int | None, start: bool = True, end: bool = True) -> Comparison:
    """Return the test that start and end lie in a range of days, or one of them."""
    asked = tuple(None if each is None else each * DAY for each in (low, high))
    return every(*(Comparison(name, RANGE, asked) for name in ["start"] * start + ["end"] * end))


def referring(name: str, *clauses: Clause) -> Clause:
    """Return the clause that an affiliation which matches some clauses refers to an organisation."""
    return where("id", REFERRED, Referring("affiliation", name, clauses))


def case(
    says: str,
    register: str,
    *clauses: Clause,
    ids: str,
    total: int | None = -1,
    more: bool = False,
    **rest: Any,
) -> Case:
    """Return a case."""
    return Case(says, register, clauses, ids, total, more, rest)


def key(name: str) -> Key:
    """Return a key of an order; a minus in front of its name descends."""
    return Key(name.removeprefix("-"), name.startswith("-"))


def by(*names: str) -> tuple[Key, ...]:
    """Return an order."""
    return tuple(map(key, names))


ALL_ORDERS = "O1 O2 O3 O4 O5 O6 O7 O8"

CASES = [
    # No clause, and the parts of a clause
    case("no clause matches everything", "tokens", ids="T1 T2 T3 T4 T5"),
    case("a clause without tests matches nothing", "tokens", Clause(()), ids=""),
    case("a negated clause without tests matches everything", "tokens", Clause((), negated=True), ids="T1 T2 T3 T4 T5"),
    case("an empty register has no matches", "empty", ids=""),
    case("an empty register has no names", "empty", where("name", PREFIX, "A"), ids=""),
    case("an empty register has no substrings", "empty", where("name", CONTAINS, "ABCD"), ids=""),
    case("an empty register has an order", "empty", ids="", order=by("-name", "id")),
    case("a register may lack a kind", "empty", ids="", kind="resource"),
    # EQ on text: raw
    case("EQ on a text compares with case", "texts", where("name", EQ, "The Surgery"), ids="A1"),
    case("EQ on a text compares white space", "texts", where("name", EQ, "THE  SURGERY  ANNEXE"), ids="A6"),
    case("EQ on a text does not fold what is asked for", "texts", where("name", EQ, "THE SURGERY ANNEXE"), ids=""),
    case("EQ on a text compares quotes", "texts", where("name", EQ, "ST MARY\u2019S SURGERY"), ids="A4"),
    case("EQ on a text compares accents", "texts", where("name", EQ, "CAFE ŒUVRE STRAẞE"), ids=""),
    case("EQ on a text finds accents", "texts", where("name", EQ, "CAFÉ ŒUVRE STRAẞE"), ids="A5"),
    case("EQ on a text takes the whole of it", "texts", where("name", EQ, "The"), ids=""),
    case("EQ on a postcode compares its space", "texts", where("postcode", EQ, "LS14AP"), ids="A2"),
    case("EQ on a postcode compares its case", "texts", where("postcode", EQ, "LS1 4AP"), ids="A1"),
    case("EQ on a text with alternatives", "texts", where("town", EQ, "LEEDS", "Leeds", "LEED"), ids="A1 A2"),
    case("EQ with an empty text finds nothing", "texts", where("name", EQ, ""), ids=""),
    case("EQ of many writings of one text", "texts", where("name", EQ, "The Surgery", "the surgery", "THE SURGERy", "ST MARY'S SURGERY", "ST MARY`S SURGERY"), ids="A1 A3"),
    case("EQ of the folded writing alone", "texts", where("town", EQ, "LEEDS"), ids="A1"),
    case("EQ, negated", "texts", but(where("town", EQ, "Leeds")), ids="A1 A3 A4 A5 A6 A7"),
    # PREFIX: folded
    case("PREFIX compares folded text", "texts", where("name", PREFIX, "THE SURG"), ids="A1 A2 A6"),
    case("PREFIX takes the whole text too", "texts", where("name", PREFIX, "THE SURGERY"), ids="A1 A2 A6"),
    case("PREFIX of one character", "texts", where("name", PREFIX, "T"), ids="A1 A2 A6"),
    case("PREFIX of two characters", "texts", where("town", PREFIX, "LE"), ids="A1 A2 A7"),
    case("PREFIX starts at the start of the value only", "texts", where("name", PREFIX, "SURGERY"), ids=""),
    case("PREFIX does not fold what is asked for", "texts", where("name", PREFIX, "the"), ids=""),
    case("PREFIX finds a folded letter", "texts", where("name", PREFIX, "CAFE Œ"), ids="A5"),
    case("PREFIX with a curly quote in the value", "texts", where("name", PREFIX, "ST MARY'S"), ids="A3 A4"),
    case("PREFIX longer than any value", "texts", where("town", PREFIX, "LEEDS" * 20), ids=""),
    case("PREFIX with the space of an outward code", "texts", where("postcode", PREFIX, "LS1 "), ids="A1 A2 A4"),
    case("PREFIX without that space", "texts", where("postcode", PREFIX, "LS1"), ids="A1 A2 A3 A4"),
    case("PREFIX does not find a missing value", "texts", where("town", PREFIX, ""), ids="A1 A2 A3 A4 A5 A7"),
    case("PREFIX with many alternatives", "texts", where("town", PREFIX, *("YORK"[:n] for n in range(1, 5)), "BISHOP", "LEEDSX"), ids="A3 A4"),
    case("PREFIX in clauses of which one is narrower", "texts", where("name", PREFIX, "TH"), where("name", PREFIX, "THE SURGERY A", "CAFE"), ids="A6"),
    case("PREFIX in clauses of which one is negated", "texts", where("name", PREFIX, "T", "C"), but(where("name", PREFIX, "THE SURGERY A")), ids="A1 A2 A5"),
    case("PREFIX in two negated clauses", "texts", but(where("town", PREFIX, "LEE")), but(where("town", PREFIX, "Y")), ids="A3 A5 A6"),
    # CONTAINS: folded
    case("CONTAINS of one character", "texts", where("name", CONTAINS, "X"), ids="A6"),
    case("CONTAINS of the first character", "texts", where("town", CONTAINS, "B"), ids="A3 A5"),
    case("CONTAINS of the last character", "texts", where("town", CONTAINS, "K"), ids="A4"),
    case("CONTAINS of two characters", "texts", where("town", CONTAINS, "EE"), ids="A1 A2 A7"),
    case("CONTAINS of two characters at the end", "texts", where("town", CONTAINS, "DS"), ids="A1 A2"),
    case("CONTAINS of two characters with a space", "texts", where("name", CONTAINS, "S "), ids="A3 A4"),
    case("CONTAINS of a space", "texts", where("postcode", CONTAINS, " "), ids="A1 A2 A3 A4 A6"),
    case("CONTAINS of three characters", "texts", where("name", CONTAINS, "ARY"), ids="A3 A4"),
    case("CONTAINS of three characters that are the value", "texts", where("town", CONTAINS, "LEE"), ids="A1 A2 A7"),
    case("CONTAINS of four characters", "texts", where("name", CONTAINS, "SURG"), ids="A1 A2 A3 A4 A6"),
    case("CONTAINS across words", "texts", where("name", CONTAINS, "E SURGERY A"), ids="A6"),
    case("CONTAINS of the whole value", "texts", where("name", CONTAINS, "THE SURGERY ANNEXE"), ids="A6"),
    case("CONTAINS does not join values end to start", "texts", where("name", CONTAINS, "SURGERYTHE"), ids=""),
    case("CONTAINS of characters that stand apart", "texts", where("name", CONTAINS, "SURGERYANNEXE"), ids=""),
    case("CONTAINS whose parts stand in another order", "texts", where("town", CONTAINS, "DSLEE"), ids=""),
    case("CONTAINS with letters that fold to two", "texts", where("name", CONTAINS, "STRASSE"), ids="A5"),
    case("CONTAINS does not fold what is asked for", "texts", where("name", CONTAINS, "surg"), ids=""),
    case("CONTAINS of nothing finds what has a value", "texts", where("town", CONTAINS, ""), ids="A1 A2 A3 A4 A5 A7"),
    case("CONTAINS with a hyphen", "texts", where("town", CONTAINS, "R-Y-C"), ids="A5"),
    case("CONTAINS with many alternatives", "texts", where("name", CONTAINS, *(f"SURGERY {n}" for n in range(400)), "ANNEXE", "Y'S S"), ids="A3 A4 A6"),
    case("CONTAINS with many alternatives of one match", "texts", where("name", CONTAINS, *("ST MARY'S SURGERY"[:n] for n in range(3, 18))), ids="A3 A4"),
    case("CONTAINS with alternatives of one to four characters", "texts", where("town", CONTAINS, "X", "K", "EE", "SHO", "Y-C"), ids="A1 A2 A3 A4 A5 A7"),
    case("CONTAINS with many alternatives, negated", "texts", but(where("name", CONTAINS, *(f"E SURGER{n}" for n in "XYZ"))), ids="A3 A4 A5 A7"),
    case("CONTAINS in many clauses", "texts", *(where("name", CONTAINS, "ST MARY'S SURGERY"[n:]) for n in range(13)), ids="A3 A4"),
    case("CONTAINS in many clauses with alternatives", "texts", *(where("name", CONTAINS, "ANNEXE", "ST MARY'S SURGERY"[n : n + 5]) for n in range(13)), ids="A3 A4 A6"),
    case("CONTAINS in clauses of which one is negated", "texts", where("name", CONTAINS, "SURGERY"), but(where("name", CONTAINS, "E SURG", "Y ANNEXE")), ids="A3 A4"),
    case("CONTAINS in clauses of several fields", "texts", where("name", CONTAINS, "HE SURG"), where("town", CONTAINS, "EEDS"), where("postcode", CONTAINS, "1 4A"), ids="A1 A2"),
    case("CONTAINS of two characters of a postcode", "texts", where("postcode", CONTAINS, "X9", "4 "), ids="A3 A5"),
    # LIKE: folded, with a sign for any one character
    case("LIKE without its sign is CONTAINS", "texts", where("name", LIKE, "E SURGERY A"), ids="A6"),
    case("LIKE takes its sign for one character", "texts", where("name", LIKE, "ST_MARY_S_S"), ids="A3 A4"),
    case("LIKE takes its sign for no two characters", "texts", where("name", LIKE, "ST_ARY"), ids=""),
    case("LIKE takes its sign for no character at all", "texts", where("town", LIKE, "LEED_S"), ids=""),
    case("LIKE needs a character at the end", "texts", where("town", LIKE, "LEE_"), ids="A1 A2"),
    case("LIKE needs a character at the start", "texts", where("town", LIKE, "_LEEDS"), ids=""),
    case("LIKE with several signs on end", "texts", where("name", LIKE, "T____RY"), ids=""),
    case("LIKE with several signs between short parts", "texts", where("name", LIKE, "U__E_Y"), ids="A1 A2 A3 A4 A6"),
    case("LIKE of parts of one and two characters", "texts", where("town", LIKE, "B_SH_P"), ids="A3"),
    case("LIKE of nothing but signs counts characters", "texts", where("town", LIKE, "____"), ids="A1 A2 A3 A4 A5"),
    case("LIKE of nothing but signs and blanks", "texts", where("name", LIKE, "_ _ "), ids=""),
    case("LIKE does not fold what is asked for", "texts", where("name", LIKE, "s_rgery"), ids=""),
    case("LIKE finds a folded letter", "texts", where("name", LIKE, "CAF_ Œ"), ids="A5"),
    case("LIKE whose parts stand in another order", "texts", where("name", LIKE, "SURGERY_THE"), ids=""),
    case("LIKE whose parts stand too far apart", "texts", where("name", LIKE, "THE_ANNEXE"), ids=""),
    case("LIKE finds the sign itself", "signs", where("name", LIKE, "A_B"), ids="S2 S3 S4 S7"),
    case("LIKE takes other wildcards as text", "signs", where("name", LIKE, "A*_"), ids="S3"),
    case("LIKE takes a percent sign as text", "signs", where("name", LIKE, "_00%_"), ids="S1"),
    case("LIKE takes brackets as text", "signs", where("name", LIKE, "C[_]{E}"), ids="S7"),
    case("LIKE takes a question mark as text", "signs", where("name", LIKE, "H?_|"), ids="S7"),
    case("LIKE takes a backslash as text", "signs", where("name", LIKE, "C_\\D"), ids="S5"),
    case("LIKE takes a character beyond sixteen bits for one", "wide", where("name", LIKE, "AB_C"), ids="W6"),
    case("LIKE takes two characters beyond sixteen bits for two", "wide", where("name", LIKE, "B__"), ids="W6 W7"),
    case("LIKE at the end of a long name", "wide", where("name", LIKE, "CARE_WE_T"), ids="W5"),
    case("LIKE does not find a missing value", "texts", where("town", LIKE, "_"), ids="A1 A2 A3 A4 A5 A7"),
    case("LIKE of many equal parts", "texts", where("name", LIKE, "_".join("E" * 50)), ids=""),
    case("LIKE of equal parts that stand apart", "repeats", where("name", LIKE, "E_E_E"), ids="R1 R2"),
    case("LIKE of equal pairs", "repeats", where("name", LIKE, "AB_AB_AB"), ids="R3"),
    case("LIKE of as many equal parts as there are", "repeats", where("name", LIKE, "_".join("E" * 6)), ids="R2"),
    case("LIKE of one equal part too many", "repeats", where("name", LIKE, "_".join("E" * 7)), ids=""),
    case("LIKE needs all characters before a part", "repeats", where("name", LIKE, "____E_E"), ids="R2"),
    case("LIKE finds as many characters after a part as there are", "repeats", where("name", LIKE, "ABZ__"), ids="R3"),
    case("LIKE needs all characters after a part", "repeats", where("name", LIKE, "ABZ___"), ids=""),
    case("LIKE of a part that stands early and late", "repeats", where("name", LIKE, "___AB___"), ids="R3"),
    case("LIKE takes its sign for a blank", "repeats", where("name", LIKE, "E_F_G"), ids="R4"),
    case("LIKE takes its sign for no mark at the start", "repeats", where("name", LIKE, "_E_E_E"), ids="R2"),
    case("LIKE with alternatives", "repeats", where("name", LIKE, "E_F", "AB_A", "Q_"), ids="R3 R4"),
    case("LIKE, negated", "repeats", but(where("name", LIKE, "E_E", "AB_")), ids="R4 R5"),
    # Signs are text
    case("a percent sign is text", "signs", where("name", CONTAINS, "%"), ids="S1"),
    case("a percent sign among letters is text", "signs", where("name", CONTAINS, "0% "), ids="S1"),
    case("an underscore is text", "signs", where("name", CONTAINS, "A_B"), ids="S2"),
    case("a star is text", "signs", where("name", CONTAINS, "A*B"), ids="S3"),
    case("a star at the end of a prefix is text", "signs", where("name", PREFIX, "A*"), ids="S3"),
    case("a lone star is text", "signs", where("name", CONTAINS, "*"), ids="S3"),
    case("quotation marks are text", "signs", where("name", CONTAINS, '"CARE"'), ids="S1"),
    case("one quotation mark is text", "signs", where("name", CONTAINS, '"'), ids="S1"),
    case("an apostrophe is text", "signs", where("name", CONTAINS, "'B"), ids="S8"),
    case("a backslash is text", "signs", where("name", CONTAINS, ":\\D"), ids="S5"),
    case("a backslash at the end is text", "signs", where("name", PREFIX, "C:\\"), ids="S5"),
    case("words of query languages are text", "signs", where("name", CONTAINS, " OR "), ids="S5"),
    case("more words of query languages are text", "signs", where("name", CONTAINS, "AND NOT F"), ids="S6"),
    case("brackets are text", "signs", where("name", CONTAINS, "C[D]{E}"), ids="S7"),
    case("operators are text", "signs", where("name", CONTAINS, "^F~G+H?I|J&&K/L"), ids="S7"),
    case("a question mark is text", "signs", where("name", CONTAINS, "?"), ids="S7"),
    case("EQ takes signs as text", "signs", where("name", EQ, "A*B"), ids="S3"),
    case("a text of one character has a beginning", "signs", where("name", PREFIX, "X"), ids="S9"),
    case("a text of one character holds itself", "signs", where("name", CONTAINS, "X"), ids="S4 S9"),
    # Marks
    case("no value that lacks it holds a start mark", "texts", where("name", CONTAINS, "\x02"), ids=""),
    case("no value that lacks it holds an end mark", "texts", where("name", CONTAINS, "\x03"), ids=""),
    case("a value does not start with a mark", "texts", where("town", CONTAINS, "\x02LE"), ids=""),
    case("a value does not end with a mark", "texts", where("town", CONTAINS, "EDS\x03"), ids=""),
    case("a value is not between marks", "texts", where("town", CONTAINS, "\x02LEEDS\x03"), ids=""),
    case("a prefix with a mark is text", "marks", where("name", PREFIX, "\x02A"), ids="M1"),
    case("marks in a value hide nothing between them", "marks", where("name", CONTAINS, "ALPHA"), ids="M1 M2"),
    case("marks in a value hide no single character", "marks", where("name", CONTAINS, "T"), ids="M3"),
    case("marks in a value hide no two characters", "marks", where("name", CONTAINS, "BE"), ids="M3"),
    case("marks in a value join nothing", "marks", where("name", CONTAINS, "BETA"), ids=""),
    case("EQ finds a value with marks", "marks", where("name", EQ, "BE\x03\x02TA"), ids="M3"),
    case("EQ does not take marks for nothing", "marks", where("name", EQ, "\x02Z\x03"), ids=""),
    case("a prefix does not see marks that are not there", "marks", where("name", PREFIX, "\x02Z"), ids=""),
    # Wide characters and long values
    case("a letter beyond sixteen bits is one character", "wide", where("name", CONTAINS, "\U00020000"), ids="W1"),
    case("a prefix beyond sixteen bits", "wide", where("name", PREFIX, "\U00020000 C"), ids="W1"),
    case("three characters beyond sixteen bits", "wide", where("name", CONTAINS, "\U00020000 C"), ids="W1"),
    case("names are ordered by code point", "wide", where("name", CONTAINS, "CLINIC"), ids="W2 W1", order=by("name")),
    case("another script is folded", "wide", where("name", PREFIX, "ΕΛΕΟΣ"), ids="W3"),
    case("EQ takes combining marks as they are", "wide", where("name", EQ, "Ε\u0301ΛΕΟΣ"), ids="W3"),
    case("EQ of a name of four thousand characters", "wide", where("name", EQ, LONG.strip() + " WEST"), ids="W5"),
    case("PREFIX of four thousand characters", "wide", where("name", PREFIX, LONG.strip() + " E"), ids="W4"),
    case("CONTAINS at the end of a long name", "wide", where("name", CONTAINS, "CARE EAST"), ids="W4"),
    case("CONTAINS of four thousand characters", "wide", where("name", CONTAINS, LONG.strip()[7:] + " W"), ids="W5"),
    case("long names are ordered by their ends", "wide", where("name", PREFIX, "NORTH"), ids="W5 W4", order=by("-name")),
    case("the last character there is can follow a prefix", "wide", where("name", PREFIX, "AB"), ids="W6 W7"),
    case("the last character there is can be in a prefix", "wide", where("name", PREFIX, "AB\U0010ffff"), ids="W6 W7"),
    # Tokens
    case("EQ on a token", "tokens", where("status", EQ, "Inactive"), ids="T3 T4"),
    case("EQ on a token compares with case", "tokens", where("status", EQ, "inactive"), ids=""),
    case("EQ on a token takes the whole term", "tokens", where("role", EQ, "RO17"), ids="T4"),
    case("EQ on a token with several terms", "tokens", where("role", EQ, "RO177"), ids="T1 T2 T3"),
    case("EQ on a token that repeats a term", "tokens", where("non_primary_role", EQ, "RO177"), ids="T2 T3"),
    case("EQ on the primary one of several", "tokens", where("primary_role", EQ, "RO177"), ids="T1 T3"),
    case("EQ on an unknown term", "tokens", where("role", EQ, "RO1"), ids=""),
    case("EQ on an empty term", "tokens", where("role", EQ, ""), ids=""),
    case("alternatives of a token", "tokens", where("role", EQ, "RO17", "RO76"), ids="T1 T2 T4"),
    case("the same alternative twice", "tokens", where("role", EQ, "RO17", "RO17"), ids="T4"),
    case("two clauses on one token", "tokens", where("role", EQ, "RO177"), where("role", EQ, "RO76"), ids="T1 T2"),
    # Ids
    case("EQ on the id", "ids", where("id", EQ, "A"), ids="A"),
    case("EQ on the id compares with case", "ids", where("id", EQ, "z"), ids=""),
    case("EQ on several ids", "ids", where("id", EQ, "9", "AA", "10", "no"), ids="10 9 AA"),
    case("ids are ordered by code point", "ids", ids="0A 10 9 A A-1 AA Z a É"),
    case("ids are ordered by code point, backwards", "ids", ids="É a Z AA A-1 A 9 10 0A", order=by("-id")),
    case("every entry has an id", "ids", where("id", PRESENT), ids="0A 10 9 A A-1 AA Z a É"),
    case("all but one id", "ids", but(where("id", EQ, "a", "Z", "É")), ids="0A 10 9 A A-1 AA"),
    # Ranges
    case("a range holds its low end, not its high end", "times", where("last_change", RANGE, (0, DAY)), ids="D2"),
    case("a range holds several", "times", where("last_change", RANGE, (-DAY, DAY + 1)), ids="D1 D2 D3 D4"),
    case("a range without a low end", "times", where("last_change", RANGE, (None, 0)), ids="D1 D6"),
    case("a range without a high end", "times", where("last_change", RANGE, (DAY, None)), ids="D3 D4 D5"),
    case("a range without ends", "times", where("last_change", RANGE, (None, None)), ids="D1 D2 D3 D4 D5 D6"),
    case("a range of nothing", "times", where("last_change", RANGE, (0, 0)), ids=""),
    case("a range that is turned round", "times", where("last_change", RANGE, (DAY, -DAY)), ids=""),
    case("a range of one millisecond", "times", where("last_change", RANGE, (DAY, DAY + 1)), ids="D3 D4"),
    case("a range between values", "times", where("last_change", RANGE, (1, DAY)), ids=""),
    case("a range before all", "times", where("last_change", RANGE, (None, -(10**15))), ids=""),
    case("a range after all", "times", where("last_change", RANGE, (10**15, None)), ids=""),
    case("two ranges, one of which must hold", "times", where("last_change", RANGE, (None, 0), (DAY, None)), ids="D1 D3 D4 D5 D6"),
    case("two ranges that must both hold", "times", where("last_change", RANGE, (0, None)), where("last_change", RANGE, (None, DAY)), ids="D2"),
    case("no range holds what is missing, its negation does", "times", but(where("last_change", RANGE, (0, None))), ids="D1 D6 D7"),
    case("many ranges, of which one must hold", "times", where("last_change", RANGE, *((n * DAY, n * DAY + 1) for n in range(-1, 400, 2))), ids="D1 D3 D4"),
    case("ranges that overlap", "times", where("last_change", RANGE, (None, 1), (0, DAY + 1), (DAY, 2 * DAY)), ids="D1 D2 D3 D4 D6"),
    case("many ranges that must all hold", "times", *(where("last_change", RANGE, (n * DAY, None)) for n in range(-9, 2)), ids="D3 D4 D5"),
    case("all but a day, often", "times", *(where("last_change", RANGE, (None, n * DAY), ((n + 1) * DAY, None)) for n in range(2)), ids="D1 D5 D6"),
    case("a range and the negation of a narrower one", "times", where("last_change", RANGE, (-DAY, None)), but(where("last_change", RANGE, (0, DAY))), ids="D1 D3 D4 D5"),
    case("two negated ranges", "times", but(where("last_change", RANGE, (0, DAY))), but(where("last_change", RANGE, (None, 0))), ids="D3 D4 D5 D7"),
    # ABSENT
    case("ABSENT on a text", "texts", where("town", ABSENT), ids="A6"),
    case("ABSENT on a token", "tokens", where("status", ABSENT), ids="T5"),
    case("ABSENT on an instant", "times", where("last_change", ABSENT), ids="D7"),
    case("ABSENT on the id", "ids", where("id", ABSENT), ids=""),
    case("ABSENT, negated", "texts", but(where("name", ABSENT)), ids="A1 A2 A3 A4 A5 A6"),
    case("ABSENT or a value", "times", either(where("last_change", ABSENT), where("last_change", RANGE, (None, 0))), ids="D1 D6 D7"),
    # EQUALS
    case("EQUALS folds the values", "texts", where("name", EQUALS, "THE SURGERY"), ids="A1 A2"),
    case("EQUALS folds quotes", "texts", where("name", EQUALS, "ST MARY'S SURGERY"), ids="A3 A4"),
    case("EQUALS of what is not folded finds nothing", "texts", where("name", EQUALS, "The Surgery"), ids=""),
    case("EQUALS of a beginning finds nothing", "texts", where("name", EQUALS, "THE SURG"), ids=""),
    case("EQUALS of several", "texts", where("town", EQUALS, "LEEDS", "YORK", "no"), ids="A1 A2 A4"),
    case("EQUALS, negated", "texts", but(where("town", EQUALS, "LEEDS", "YORK")), ids="A3 A5 A6 A7"),
    case("EQUALS of a postcode", "texts", where("postcode", EQUALS, "LS1 4AP"), ids="A1 A2 A4"),
    case("EQUALS of a long name", "wide", where("name", EQUALS, f"{LONG.strip()} WEST"), ids="W5"),
    case("EQUALS of one part", "addresses", where("lines", EQUALS, "LEEDS"), ids="P1"),
    case("EQUALS of one part, folded", "addresses", where("lines", EQUALS, "LEEDS ROAD", "CAFE BAR", "AB"), ids="P2 P5 P6"),
    case("EQUALS of a part of a part finds nothing", "addresses", where("lines", EQUALS, "LEED", "TOWN"), ids=""),
    case("EQUALS and EQ of texts and ids that are longer than any", "texts", Clause((Comparison("town", EQUALS, "X" * 100_000), Comparison("town", EQ, "É" * 20_000), Comparison("id", EQ, "A" * 100_000), Comparison("status", EQ, "A" * 100_000), Comparison("town", EQUALS, "LEE"))), ids="A7"),
    case("EQUALS and EQ of one field", "texts", where("name", EQ, "THE SURGERY"), where("name", EQUALS, "THE SURGERY"), ids="A2"),
    # ALL
    case("ALL of several fields", "texts", Clause((every(Comparison("town", EQ, "LEEDS"), Comparison("name", CONTAINS, "SURG")), every(Comparison("town", PREFIX, "YO"), Comparison("postcode", PRESENT)))), ids="A1 A4"),
    case("ALL, and another alternative", "texts", Clause((every(Comparison("town", EQ, "LEEDS"), Comparison("name", CONTAINS, "SURG")), Comparison("town", EQ, "LEE"))), ids="A1 A7"),
    case("ALL, negated", "texts", Clause((every(Comparison("town", PREFIX, "LEE"), Comparison("name", PRESENT)),), negated=True), ids="A3 A4 A5 A6 A7"),
    case("ALL of tests that cannot hold together", "texts", Clause((every(Comparison("town", EQ, "LEEDS"), Comparison("town", EQ, "YORK")),)), ids=""),
    case("ALL of nothing holds", "tokens", Clause((every(),)), ids="T1 T2 T3 T4 T5"),
    case("ALL of one test", "tokens", Clause((every(Comparison("status", ABSENT)),)), ids="T5"),
    case("ALL within ALL", "texts", Clause((every(every(Comparison("town", PREFIX, "LEE"), Comparison("name", PRESENT)), Comparison("postcode", EQ, "LS14AP")),)), ids="A2"),
    case("ALL of negated clauses", "texts", Clause((every(but(where("town", PREFIX, "LEE")), but(where("name", CONTAINS, "ST"))),)), ids="A6"),
    case("ALL of a test and a negated clause", "texts", Clause((every(Comparison("town", PREFIX, "LEE"), but(where("name", EQ, "THE SURGERY", "no"))), Comparison("id", EQ, "A3"))), ids="A1 A3 A7"),
    case("ALL of a clause of alternatives", "texts", Clause((every(where("town", EQ, "LEE", "YORK"), Comparison("name", PRESENT)),)), ids="A4"),
    case("ALL of negations of ALL", "texts", Clause((every(but(Clause((every(where("town", PREFIX, "LEE"), but(where("name", ABSENT))),))), Comparison("town", PRESENT)),)), ids="A3 A4 A5 A7"),
    case("ALL of clauses, negated", "texts", but(Clause((every(but(where("town", PREFIX, "LEE")), where("town", PRESENT)),))), ids="A1 A2 A6 A7"),
    case("ALL of a clause of no alternatives", "tokens", Clause((every(Clause(())), Comparison("id", EQ, "T2"))), ids="T2"),
    case("ALL of a negated clause of no alternatives", "tokens", Clause((every(but(Clause(()))),)), ids="T1 T2 T3 T4 T5"),
    case("ALL of a text that has to be looked at, negated", "signs", Clause((every(but(where("name", CONTAINS, "A-B.C[D]{E}")), where("name", CONTAINS, "B")), Comparison("name", EQ, "X"))), ids="S2 S3 S4 S8 S9"),
    case("ALL of a period and a negated status", "periods", Clause((every(*days(5, 11).value, but(where("status", EQ, "Inactive"))),)), kind="affiliation", ids="3"),
    case("ALL of a period that is not within days", "periods", Clause((every(Comparison("start", PRESENT), but(where("end", RANGE, (0, 11 * DAY)))),)), kind="affiliation", ids="2 4"),
    case("ALL of a period that lies within days", "periods", Clause((days(0, 11),)), kind="affiliation", ids="1 3 7"),
    case("ALL of a period, an end is enough", "periods", Clause((every(Comparison("start", ABSENT), Comparison("end", RANGE, (None, 6 * DAY))),)), kind="affiliation", ids="5"),
    case("ALL of a period that is open", "periods", Clause((every(Comparison("start", RANGE, (None, DAY)), Comparison("end", ABSENT)),)), kind="affiliation", ids="2"),
    case("ALL of a period without any end", "periods", Clause((every(Comparison("start", ABSENT), Comparison("end", ABSENT)),)), kind="affiliation", ids="6"),
    case("ALL of a period that has both ends", "periods", Clause((every(Comparison("start", PRESENT), Comparison("end", PRESENT)),)), kind="affiliation", ids="1 3 4 7"),
    case("ALL of a period, tested twice at one end", "periods", Clause((every(Comparison("start", RANGE, (0, None)), Comparison("start", RANGE, (None, 6 * DAY)), Comparison("end", RANGE, (10 * DAY, None))),)), kind="affiliation", ids="1 3"),
    case("ALL of a period that cannot be", "periods", Clause((every(Comparison("start", ABSENT), Comparison("start", PRESENT), Comparison("end", PRESENT)),)), kind="affiliation", ids=""),
    case("ALL of many periods", "periods", Clause(tuple(days(day, day + 6) for day in range(-40, 40))), kind="affiliation", ids="3 7"),
    case("ALL of many periods that begin alike", "periods", Clause(tuple(every(Comparison("start", RANGE, (None, 6 * DAY)), Comparison("end", RANGE, (day * DAY, day * DAY + 1))) for day in range(0, 40, 2))), kind="affiliation", ids="1 3 7"),
    case("ALL of many periods that overlap days", "periods", Clause(tuple(every(Comparison("start", RANGE, (None, (day + 1) * DAY)), Comparison("end", RANGE, (day * DAY + 1, None))) for day in range(9, 40))), kind="affiliation", ids="1 3 4"),
    case("ALL of periods, or a status", "periods", Clause((days(10, 21), Comparison("status", EQ, "Inactive"))), kind="affiliation", ids="4 7"),
    case("ALL of a period and a status", "periods", Clause((every(*days(0, 11).value, Comparison("status", EQ, "Active")),)), kind="affiliation", ids="1 3"),
    case("ALL of periods, negated", "periods", Clause((days(0, 11), days(10, 21)), negated=True), kind="affiliation", ids="2 5 6"),
    case("ALL of periods in two clauses", "periods", Clause((days(0, 11),)), Clause((days(5, 21),)), kind="affiliation", ids="3 7"),
    # Texts of several parts
    case("PREFIX of a part", "addresses", where("lines", PREFIX, "LEEDS"), ids="P1 P2 P3 P5"),
    case("PREFIX of a whole part", "addresses", where("lines", PREFIX, "ENGLAND"), ids="P1 P3"),
    case("PREFIX of a part with a blank", "addresses", where("lines", PREFIX, "LEEDS "), ids="P2 P5"),
    case("PREFIX of a part, one character", "addresses", where("lines", PREFIX, "X"), ids="P5 P6"),
    case("PREFIX of a part, two characters", "addresses", where("lines", PREFIX, "AB"), ids="P5"),
    case("PREFIX of a part is not within a part", "addresses", where("lines", PREFIX, "CLINIC", "D", "IGH"), ids=""),
    case("PREFIX of a part does not give a postcode the space that it lacks", "addresses", where("lines", PREFIX, "LS1 4"), ids="P1"),
    case("PREFIX does not go over into the next part", "addresses", where("lines", PREFIX, "X AB", "LEEDS LS1", "AB LEEDS"), ids=""),
    case("PREFIX of nothing in parts finds what has a value", "addresses", where("lines", PREFIX, ""), ids="P1 P2 P3 P5 P6 P7"),
    case("PREFIX of a part, negated", "addresses", but(where("lines", PREFIX, "LEEDS")), ids="P4 P6 P7"),
    case("PREFIX of parts in two clauses", "addresses", where("lines", PREFIX, "LEEDS"), where("lines", PREFIX, "ENG"), ids="P1 P3"),
    case("PREFIX of a part or another field", "addresses", either(where("lines", PREFIX, "CAFE"), where("id", EQ, "P4")), ids="P4 P6"),
    case("PREFIX of a part, many alternatives", "addresses", where("lines", PREFIX, *(f"LEEDS{n}" for n in range(300)), "YORK"), ids="P2"),
    case("PREFIX of a part does not see marks that are not there", "addresses", where("lines", PREFIX, "\x02LEEDS", "\x1fLEEDS", "\x1f"), ids=""),
    case("PREFIX of a part with marks", "addresses", where("lines", PREFIX, "\x02A"), ids="P7"),
    case("PREFIX of a part of four thousand characters", "wide", where("lines", PREFIX, LONG.strip() + " N"), ids="W8"),
    case("PREFIX of a part that ends otherwise", "wide", where("lines", PREFIX, LONG.strip() + " E"), ids=""),
    case("CONTAINS at the end of a long part", "wide", where("lines", CONTAINS, "CARE NORTH", "RTH LAST"), ids="W8"),
    case("PREFIX of a part does not fold what is asked for", "addresses", where("lines", PREFIX, "leeds"), ids=""),
    case("CONTAINS in a part", "addresses", where("lines", CONTAINS, "LEEDS"), ids="P1 P2 P3 P5"),
    case("CONTAINS in the midst of a part", "addresses", where("lines", CONTAINS, "E LEEDS C"), ids="P3"),
    case("CONTAINS in a part, one character", "addresses", where("lines", CONTAINS, "X"), ids="P5 P6"),
    case("CONTAINS in a part, two characters", "addresses", where("lines", CONTAINS, "AB"), ids="P5"),
    case("CONTAINS in a part, three characters", "addresses", where("lines", CONTAINS, "INI"), ids="P3"),
    case("CONTAINS in a part, a blank at its end", "addresses", where("lines", CONTAINS, "S "), ids="P2 P3 P5"),
    case("CONTAINS in a part, a blank at its start", "addresses", where("lines", CONTAINS, " L", " Y"), ids="P3 P5 P6"),
    case("CONTAINS does not go over into the next part", "addresses", where("lines", CONTAINS, "STREET LEEDS", "STREETLEEDS", "T L", "TL", "S\x1fL", "\x1fLEEDS", "\x1f"), ids=""),
    case("CONTAINS of nothing in parts finds what has a value", "addresses", where("lines", CONTAINS, ""), ids="P1 P2 P3 P5 P6 P7"),
    case("CONTAINS in a part, negated", "addresses", but(where("lines", CONTAINS, "ENGL", "ALPHA")), ids="P2 P4 P5 P6"),
    case("CONTAINS in parts of several clauses", "addresses", where("lines", CONTAINS, "LEEDS"), but(where("lines", CONTAINS, "CLINIC")), where("lines", CONTAINS, "YOR", "LAND"), ids="P1 P2 P5"),
    case("CONTAINS in a part, many alternatives", "addresses", where("lines", CONTAINS, *(f"LEE{n:03}" for n in range(300)), "HIGH ST"), ids="P1"),
    case("EQ on a part", "addresses", where("lines", EQ, "LEEDS"), ids="P1"),
    case("EQ on a part compares with case", "addresses", where("lines", EQ, "York", "LEEDS ROAD"), ids="P2"),
    case("EQ on a part compares the space of a postcode", "addresses", where("lines", EQ, "LS1 4AP"), ids="P1"),
    case("EQ on a part that is not its own folding", "addresses", where("lines", EQ, "ls14ap"), ids="P2"),
    case("EQ on a part compares white space", "addresses", where("lines", EQ, "CAFÉ BAR", "LEEDS YORK"), ids=""),
    case("EQ on a part finds white space", "addresses", where("lines", EQ, "CAFÉ  BAR", "LEEDS\x1fYORK"), ids="P5 P6"),
    case("EQ on a part beside others that are not their own folding", "addresses", where("lines", EQ, "X"), ids="P5 P6"),
    case("EQ on a part takes the whole of it", "addresses", where("lines", EQ, "X\x1fAB", "XAB", "LEEDS\x1fLS1 4AP", "X Y\x1fX", "HIGH STREET", ""), ids=""),
    case("EQ on a part with marks", "addresses", where("lines", EQ, "\x02ALPHA\x03"), ids="P7"),
    case("EQ on a part, several spellings of one", "addresses", where("lines", EQ, "LS1 4AP", "ls1 4ap", "leeds", "LEEDS", "YORK"), ids="P1"),
    case("EQ on a part, negated", "addresses", but(where("lines", EQ, "ENGLAND", "X")), ids="P2 P4 P7"),
    case("PRESENT on parts", "addresses", where("lines", PRESENT), ids="P1 P2 P3 P5 P6 P7"),
    case("ABSENT on parts", "addresses", where("lines", ABSENT), ids="P4"),
    # References
    case("EQ on a reference", "references", where("source", EQ, "A"), kind="affiliation", ids="1 2"),
    case("EQ on a reference compares with case", "references", where("source", EQ, "a"), kind="affiliation", ids="6"),
    case("EQ on a reference to what there is not", "references", where("target", EQ, "Z"), kind="affiliation", ids="4"),
    case("EQ on a reference to what there is not compares with case", "references", where("source", EQ, "z"), kind="affiliation", ids="8"),
    case("EQ on a reference that nobody makes", "references", where("source", EQ, "C", "", "Q"), kind="affiliation", ids=""),
    case("EQ on a reference with a thousand alternatives", "references", where("target", EQ, *(f"X{n}" for n in range(1_000)), "C", "Z"), kind="affiliation", ids="2 3 4 5"),
    case("EQ on a reference, negated", "references", but(where("target", EQ, "C", "Z")), kind="affiliation", ids="1 6 7 8"),
    case("EQ on two references", "references", where("source", EQ, "A", "B"), where("target", EQ, "C"), kind="affiliation", ids="2 3"),
    case("EQ on one reference or the other", "references", either(where("source", EQ, "A"), where("target", EQ, "A")), kind="affiliation", ids="1 2 6"),
    case("PRESENT on a reference", "references", where("source", PRESENT), kind="affiliation", ids="1 2 3 4 5 6 8"),
    case("ABSENT on a reference", "references", where("target", ABSENT), kind="affiliation", ids="8"),
    case("REFERS to some", "references", where("source", REFERS, (where("town", EQ, "LEEDS"),)), kind="affiliation", ids="1 2 3"),
    case("REFERS to what matches all clauses", "references", where("source", REFERS, (where("town", EQ, "LEEDS"), where("status", EQ, "Active"))), kind="affiliation", ids="1 2"),
    case("REFERS to what does not match", "references", where("target", REFERS, (but(where("town", PRESENT)),)), kind="affiliation", ids="7"),
    case("REFERS to any that there is", "references", where("target", REFERS, ()), kind="affiliation", ids="1 2 3 5 6 7"),
    case("REFERS to none", "references", where("source", REFERS, (where("town", EQ, "HULL"),)), kind="affiliation", ids=""),
    case("REFERS to none that there is", "references", where("source", REFERS, (where("id", EQ, "Z"),)), kind="affiliation", ids=""),
    case("REFERS with alternatives", "references", where("source", REFERS, (where("town", EQ, "LEEDS"),), (where("role", EQ, "RO76"),)), kind="affiliation", ids="1 2 3 4"),
    case("REFERS, negated", "references", but(where("source", REFERS, (where("town", EQ, "LEEDS"),))), kind="affiliation", ids="4 5 6 7 8"),
    case("REFERS by both references", "references", where("source", REFERS, (where("role", EQ, "RO177"),)), where("target", REFERS, (where("town", EQ, "YORK"),)), kind="affiliation", ids="2"),
    case("REFERS or another field", "references", either(where("target", REFERS, (where("town", EQ, "YORK"),)), where("target", ABSENT)), kind="affiliation", ids="2 3 5 8"),
    case("REFERS within a negated clause of ALL", "references", Clause((every(Comparison("source", PRESENT), but(where("source", REFERS, (where("town", EQ, "LEEDS"),)))),)), kind="affiliation", ids="4 5 6 8"),
    case("REFERS within ALL", "references", Clause((every(Comparison("source", REFERS, (where("town", EQ, "LEEDS"),)), Comparison("type", EQ, "RE6")), Comparison("id", EQ, "7"))), kind="affiliation", ids="2 7"),
    case("REFERS, in an order", "references", where("source", REFERS, (where("town", EQ, "LEEDS"),)), kind="affiliation", ids="3 2", order=by("-id"), size=2, total=3, more=True),
    case("REFERRED to by any", "references", referring("target"), ids="A B C D"),
    case("REFERRED to by the other reference", "references", referring("source"), ids="A B D a"),
    case("REFERRED to by some", "references", referring("target", where("type", EQ, "RE6")), ids="C"),
    case("REFERRED to by what matches all clauses", "references", referring("source", where("type", EQ, "RE6"), where("status", EQ, "Inactive")), ids="A"),
    case("REFERRED to by what does not match", "references", referring("source", but(where("target", EQ, "B", "A"))), ids="A B D"),
    case("REFERRED to by none", "references", referring("source", where("type", EQ, "RE1")), ids=""),
    case("REFERRED to, negated", "references", but(referring("target")), ids="a"),
    case("REFERRED to by two, not by one that is both", "references", referring("source", where("type", EQ, "RE6")), referring("source", where("target", EQ, "B")), ids="A"),
    case("REFERRED to with alternatives", "references", either(referring("target", where("type", EQ, "RE6")), referring("source", where("target", EQ, "A"))), ids="C a"),
    case("REFERRED to by what refers", "references", referring("source", where("target", REFERS, (where("town", EQ, "YORK"),))), ids="A B"),
    case("REFERRED to and another clause", "references", referring("source"), where("town", EQ, "LEEDS"), ids="B A", order=by("-name")),
    case("nothing refers in a register without affiliations", "texts", referring("source"), ids=""),
    case("instances of a type", "instances", where("type", EQ, "role"), kind="instance", ids="role/10 role/100 role/11 role/9"),
    case("a page of instances", "instances", kind="instance", ids="role/9 succession/10", size=2, offset=3, total=6, more=True),
    case("instances by id", "instances", where("id", EQ, "role/9", "succession/2", "role/2", "9"), kind="instance", ids="role/9 succession/2"),
    case("instances by several fields", "instances", where("role", EQ, "RO177"), where("primary", EQ, "true"), where("status", EQ, "Active"), but(where("source", EQ, "A")), kind="instance", ids="role/9"),
    case("instances without a status", "instances", where("status", ABSENT), kind="instance", ids="succession/10 succession/2"),
    case("instances that name none", "instances", where("target", ABSENT), kind="instance", ids="role/10 role/100 role/11 role/9"),
    case("instances that name what is not there", "instances", where("target", EQ, "Z"), kind="instance", ids="succession/2"),
    case("instances that refer to some", "instances", where("target", REFERS, (where("name", EQ, "BETA"),)), kind="instance", ids="succession/10"),
    case("REFERRED to by an instance", "instances", where("id", REFERRED, Referring("instance", "source", (where("id", EQ, "role/11", "succession/2"),))), ids="A C"),
    case("REFERRED to by the target of an instance", "instances", where("id", REFERRED, Referring("instance", "target", ())), ids="B"),
    case("nothing is referred to in a register without organisations", "periods", where("source", REFERS, ()), kind="affiliation", ids=""),
    # PRESENT
    case("PRESENT on a text", "texts", where("name", PRESENT), ids="A1 A2 A3 A4 A5 A6"),
    case("PRESENT on a token", "tokens", where("role", PRESENT), ids="T1 T2 T3 T4"),
    case("PRESENT on a token that others have", "tokens", where("non_primary_role", PRESENT), ids="T1 T2 T3"),
    case("PRESENT on an instant", "times", where("last_change", PRESENT), ids="D1 D2 D3 D4 D5 D6"),
    case("missing on a text", "texts", but(where("town", PRESENT)), ids="A6"),
    case("missing on a token", "tokens", but(where("status", PRESENT)), ids="T5"),
    case("missing on an instant", "times", but(where("last_change", PRESENT)), ids="D7"),
    case("nothing lacks an id", "times", but(where("id", PRESENT)), ids=""),
    # AND, OR, NOT
    case("a negated clause holds where the value is missing", "texts", but(where("name", PREFIX, "THE")), ids="A3 A4 A5 A7"),
    case("a negated clause takes none of its tests", "texts", but(where("town", EQ, "LEEDS", "Leeds", "YORK")), ids="A3 A5 A6 A7"),
    case("tests of several fields in a clause", "texts", either(where("town", EQ, "YORK"), where("name", CONTAINS, "ANNEXE")), ids="A4 A6"),
    case("the same in a negated clause", "texts", but(either(where("town", PREFIX, "LEE"), where("name", CONTAINS, "MARY"))), ids="A5 A6"),
    case("clauses must all hold", "texts", where("name", PREFIX, "THE"), where("town", PREFIX, "LEE"), where("postcode", EQ, "LS1 4AP"), ids="A1"),
    case("clauses that cannot hold together", "texts", where("town", EQ, "YORK"), where("town", EQ, "LEEDS"), ids=""),
    case("a clause and its negation", "texts", where("town", PRESENT), but(where("town", PRESENT)), ids=""),
    case("a clause twice is that clause", "texts", where("town", EQ, "YORK"), where("town", EQ, "YORK"), ids="A4"),
    case("negated and plain clauses", "tokens", where("role", PRESENT), but(where("status", EQ, "Active")), but(where("role", EQ, "RO17")), ids="T3"),
    case("five hundred alternatives", "tokens", where("role", EQ, *(f"RO{n}" for n in range(500))), ids="T1 T2 T3 T4"),
    case("two hundred clauses", "tokens", *(but(where("role", EQ, f"RX{n}")) for n in range(200)), ids="T1 T2 T3 T4 T5"),
    # Orders
    case("by id", "orders", ids=ALL_ORDERS, order=by("id")),
    case("by id, descending", "orders", ids="O8 O7 O6 O5 O4 O3 O2 O1", order=by("-id")),
    case("by folded name, ties by id, missing last", "orders", ids="O2 O3 O5 O6 O1 O8 O4 O7", order=by("name")),
    case("by name descending, ties by id, missing last", "orders", ids="O1 O8 O6 O2 O3 O5 O4 O7", order=by("-name")),
    case("by an instant", "orders", ids="O3 O6 O4 O8 O1 O2 O5 O7", order=by("last_change")),
    case("by an instant, descending", "orders", ids="O1 O2 O4 O8 O3 O6 O5 O7", order=by("-last_change")),
    case("by town, then name", "orders", ids="O6 O1 O4 O2 O3 O8 O7 O5", order=by("town", "name")),
    case("by town descending, then name", "orders", ids="O2 O3 O8 O7 O6 O1 O4 O5", order=by("-town", "name")),
    case("by town, then name descending", "orders", ids="O1 O6 O4 O8 O2 O3 O7 O5", order=by("town", "-name")),
    case("by name, then id descending", "orders", ids="O5 O3 O2 O6 O8 O1 O7 O4", order=by("name", "-id")),
    case("by instant descending, then name descending", "orders", ids="O1 O2 O8 O4 O6 O3 O5 O7", order=by("-last_change", "-name")),
    case("by three keys", "orders", ids="O6 O4 O1 O3 O8 O2 O7 O5", order=by("town", "last_change", "-name")),
    case("by three keys that descend", "orders", ids="O2 O8 O3 O7 O1 O4 O6 O5", order=by("-town", "-last_change", "-name")),
    case("by three keys, with ties, then id descending", "orders", ids="O2 O8 O3 O7 O1 O4 O6 O5", order=by("-town", "-last_change", "-id")),
    case("by three keys of which the first is missing", "orders", where("id", EQ, "O5", "O7", "O4"), ids="O7 O4 O5", order=by("-postcode", "-town", "name")),
    case("a page by three keys", "orders", ids="O3 O7", total=8, more=True, size=2, offset=2, order=by("-town", "-last_change", "-name")),
    case("the last page by three keys", "orders", ids="O6 O5", total=8, size=5, offset=6, order=by("-town", "-last_change", "-name")),
    case("keys after the id decide nothing", "orders", ids="O8 O7 O6 O5 O4 O3 O2 O1", order=by("-id", "name")),
    case("the same key twice", "orders", ids="O2 O3 O5 O6 O1 O8 O4 O7", order=by("name", "-name")),
    case("an order of some", "orders", where("town", EQ, "Y"), ids="O8 O2 O3 O7", order=by("-name")),
    case("an order where all are missing", "orders", but(where("name", PRESENT)), ids="O4 O7", order=by("-name")),
    case("an order by a postcode that nobody has", "orders", ids=ALL_ORDERS, order=by("-postcode")),
    # Stamps
    case("a stamp's instant is a field", "stamps", where("updated", RANGE, (1_767_225_600_000, 1_767_225_600_001)), ids="V1 V4"),
    case("changed since an instant", "stamps", where("updated", RANGE, (1_767_225_600_001, None)), ids="V2"),
    case("every stamp has an instant", "stamps", where("updated", PRESENT), ids="V1 V2 V3 V4"),
    case("by the instant of a stamp", "stamps", ids="V3 V1 V4 V2", order=by("updated")),
    case("by the instant of a stamp, descending", "stamps", ids="V2 V1 V4 V3", order=by("-updated")),
    case("by name, then the instant of a stamp", "stamps", ids="V2 V3 V1 V4", order=by("name", "-updated")),
    case("resources have stamps", "stamps", where("updated", RANGE, (5, None)), ids="List/1", kind="resource"),
    # Slices
    case("a page ends where its size does", "orders", ids="O1 O2 O3", total=8, more=True, size=3),
    case("a page starts at its offset", "orders", ids="O4 O5 O6", total=8, more=True, size=3, offset=3),
    case("the last page has nothing after it", "orders", ids="O7 O8", total=8, size=3, offset=6),
    case("a page that ends with the last match has nothing after it", "orders", ids="O7 O8", total=8, size=2, offset=6),
    case("a page past the end is empty", "orders", ids="", total=8, size=3, offset=8),
    case("a page far past the end is empty", "orders", ids="", total=8, size=3, offset=10**19, order=by("name")),
    case("a page far past the end of several keys is empty", "orders", ids="", total=8, size=3, offset=10**19, order=by("name", "town")),
    case("a size of nothing says how many there are", "orders", ids="", total=8, more=True, size=0),
    case("a size of nothing of no matches", "orders", where("name", EQ, "no"), ids="", size=0),
    case("a size of nothing behind the end", "orders", ids="", total=8, size=0, offset=8),
    case("no total is counted that is not wanted", "orders", ids="O1 O2", total=None, more=True, size=2),
    case("more is told without a total", "orders", ids="O7 O8", total=None, size=2, offset=6),
    case("past the end without a total", "orders", ids="", total=None, size=2, offset=9),
    case("a page in the order of names", "orders", ids="O5 O6", total=8, more=True, size=2, offset=2, order=by("name")),
    case("a page across the start of the missing", "orders", ids="O8 O4", total=8, more=True, size=2, offset=5, order=by("name")),
    case("a page of the missing", "orders", ids="O4 O7", total=8, size=2, offset=6, order=by("-name")),
    case("a page in descending ids", "orders", ids="O6 O5", total=8, more=True, size=2, offset=2, order=by("-id")),
    case("the last page in descending ids", "orders", ids="O2 O1", total=8, size=3, offset=6, order=by("-id")),
    case("a page by several keys", "orders", ids="O2 O3 O8", total=8, more=True, size=3, offset=3, order=by("town", "name")),
    case("the last page by several keys", "orders", ids="O7 O5", total=8, size=3, offset=6, order=by("town", "name")),
    case("a page may be larger than all", "orders", ids="O2 O3 O5 O6 O1 O8 O4 O7", size=10**19, order=by("name")),
    case("a page may be all there is", "orders", ids="O2 O3 O5 O6 O1 O8 O4 O7", size=None, order=by("name")),
    case("a page may be all there is from some match on", "orders", ids="O4 O7", total=8, size=None, offset=6, order=by("name")),
    case("a page may be all there is, uncounted", "orders", ids="O6 O1 O4 O2 O3 O8 O7 O5", total=None, size=None, order=by("town", "name")),
    case("all there is behind the end is nothing", "orders", ids="", total=8, size=None, offset=9),
    case("a page by several keys may be larger than all", "orders", ids="O6 O1 O4 O2 O3 O8 O7 O5", size=10**19, order=by("town", "name")),
    # Kinds
    case("kinds do not mix", "kinds", ids="K1"),
    case("resources are a kind", "kinds", ids="CodeSystem/Role-1 ValueSet/Role-1 ValueSet/Role-2", kind="resource"),
    case("resources by type", "kinds", where("type", EQ, "ValueSet"), ids="ValueSet/Role-1 ValueSet/Role-2", kind="resource"),
    case("resources by URL", "kinds", where("url", EQ, "https://example.org/ValueSet/Role-2"), ids="ValueSet/Role-2", kind="resource"),
    case("resources by id", "kinds", where("type", EQ, "ValueSet"), where("id", EQ, "ValueSet/Role-1"), ids="ValueSet/Role-1", kind="resource"),
    case("resources in a slice", "kinds", ids="ValueSet/Role-1", total=3, more=True, kind="resource", size=1, offset=1),
]  # fmt: skip
