"""What R4 shows of the dates and roles of a record, where that is not what is stated (fhir-r4 3.1 and 10.1).

The indexer asks with the records that it reads, the operations with those that are stored.
"""

from collections.abc import Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar


class Dated(Protocol):
    """One ``Date``: `type` is ``Operational`` or ``Legal``, days are ``YYYY-MM-DD``."""

    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def start(self) -> str: ...  # noqa: D102
    @property
    def end(self) -> str | None: ...  # noqa: D102


P = TypeVar("P", bound=Dated)


class Periods(NamedTuple, Generic[P]):
    """The two periods that are shown of an organisation, role or relationship."""

    operational: P
    legal: P


def periods(stated: Sequence[P]) -> Periods[P]:
    """Return both periods of a component that has any; a period that stands alone counts as both."""
    first, last = stated[0], stated[-1]
    return Periods(first, last) if first.type == "Operational" else Periods(last, first)


class Held(Protocol):
    """A role of an organisation: `id` has its letters (``RO197``), `status` is ``Active`` or ``Inactive``."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def primary(self) -> bool: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def periods(self) -> Sequence[Dated]: ...  # noqa: D102


def roles(held: Sequence[Held], *, active: bool) -> tuple[str, ...]:
    """Return the ids that the property `role` shows of an organisation, each once, the primary role first.

    Of its other roles an active organisation shows those that are active, and an inactive one those with the
    latest Operational end. A role without an end, or without dates, ends last.
    """
    first = [role.id for role in held if role.primary]
    if len(held) == 1:
        return tuple(first)
    others = [role for role in held if not role.primary]
    if active:
        shown = [role for role in others if role.status == "Active"]
    else:
        latest = max(map(_end, others))
        shown = [role for role in others if _end(role) == latest]
    return tuple(dict.fromkeys(first + [role.id for role in shown]))


def _end(role: Held) -> str:
    return (periods(role.periods).operational.end if role.periods else None) or _OPEN


_OPEN = "9999-99-99"
"""Later than every day."""
