"""The dearest requests that the parameters allow, found by trying each parameter with its dearest values.

Here are those of STU3 and ORD; dearest_r4.py has those of R4. ORD's `sync` is not among them: its body has
no limit. A parameter that no request here uses stands in CHEAP with the reason: a new one needs a request or
a reason, so that none is dear unseen.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.bench.client import Request
from tests.bench.traffic import BASE, ORD, batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tests.bench.corpus import Corpus

    Alternatives = Callable[[Corpus], Sequence[str]]

MOST = 500  # alternatives of a FHIR request, or of all entries of a batch
ROOM = 7_800  # bytes of a query: a request line may have 8,000


@dataclass(frozen=True, slots=True)
class Dear:
    """A dear request: its name, its address, and its values by parameter.

    From one `turn` to the next a number is counted down, of several texts the next is taken, and alternatives
    are rotated, so that no answer comes from a cache. `{board}` in the address is an integrated care board.
    """

    name: str
    base: str
    values: Mapping[str, str | int | Sequence[str] | Alternatives]
    batch: int = 0
    """Requests in a batch, of as many turns; 0: one is sent by itself."""

    def request(self, kind: str, corpus: Corpus, turn: int = 0) -> Request:
        """The request of a turn, to be counted in a class."""
        if self.batch:
            first = turn * self.batch
            return batch(kind, [self.path(corpus, first + place) for place in range(self.batch)])
        return Request(kind, self.path(corpus, turn))

    def path(self, corpus: Corpus, turn: int = 0) -> str:
        """The address of a turn, with as many alternatives as may be sent and fit."""
        fixed = {name: _of_turn(value, turn) for name, value in self.values.items() if not callable(value)}
        several = {name: value(corpus) for name, value in self.values.items() if callable(value)}
        parts = [f"{quote(name, safe=':')}={quote(value, safe='')}" for name, value in fixed.items()]
        each = max(1, len(several))
        spent = sum(value.count(",") + 1 for value in fixed.values())
        most = (MOST // self.batch if self.batch else MOST - spent) // each
        room = (ROOM - len("&".join(parts))) // each
        for name, found in several.items():
            start = turn % len(found)
            sent = islice(_fitting([*found[start:], *found[:start]], room), most)
            parts.append(f"{quote(name, safe=':')}={','.join(sent)}")
        base = self.base.format(board=corpus.boards[turn % len(corpus.boards)])
        return f"{base}{'&' if '?' in base else '?'}{'&'.join(parts)}"


def _of_turn(value: str | int | Sequence[str], turn: int) -> str:
    if isinstance(value, int):
        return str(value - turn)
    return value if isinstance(value, str) else value[turn % len(value)]


def _fitting(alternatives: Sequence[str], room: int) -> Iterator[str]:
    for one in alternatives:
        sent = quote(one, safe=":")
        room -= len(sent) + 1
        if room < 0:
            return
        yield sent


def shuffled(values: Sequence[str]) -> list[str]:
    return Random(1).sample(values, len(values))


def across(corpus: Corpus) -> list[str]:
    """Pieces across two frequent words: many names hold their trigrams, and each must be looked at."""
    pairs = product(corpus.broad[:40], repeat=2)
    return list(dict.fromkeys(f"{one[-1]} {two[:2]}".lower() for one, two in pairs))


def city_pieces(corpus: Corpus) -> list[str]:
    """Pieces of the names of large towns."""
    towns = [town.lower() for town in corpus.towns[:60] if town.isalpha()]
    ends = ((town, end) for town in towns for end in range(3, len(town) + 1))
    return shuffled(sorted({town[start:end] for town, end in ends for start in range(end - 2)}))


def cities(corpus: Corpus) -> list[str]:
    """Towns as they are stored, the largest first."""
    return [town for town in corpus.towns if town.replace(" ", "").isalpha()]


def _spellings(text: str) -> list[str]:
    """A text in letters of either case, with marks on the first letter and without: all fold alike."""
    cases = ["".join(letters) for letters in product(*((one.upper(), one.lower()) for one in text[:6]))]
    marks = ("", "\u0301", "\u0300", "\u0302", "\u0303", "\u0308", "\u030a", "\u0304")
    return [f"{case[0]}{mark}{case[1:]}{text[6:]}" for mark in marks for case in cases]


def spellings_of_a_name(corpus: Corpus) -> list[str]:
    """The most frequent name, in many spellings."""
    return _spellings(Counter(record.name for record in corpus.records).most_common(1)[0][0])


def spellings_of_a_city(corpus: Corpus) -> list[str]:
    """The largest town, in many spellings."""
    return _spellings(corpus.towns[0])


def pairs(_: Corpus) -> list[str]:
    """Pairs of the letters and digits of postcodes."""
    return shuffled(["".join(pair) for pair in product("ABCDEFGHIJKLMNOPRSTUVWY0123456789", repeat=2)])


def other_days(_: Corpus) -> list[str]:
    """All but one day, for days far apart in no order."""
    days = product(range(2000, 2027), range(1, 13), (3, 11, 19, 27))
    return shuffled([f"ne{year}-{month:02}-{day:02}" for year, month, day in days])


def _of_late(_: Corpus) -> list[str]:
    """The first day but few that ORD tells of."""
    return [(datetime.now(UTC) - timedelta(days=180)).date().isoformat()]


def types(_: Corpus) -> list[str]:
    return [f"RE{number}" for number in range(1, 1_000)]


def roles(_: Corpus) -> list[str]:
    return [f"RO{number}" for number in range(1, 1_000)]


THOUSAND = {"Limit": "1000", "_format": "xml"}
DEAREST = (
    Dear("two sort keys, late page", BASE, {"_sort": "-_lastUpdated,name", "_page": 18_000}),
    Dear("_sort=_lastUpdated,-_id, late page", BASE, {"_sort": "_lastUpdated,-_id", "_page": 18_000}),
    Dear(
        "half of all, three sort keys, middle page",
        BASE,
        {"active": "true", "_sort": "-name,-_lastUpdated,-_id", "_page": 5_000},
    ),
    Dear("500 of name:contains, across words", BASE, {"name:contains": across}),
    Dear("500 spellings of one name:exact", BASE, {"name:exact": spellings_of_a_name}),
    Dear("500 spellings of one address-city:exact", BASE, {"address-city:exact": spellings_of_a_city}),
    Dear("500 of address-city:exact", BASE, {"address-city:exact": cities}),
    Dear("500 of address-city:contains", BASE, {"address-city:contains": city_pieces}),
    Dear("500 of address-postalcode:contains", BASE, {"address-postalcode:contains": pairs}),
    Dear(
        "500 of _lastUpdated=ne, two sort keys, late page, XML",
        BASE,
        {"_lastUpdated": other_days, "_sort": "name,-_lastUpdated", "_page": 18_000, "_format": "xml"},
    ),
    Dear(
        "ORD: Name=E_E_E_…", ORD, {"Name": [letter * 50 for letter in ("E_", "A_", "R_", "S_", "T_", "O_")]}
    ),
    Dear(
        "ORD: Name=E_A_T_O_…", ORD, {"Name": [f"{first}_A_T_O_I_N_S_R_H_L_D_C_U_M_F" for first in "EARSTO"]}
    ),
    Dear("ORD: Name=_ _ _ …", ORD, {"Name": [f"{first}{'_ ' * 48}" for first in "_EARST"]}),
    Dear("ORD: Name=_ _", ORD, {"Name": ["_ _", "_ _ _", "_ _ _ _", "E_ _", "_ _S", "_ __ _"]}),
    Dear("ORD: Name=___", ORD, {"Name": ["___", "__E", "_E_", "A__", "____", "E_R"]}),
    Dear(
        "ORD: Name=_ _, Status, class and RelStatus, 1,000 late rows",
        ORD,
        {"Name": "_ _", "Status": "Active", "OrgRecordClass": "RC1", "RelStatus": "Active", "Offset": 90_000}
        | THOUSAND,
    ),
    Dear("ORD: Status, 1,000 last rows", ORD, {"Status": "Active", "Offset": 215_000} | THOUSAND),
    Dear(
        "ORD: LastChangeDate, 1,000 late rows", ORD, {"LastChangeDate": _of_late, "Offset": 9_000} | THOUSAND
    ),
    Dear("ORD: all of RelTypeId, 1,000 late rows", ORD, {"RelTypeId": types, "Offset": 150_000} | THOUSAND),
    Dear(
        "ORD: all of RelTypeId and Roles, 1,000 rows",
        ORD,
        {"RelTypeId": types, "Roles": roles, "Offset": 50_000} | THOUSAND,
    ),
)

BISECTED = "500 are found by bisecting in 80 ms"
STORED = "at most 500 stored sets, which take 30 ms"
_A_PAGE = "changes the form of at most 20 entries"
ALTERS = "changes no more than the total or the links"
CHEAP = {
    **dict.fromkeys(("_id", "identifier"), "500 look-ups take 15 ms"),
    **dict.fromkeys(("name", "address-city", "address-postalcode"), BISECTED),
    "address-postalcode:exact": "few share a postcode",
    **dict.fromkeys(("ods-org-role", "ods-org-primaryRole"), STORED),
    **dict.fromkeys((":missing", ":not"), STORED),
    "url": "there are only a few code systems and value sets",
    **dict.fromkeys(("_count", "_summary", "_elements", "_pretty"), _A_PAGE),
    **dict.fromkeys(("_total", "_generation", "_totalMethod"), ALTERS),
    "PostCode": "at most eight prefixes",
    **dict.fromkeys(("PrimaryRoleId", "NonPrimaryRoleId", "TargetOrgId"), "one stored set, or four"),
}
"""Why no request here uses a parameter, or a modifier (with its colon), by name."""
