"""When something holds on a day: periods of organisations, roles and relationships (hierarchy 2).

Days are texts, ``YYYY-MM-DD``, and compare as texts. Dates decide, not status: status counts only where a
component has no date, or contradicts its dates. `published` is the PublicationDate of the release.
"""

from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypeVar

from app.register.shown import Dated

OPEN = "9999-99-99"
"""The end of a period that has no End; it is later than every day."""

SUB_ICB_LOCATION = "RO319"
"""With this role held, an organisation stays in being although it is legally over."""


class Span(NamedTuple):
    """A period with both its ends; without a day if it ends before it starts."""

    start: str
    end: str = OPEN

    def contains(self, day: str) -> bool:
        """Return whether a day lies in the period."""
        return self.start <= day <= self.end


ALWAYS = Span("")
NEVER = Span(OPEN, "")


class Dates(NamedTuple):
    """What a component states about itself: an organisation, a role or a relationship."""

    active: bool
    operational: Span | None = None
    legal: Span | None = None

    def held(self, published: str, *, operational_first: bool = False) -> Span:
        """Return the days on which the component is held.

        `operational_first`: for an organisation's own period, and for the relationships of one that is
        legally over. The Legal period counts first for everything else.
        """
        first, second = self.legal, self.operational
        if operational_first:
            first, second = second, first
        span = first or second
        if span is None:
            return ALWAYS if self.active else NEVER
        held = held_alone(self.active, span, published)
        # If only the Legal period contradicts the status, the Operational one counts.
        if held is NEVER and self.operational and self.operational.end <= published:
            return self.operational
        return held


def held_alone(active: bool, span: Span, published: str) -> Span:
    """Return when a component is held that states one period, or NEVER if its status contradicts it.

    It is marked Inactive then, but its period goes on after the release.
    """
    return span if active or not span.start < published < span.end else NEVER


def dates(status: str, periods: Iterable[Dated]) -> Dates:
    """Return the dates of a component from its status (``Active``) and its periods."""
    spans = {each.type: Span(each.start, each.end or OPEN) for each in periods}
    return Dates(status == "Active", spans.get("Operational"), spans.get("Legal"))


class Held(Protocol):
    """A relationship of a type (``RE4``) and the days on which it is held."""

    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def span(self) -> Span: ...  # noqa: D102


H = TypeVar("H", bound=Held)


def without_replaced(links: list[H], day: str) -> list[H]:
    """Leave out the links that end on a day and give way to another of their type that begins on it.

    All `links` are held on the day by one organisation, and lead to others that the register has. Two that
    are held on that day only begin together: neither gives way to the other.
    """
    return [link for link in links if not replacing(link, links, day)]


def replacing(link: H, links: Iterable[H], day: str) -> list[H]:
    """Return those of some links to which a link gives way, if it ends on a day (see `without_replaced`)."""
    if link.span.end != day:
        return []
    return [
        other
        for other in links
        if other.span.start == day and other.type == link.type and other.span != link.span
    ]


class Life(NamedTuple):
    """When an organisation is open and in being."""

    stated: Span
    """Its Operational period, else its Legal one, else all days."""
    open: Span
    """The same, or NEVER if its status contradicts it."""
    legal_end: str
    """The earliest Legal End of its own and of its primary role."""
    sub_icb_location: tuple[Span, ...]
    """When it holds RO319."""

    def is_legally_over(self, day: str) -> bool:
        """Return whether a Legal End lies before a day."""
        return self.legal_end < day

    def is_in_being(self, day: str) -> bool:
        """Return whether the organisation is open and not legally over, or open and a sub-ICB location."""
        return self.open.contains(day) and self.is_lawful(day)

    def is_lawful(self, day: str) -> bool:
        """Return whether it is not legally over, or holds RO319 (with the code of a dissolved CCG)."""
        return self.legal_end >= day or any(span.contains(day) for span in self.sub_icb_location)

    def is_to_come(self, day: str) -> bool:
        """Return whether the organisation opens after a day."""
        return day < self.stated.start


def life(own: Dates, primary: Dates, sub_icb_location: Iterable[Dates], published: str) -> Life:
    """Return the life of an organisation from its own dates, its primary role's and those of each RO319."""
    legal_end = own.legal.end if own.legal else OPEN
    if primary.legal and primary.legal.end < legal_end:
        legal_end = primary.legal.end
    return Life(
        own.operational or own.legal or ALWAYS,
        own.held(published, operational_first=True),
        legal_end,
        tuple([each.held(published) for each in sub_icb_location]),
    )
