"""Kinds of organisation: one for each primary role, with what its holders typically are.

The figures are rates of the register of August 2026 (code shapes, operators, relationships, further roles);
the counts of holders stand in `roles.csv`: id, display name, holders, holders that are Active. A role with
no holders is one that only stands beside a primary role.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

TABLE = files(__package__) / "roles.csv"

# Sites (RC2) and the kind that operates them; all other kinds are organisations (RC1).
OPERATORS = {"RO198": "RO197", "RO180": "RO179", "RO96": "RO177", "RO148": "RO142", "RO99": "RO98"}
OPERATORS |= {"RO222": "RO141", "RO214": "RO213", "RO217": "RO216", "RO108": "RO107", "RO122": "RO119"}
OPERATORS |= {"RO131": "RO126", "RO90": "RO116", "RO191": "RO189", "RO149": "RO144", "RO212": "RO210"}
OPERATORS |= {"RO168": "RO162", "RO147": "RO146", "RO114": "RO111", "RO136": "RO132", "RO140": "RO137"}
OPERATORS |= {"RO176": "RO172", "RO280": "RO182"}
# Organisations (RC1) that are operated by another.
HEADQUARTERS = {"RO182": "RO181", "RO101": "RO104", "RO167": "RO166", "RO123": "RO141", "RO315": "RO154"}

# Shape of a code: `@` a letter, `#` a digit, `*` either, `<` the operator's code; several are tried in turn.
SHAPES = {"RO197": "R**", "RO198": "<**", "RO180": "<**", "RO96": "<###", "RO148": "<**"}
SHAPES |= {"RO99": "<**", "RO222": "<**", "RO177": "@#####", "RO182": "F@###", "RO110": "V#####"}
SHAPES |= {"RO272": "U#####", "RO98": "##@", "RO261": "Q**", "RO209": "Y##", "RO221": "EE######"}
SHAPES |= {"RO157": "8@@##", "RO101": "V@**@", "RO104": "A@**", "RO181": "P***", "RO166": "TP***"}
SHAPES |= {"RO167": "TP@**", "RO172": "N**", "RO176": "<**", "RO179": "5**", "RO142": "7A*"}
SHAPES |= {"RO141": "###", "RO119": "###", "RO227": "S#####", "RO315": "Z#####", "RO92": "YGM##"}
DEFAULT_SHAPE = "@#@#@"

# Further roles: (probability for each of the draws, roles to draw from).
_SCHOOLS = (
    "RO281 " * 6 + "RO282 " * 3 + "RO283 " * 2 + "RO284 RO286 RO289 RO289 RO291 RO292 RO293 RO297 RO297 "
)
_SCHOOLS += "RO302 " * 7 + "RO303 RO288 RO300 RO301 RO311 RO298 RO296 RO304 RO307 RO308 RO290 RO287 RO299"
_PRACTICES = (
    "RO76 " * 24 + "RO72 RO72 RO80 RO80 RO247 RO247 RO250 RO250 RO250 RO255 RO87 RO82 RO246 RO249 RO259 RO266"
)
_PRACTICES += " RO321 RO252 RO260 RO251"
FURTHER: dict[str, tuple[tuple[float, ...], tuple[str, ...]]] = {
    "RO221": ((1.0,), tuple(_SCHOOLS.split())),
    "RO101": ((0.93, 0.12), ("RO269", "RO270")),
    "RO177": ((0.97, 0.12), tuple(_PRACTICES.split())),
    "RO110": ((0.5,), ("RO65",)),
    "RO197": ((0.8, 0.3), ("RO57", "RO57", "RO24", "RO29")),
    "RO98": ((0.3,), ("RO319",)),
    "RO261": ((1.0, 1.0), ("RO262", "RO318")),
    "RO179": ((0.9,), ("RO25", "RO21", "RO22")),
    "RO157": ((0.5,), ("RO15", "RO71", "RO71", "RO229", "RO83", "RO7")),
    "RO176": ((0.55,), ("RO7", "RO29", "RO279", "RO317", "RO320", "RO71")),
    "RO172": ((0.55,), ("RO71", "RO7", "RO266", "RO316")),
    "RO198": ((0.05,), ("RO29", "RO317", "RO320", "RO279", "RO30", "RO329")),
    "RO182": ((0.35,), ("RO279", "RO268", "RO323")),
    "RO141": ((0.98, 0.2), ("RO33", "RO34", "RO35", "RO36", "RO37", "RO38", "RO40", "RO223")),
    "RO167": ((0.1,), ("RO316", "RO268")),
}

# Mean number of relationships of each type for one holder. The plan scales each type to its known total.
RATES: dict[str, dict[str, float]] = {
    "RO177": {"RE4": 5.4, "RE5": 0.6, "RE8": 0.38, "RE9": 0.08, "RE10": 0.042, "RE11": 0.093, "RE6": 0.05},
    "RO110": {"RE4": 1.7, "RE5": 1.6},
    "RO167": {"RE4": 0.9, "RE5": 1.2, "RE6": 1.2},
    "RO166": {"RE5": 1.4},
    "RO198": {"RE6": 1.12, "RE5": 0.9},
    "RO180": {"RE6": 1.03},
    "RO96": {"RE6": 1.1, "RE4": 0.2},
    "RO182": {"RE6": 1.8, "RE5": 2.0, "RE4": 0.2},
    "RO181": {"RE5": 1.5},
    "RO101": {"RE6": 1.25, "RE5": 2.2},
    "RO104": {"RE5": 1.9},
    "RO221": {"RE5": 1.9},
    "RO157": {"RE5": 0.9, "RE4": 0.1},
    "RO172": {"RE5": 1.6, "RE4": 0.4},
    "RO176": {"RE6": 1.15, "RE5": 0.9},
    "RO141": {"RE5": 2.5, "RE2": 0.2},
    "RO197": {"RE5": 3.0, "RE3": 6.5},
    "RO179": {"RE5": 2.5, "RE3": 3.0},
    "RO98": {"RE5": 3.0, "RE2": 0.45, "RE3": 1.5},
    "RO261": {"RE5": 2.0, "RE3": 1.0},
    "RO272": {"RE5": 1.4, "RE4": 1.6},
    "RO227": {"RE5": 1.0},
    "RO315": {"RE5": 1.0},
    "RO142": {"RE3": 1.0},
}
# Kinds that the targets of a type are: those of ended relationships, those of open ones.
TARGETS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "RE2": (("RO261",), ("RO261",)),
    "RE3": (("RO209", "RO132"), ("RO209",)),
    "RE4": (("RO179", "RO98"), ("RO98",)),
    "RE5": (("RO261", "RO209", "RO132", "RO128"), ("RO261", "RO209")),
    "RE8": (("RO272",), ("RO272",)),
    "RE9": (("RO272",), ("RO272",)),
    "RE10": (("RO272",), ("RO272",)),
    "RE11": (("RO98",), ("RO98",)),
}
# Rows of each type in a register of 370,917 organisations.
ROWS = {"RE2": 237, "RE3": 6849, "RE4": 161670, "RE5": 333979, "RE6": 253800, "RE8": 8346}
ROWS |= {"RE9": 1698, "RE10": 913, "RE11": 2035}
RELATIONSHIPS = {
    "RE2": "IS A SUB-DIVISION OF",
    "RE3": "IS DIRECTED BY",
    "RE4": "IS COMMISSIONED BY",
    "RE5": "IS LOCATED IN THE GEOGRAPHY OF",
    "RE6": "IS OPERATED BY",
    "RE8": "IS PARTNER TO",
    "RE9": "IS NOMINATED PAYEE FOR",
    "RE10": "IS COVID NOMINATED PAYEE FOR",
    "RE11": "IS CONSTITUENT OF",
}

WELSH = frozenset({"RO142", "RO148", "RO144", "RO149", "RO200", "RO203", "RO204", "RO328"})
SCOTTISH = frozenset({"RO227", "RO190"})
NORTHERN_IRISH = frozenset({"RO315", "RO153", "RO154", "RO155"})
MANX = frozenset({"RO137", "RO138", "RO140"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One primary role and what its holders are: `holders` and `active` are numbers of organisations."""

    role: str
    display: str
    holders: int
    active: int

    @property
    def record_class(self) -> str:
        """Return `RC2` for sites, else `RC1`."""
        return "RC2" if self.role in OPERATORS else "RC1"

    @property
    def operator(self) -> str | None:
        """Return the role of the kind that operates this one."""
        return OPERATORS.get(self.role) or HEADQUARTERS.get(self.role)


def _rows() -> Iterator[dict[str, str]]:
    return csv.DictReader(TABLE.read_text(encoding="ascii").splitlines())


@cache
def roles() -> dict[str, str]:
    """Return every role: id -> display name, in order of the number in the id."""
    return {row["id"]: row["display"] for row in _rows()}


@cache
def kinds() -> tuple[Kind, ...]:
    """Return the kinds, operators before those they operate."""
    found = [
        Kind(row["id"], row["display"], int(row["holders"]), int(row["active"]))
        for row in _rows()
        if int(row["holders"])
    ]
    by_role = {kind.role: kind for kind in found}

    def depth(kind: Kind) -> int:
        return 1 + depth(by_role[kind.operator]) if kind.operator else 0

    return tuple(sorted(found, key=depth))
