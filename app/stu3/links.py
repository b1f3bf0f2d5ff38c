"""The links of STU3's Bundles, by the number of the page (fhir-stu3 6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from app.fhir.search import Search
from app.fhir.version import Walk
from app.register.query import Page
from app.web.message import Pair

_SET_BY_LINKS = ("_count", "_page", "_generation")


@dataclass(frozen=True)
class PageLinks:
    """The links; those of the legacy shape name no generation, and a count has none there."""

    legacy: bool

    def own(self, search: Search, address: str) -> str:
        """Return the address that repeats the search, with the parameters that were used."""
        if search.only_count:
            return f"{address}?{_encoded(search.used)}"
        return f"{_kept(search, address, search.generation)}{_number(search)}"

    def all(self, search: Search, page: Page, walk: Walk) -> Iterable[Pair]:
        """Return relations and addresses, in their order."""
        if not (self.legacy and search.only_count):
            yield "self", self.own(search, walk.address)
        if search.only_count:
            return
        number, total = _number(search), page.total
        kept = _kept(search, walk.address, None if self.legacy else walk.generation)
        last = None if total is None else -(-total // search.count)
        some = page.more or number > 1 if total is None else total > 0
        if some and (total is None or number > 1 or total > search.count):
            yield "first", f"{kept}1"
            if last:
                yield "last", f"{kept}{last}"
        if page.more:
            yield "next", f"{kept}{number + 1}"
        if number > 1 and page.matches:
            yield "previous", f"{kept}{number - 1}"


def _number(search: Search) -> int:
    return search.query.offset // search.count + 1


def _kept(search: Search, address: str, generation: str | None) -> str:
    """Return the address of a page of the search, without the page's number at its end."""
    pairs = [pair for pair in search.used if pair[0] not in _SET_BY_LINKS]
    if generation:
        pairs.append(("_generation", generation))
    return f"{address}?{_encoded([*pairs, ('_count', str(search.count)), ('_page', '')])}"


def _encoded(pairs: Iterable[Pair]) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
