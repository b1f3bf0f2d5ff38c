"""What a search page is asked for: the parameters of its address, checked (lookup 6)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.directory.filters import RECORD_CLASSES, Filters
from app.web import parameters
from app.web.message import Fault, FaultKind, Request, quote, whole_number

STATUSES = {"all": "All", "active": "Active", "inactive": "Closed"}
"""The values of `status`, and what people call them."""

LAST_PAGE = 500
"""The highest number of a page: further on, filters help more."""

Parameters = Mapping[str, str]


class Asked(NamedTuple):
    """The parameters of a search, checked."""

    q: str
    filters: Filters
    page: int = 1

    @property
    def is_question(self) -> bool:
        """Whether there is anything to look for; otherwise nothing is listed (lookup 2)."""
        return self.filters.narrow or any(char.isalnum() for char in self.q)

    @property
    def parameters(self) -> Parameters:
        """The parameters of the first page, as they stand in an address."""
        return {"q": self.q, **self.kept}

    @property
    def kept(self) -> Parameters:
        """The parameters of the filters."""
        filters = self.filters
        return {
            "role": ",".join(filters.roles),
            "primary-role": ",".join(filters.primary_roles),
            "status": "" if filters.status == "all" else filters.status,
            "record-class": filters.record_class,
            "within": filters.within,
        }

    def but(self, **filters: Any) -> "Asked":
        """Return the first page of a search with other filters."""
        return Asked(self.q, self.filters._replace(**filters))


def parse(request: Request) -> Asked:
    """Check the parameters of a search; raises Fault."""
    filters = Filters(
        parameters.listed(request, "role"),
        parameters.listed(request, "primary-role"),
        parameters.choice(request, "status", tuple(STATUSES), "all"),
        parameters.choice(request, "record-class", RECORD_CLASSES),
        parameters.single(request, "within").strip().upper(),
    )
    return Asked(parameters.question(request).strip(), filters, page_number(request))


def page_number(request: Request) -> int:
    """Return the value of `page`; raises Fault."""
    asked = parameters.single(request, "page")
    if whole_number(asked, LAST_PAGE + 1):
        fault = f"Page {quote(asked)} is too far: lists end at page {LAST_PAGE}, so add a word or a filter"
        raise Fault(FaultKind.MALFORMED, fault)
    return parameters.number(request, "page", 1, LAST_PAGE)
