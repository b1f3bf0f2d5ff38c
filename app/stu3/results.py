"""The values of result parameters: paging, order and form of the answer (fhir-stu3 5)."""

from collections.abc import Iterable

from app.engine.port import GENERATION_NAME
from app.register.query import Key
from app.stu3 import checks
from app.stu3.outcome import Issue, Rejected
from app.web.message import Pair, quote, whole_number

MAX_COUNT = 20
MAX_PAGE = 1_000_000_000

SUMMARIES = ("count", "true", "text", "data", "false")
TOTALS = ("none", "estimate", "estimated", "accurate")
_SORT_KEYS = {"_id": "id", "_lastUpdated": "last_change", "name": "name"}


class Results:
    """The values of result parameters, with their defaults."""

    def __init__(self) -> None:
        self.count, self.page = MAX_COUNT, 1
        self.summary: str | None = None
        self.elements: frozenset[str] | None = None
        self.order: tuple[Key, ...] = ()
        self.total = True
        self.generation: str | None = None

    def take(self, name: str, value: str, *, lenient: bool) -> list[Pair]:
        """Read one parameter, and return it as links repeat it (empty: left out); raises Rejected."""
        match name:
            case "_count":
                fault = "Supplied limit is invalid, the parameter must take an integer between 0 and 20"
                self.count = _number(value, 0, MAX_COUNT, fault)
            case "_page":
                self.page = _number(value, 1, MAX_PAGE, "page must be a number larger than 0")
            case "_summary":
                self.summary = _one_of(value, SUMMARIES, name)
            case "_elements":
                names = frozenset(filter(None, map(str.strip, value.split(","))))
                if not names:
                    return []
                self.elements = names
            case "_sort":
                return self._sort(value, lenient=lenient)
            case "_total":
                self.total = _one_of(value, TOTALS, name) != "none"
            case "_pretty":
                checks.boolean(value, "Invalid _pretty parameter. Must be true or false.")
            case "_generation":
                if not GENERATION_NAME.fullmatch(value):
                    raise _invalid(name)
                self.generation = value
            case "_totalMethod":
                return []
        return [(name, value)]

    def _sort(self, value: str, *, lenient: bool) -> list[Pair]:
        sent = list(filter(None, map(str.strip, value.split(","))))
        unknown = [key for key in sent if key.removeprefix("-") not in _SORT_KEYS]
        if unknown and not lenient:
            key = quote(unknown[0].removeprefix("-"))
            raise Rejected(Issue("INVALID_VALUE", f'Unknown sort key "{key}": use _id, _lastUpdated or name'))
        known = [key for key in sent if key not in unknown]
        self.order = _needed(Key(_SORT_KEYS[key.removeprefix("-")], key.startswith("-")) for key in known)
        return [("_sort", ",".join(known))] if known else []


def _needed(keys: Iterable[Key]) -> tuple[Key, ...]:
    """Leave out repeated keys, keys after `id`, which is unique, and a last `id`, which is the default."""
    needed: list[Key] = []
    for key in keys:
        if key.field not in {other.field for other in needed}:
            needed.append(key)
        if key.field == "id":
            break
    if needed and needed[-1] == Key("id"):
        needed.pop()
    return tuple(needed)


def _number(value: str, least: int, most: int, fault: str) -> int:
    number = whole_number(value, least, most)
    if number is None:
        raise Rejected(Issue("INVALID_VALUE", fault))
    return number


def _one_of(value: str, allowed: tuple[str, ...], name: str) -> str:
    if value not in allowed:
        raise _invalid(name)
    return value


def _invalid(name: str) -> Rejected:
    return Rejected(Issue("INVALID_VALUE", f"Invalid {name} parameter."))
