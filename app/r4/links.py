"""The links of R4's Bundles, by the number of matches passed over (fhir-r4 7.3)."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from app.fhir.search import Search
from app.fhir.version import Walk
from app.register.query import Page
from app.web.message import Pair

_SET_BY_LINKS = ("_count", "_offset", "_generation")


class OffsetLinks:
    """The links self, next and previous, whose parameters are sorted by name."""

    def own(self, search: Search, address: str) -> str:
        """Return the address that repeats the search, with the parameters that were used."""
        return _address(address, search.used)

    def all(self, search: Search, page: Page, walk: Walk) -> Iterable[Pair]:
        """Return relations and addresses, in their order."""
        yield "self", self.own(search, walk.address)
        if search.only_count:
            return
        offset, count = search.query.offset, search.count
        if page.more:
            yield "next", _at(search, walk, offset + count)
        if offset:
            yield "previous", _at(search, walk, max(0, offset - count))


def _at(search: Search, walk: Walk, offset: int) -> str:
    """Return the address of the page that begins after so many matches."""
    asked = [pair for pair in search.used if pair[0] not in _SET_BY_LINKS]
    place = [("_count", str(search.count)), ("_offset", str(offset)), ("_generation", walk.generation)]
    return _address(walk.address, [*asked, *place])


def _address(address: str, pairs: Iterable[Pair]) -> str:
    # The sort is stable: repeats stay in the order in which they were sent.
    ordered = sorted(pairs, key=lambda pair: pair[0])
    return f"{address}?{urlencode(ordered, quote_via=quote)}" if ordered else address
