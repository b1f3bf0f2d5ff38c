"""The values of result parameters: paging, order and form of the answer (fhir-search F)."""

from collections.abc import Callable, Iterable

from app.engine.port import GENERATION_NAME
from app.fhir.readers import boolean
from app.fhir.rejected import Rejected, Unexpected, UnknownSortKey
from app.fhir.version import ResourceType, Version
from app.register.query import Key
from app.web.message import Pair, whole_number

DEFAULT_COUNT = 20
MAX_PAGE = 1_000_000_000
MAX_OFFSET = 1_000_000_000
SUMMARIES = ("count", "true", "text", "data", "false")
TOTALS = ("none", "estimate", "estimated", "accurate")


class Results:
    """The values of result parameters, with their defaults."""

    def __init__(self, version: Version, searched: ResourceType | None) -> None:
        """`searched` is the type of the resources that are searched; None: nothing is."""
        self._version, self._searched = version, searched
        self.count = DEFAULT_COUNT
        self._skipped: Callable[[int], int] = lambda _count: 0
        self.summary = searched.summary if searched else None
        self.elements: frozenset[str] | None = None
        self.order: tuple[Key, ...] = ()
        self.total = True
        self.generation: str | None = None

    @property
    def offset(self) -> int:
        """How many matches are passed over."""
        return self._skipped(self.count)

    def take(self, name: str, value: str, *, lenient: bool) -> list[Pair]:
        """Read one parameter, and return it as links repeat it (empty: left out); raises Rejected."""
        match name:
            case "_count":
                return [(name, self._count(value))]
            case "_page":
                before = _number(name, value, 1, MAX_PAGE) - 1
                self._skipped = lambda count: before * count
            case "_offset":
                offset = _number(name, value, 0, MAX_OFFSET)
                self._skipped = lambda _count: offset
            case "_summary":
                self.summary = _one_of(name, value, SUMMARIES)
            case "_elements":
                names = frozenset(filter(None, map(str.strip, value.split(","))))
                if not names:
                    return []
                self.elements = names
            case "_sort":
                return self._sort(value, lenient=lenient)
            case "_total":
                self.total = _one_of(name, value, TOTALS) != "none"
            case "_pretty":
                boolean(name, value)
            case "_generation":
                if not GENERATION_NAME.fullmatch(value):
                    raise Rejected(Unexpected(name, value, "the name of a generation"))
                self.generation = value
            case "_totalMethod":
                return []
        return [(name, value)]

    def _count(self, value: str) -> str:
        most = self._version.max_count
        if self._version.capped:
            self.count = min(_number("_count", value, 0, None), most)
            return str(self.count)
        self.count = _number("_count", value, 0, most)
        return value

    def _sort(self, value: str, *, lenient: bool) -> list[Pair]:
        keys = self._searched.sort_keys if self._searched else {}
        sent = list(filter(None, map(str.strip, value.split(","))))
        unknown = [key for key in sent if key.removeprefix("-") not in keys]
        if unknown and not lenient:
            raise Rejected(UnknownSortKey(unknown[0].removeprefix("-"), tuple(keys)))
        known = [key for key in sent if key not in unknown]
        self.order = _needed(Key(keys[key.removeprefix("-")], key.startswith("-")) for key in known)
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


def _number(name: str, value: str, least: int, most: int | None) -> int:
    number = whole_number(value, least, most)
    if number is None:
        bounds = f"{least} or more" if most is None else f"{least} to {most:,}"
        raise Rejected(Unexpected(name, value, f"a whole number, {bounds}"))
    return number


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise Rejected(Unexpected(name, value, f"one of {', '.join(allowed)}"))
    return value
