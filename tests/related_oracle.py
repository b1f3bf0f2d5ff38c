"""A plain, slow reading of what is related to an organisation (fhir-r4 15.2), to compare with.

Like the oracle of the levels it shares nothing with `app.directory`.
"""

from collections.abc import Callable, Iterable
from functools import cached_property

from indexer.organisation import Organisation, Period, Relationship
from tests.levels_oracle import Oracle


class RelatedOracle(Oracle):
    """The register of some organisations, published on a day, looked at on another."""

    def successors(self, code: str) -> dict[str, str]:
        """Return who succeeds a code, and when first: from a table, since a whole release is asked."""
        return self.table.get(code, {})

    @cached_property
    def table(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for body in self.all.values():
            for each in body.successions:
                old, new = body.code, each.target.code
                if each.type == "Predecessor":
                    old, new = new, old
                date = each.periods[0].start
                known = found.setdefault(old, {})
                known[new] = min(date, known.get(new, date))
        return found

    def holds_any(self, body: Organisation, ids: Iterable[str]) -> bool:
        return self.has_role(body, set(ids), self.day)

    def is_open(self, body: Organisation) -> bool:
        return self.on(self.counting(body, "Operational"), self.day)

    def held(self, body: Organisation) -> list[Relationship]:
        """Return the relationships that are held on the day itself, and lead somewhere else."""
        periods = [(link, self.period_of(body, link, self.day)) for link in self.leading(body)]
        held = [(link, period) for link, period in periods if self.on(period, self.day)]
        return [
            link
            for link, period in held
            if not (
                isinstance(period, Period)
                and period.end == self.day
                and any(
                    rival.id == link.id
                    and isinstance(other, Period)
                    and other.start == self.day
                    and (other.start, other.end) != (period.start, period.end)
                    for rival, other in held
                )
            )
        ]

    def edges(self, types: tuple[str, ...] | None, *, only_active: bool) -> set[tuple[str, str]]:
        """Return the sources and targets of all relationships to follow."""
        return {
            (body.code, link.target.code)
            for body in self.all.values()
            for link in (self.held(body) if only_active else self.leading(body))
            if (link.id in types if types is not None else link.id != "RE8")
        }

    def related(
        self,
        code: str,
        types: tuple[str, ...] | None = None,
        depth: int = 1,
        *,
        only_active: bool = True,
        inwards: bool = True,
        held_roles: tuple[str, ...] | None = None,
        roles: tuple[str, ...] | None = None,
    ) -> list[str]:
        edges = self.edges(types, only_active=only_active)
        steps = {(target, source) for source, target in edges} if inwards else edges
        reached = self.reached(code, lambda each: {far for near, far in steps if near == each}, depth)
        return sorted(
            each
            for each in reached
            if not only_active or self.is_open(self.all[each])
            if held_roles is None or self.holds_any(self.all[each], held_roles)
            if roles is None or {role.id for role in self.all[each].roles} & set(roles)
        )

    def line(
        self, code: str, depth: int, *, backwards: bool = False, only_in_being: bool = False
    ) -> list[str]:
        """Return all that successions lead to."""

        def following(each: str) -> set[str]:
            if backwards:
                return {old for old, new in self.table.items() if new.get(each, "9999") <= self.day}
            return {other for other, date in self.successors(each).items() if date <= self.day}

        return sorted(
            each
            for each in self.reached(code, following, depth)
            if each in self.all
            if not only_in_being or self.in_being(self.all[each], self.day)
        )

    def heirs_within(self, code: str, depth: int) -> list[str]:
        found, met, ring = set(), {code}, {code}
        for _ in range(depth):
            ring = {
                other
                for each in ring
                for other, date in self.successors(each).items()
                if date <= self.day and other not in met
            }
            met |= ring
            living = {each for each in ring if each in self.all and self.in_being(self.all[each], self.day)}
            found |= living
            ring -= living
        return sorted(found)

    def named(self) -> set[str]:
        """Return the codes of other parties of successions, in the register or not."""
        return {each.target.code for body in self.all.values() for each in body.successions}

    def reached(self, code: str, following: Callable[[str], set[str]], depth: int) -> set[str]:
        met, ring = {code}, {code}
        for _ in range(depth):
            ring = set().union(*map(following, ring)) - met
            met |= ring
        return met - {code}
