"""What a lookup is restricted to: roles, status, record class and a place in the hierarchy (lookup 2)."""

from typing import NamedTuple

from app.register.query import Clause, Operator, Test

STATUSES = ("active", "inactive", "all")
RECORD_CLASSES = ("RC1", "RC2")
DOCUMENTATION = {
    "role": "Role ids, separated by commas: one of them is held actively",
    "primary-role": "The same for the primary role",
    "status": "active, inactive or all; default all",
    "record-class": "RC1 (organisations) or RC2 (sites)",
    "within": "A code: only what belongs to that organisation, by at most five relationships",
}
"""What the filters mean, by the names of their parameters."""


class Filters(NamedTuple):
    """Restrictions that must all hold; an empty one restricts nothing."""

    roles: tuple[str, ...] = ()
    """Any of these is held actively."""
    primary_roles: tuple[str, ...] = ()
    status: str = "all"
    record_class: str = ""
    within: str = ""
    """A code to which a chain of relationships leads."""
    others: tuple[Clause, ...] = ()
    """Further clauses, of an interface that can ask more."""

    @property
    def narrow(self) -> bool:
        """Whether they leave a set that may be listed without a question."""
        return bool(self.roles or self.primary_roles or self.record_class or self.within)

    def clauses(self) -> tuple[Clause, ...]:
        """Return the filters as clauses."""
        found = {
            "active_role": self.roles,
            "active_primary_role": self.primary_roles,
            "status": () if self.status == "all" else (self.status.capitalize(),),
            "record_class": (self.record_class,) if self.record_class else (),
            "within": (self.within,) if self.within else (),
        }
        asked = (
            Clause(tuple(Test(field, Operator.EQ, term) for term in terms))
            for field, terms in found.items()
            if terms
        )
        return (*asked, *self.others)
