"""The links of STU3's Bundles, by the number of the page (fhir-stu3 6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

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
            return f"{address}?{urlencode(search.used, quote_via=quote)}"
        return f"{address}?{_asked(search)}{_page(search, search.generation)}{_number(search)}"

    def all(self, search: Search, page: Page, walk: Walk) -> Iterable[Pair]:
        """Return relations and addresses, in their order."""
        if search.only_count:
            if not self.legacy:
                yield "self", self.own(search, walk.address)
            return
        number, total = _number(search), page.total
        asked = f"{walk.address}?{_asked(search)}"
        yield "self", f"{asked}{_page(search, search.generation)}{number}"
        kept = f"{asked}{_page(search, None if self.legacy else walk.generation)}"
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


def _asked(search: Search) -> str:
    """Return the parameters that all links of the search share, with an & after each."""
    asked = [pair for pair in search.used if pair[0] not in _SET_BY_LINKS]
    return f"{urlencode(asked, quote_via=quote)}&" if asked else ""


def _page(search: Search, generation: str | None) -> str:
    """Return the parameters of a page, without its number at their end."""
    kept = f"_generation={quote(generation, safe='')}&" if generation else ""
    return f"{kept}_count={search.count}&_page="
