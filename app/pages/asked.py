"""What a search page is asked for: the parameters of its address, checked (lookup 6)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.directory.filters import RECORD_CLASSES, Filters
from app.web.message import Fault, FaultKind, Request, quote, whole_number

STATUSES = {"all": "All", "active": "Active", "inactive": "Closed"}
"""The values of `status`, and what people call them."""

LONGEST = 200
"""Characters of a question."""
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
    q = next((value for name, value in request.query if name == "q"), "")
    if len(q) > LONGEST:
        raise Fault(FaultKind.MALFORMED, f"q is longer than {LONGEST} characters")
    roles, primary_roles, status, record_class, within = (
        ",".join(request.values(name)).strip()
        for name in ("role", "primary-role", "status", "record-class", "within")
    )
    if status and status not in STATUSES:
        raise Fault(FaultKind.MALFORMED, f'status is "{quote(status)}": use active, inactive or all')
    if record_class and record_class not in RECORD_CLASSES:
        raise Fault(FaultKind.MALFORMED, f'record-class is "{quote(record_class)}": use RC1 or RC2')
    filters = Filters(_ids(roles), _ids(primary_roles), status or "all", record_class, within.upper())
    return Asked(q.strip(), filters, page_number(request))


def page_number(request: Request) -> int:
    """Return the value of `page`; raises Fault."""
    asked = (*request.values("page"), "1")[0]
    number = whole_number(asked, 1, LAST_PAGE)
    if number is None:
        raise Fault(FaultKind.MALFORMED, f'page is "{quote(asked)}": use a number from 1 to {LAST_PAGE}')
    return number


def _ids(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip().upper() for each in text.split(",") if each.strip()))
