"""A list of organisations as a register: ids given out, targets resolved, successions on both sides."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from indexer.organisation import Organisation, Period, Relationship, Role, Succession, Target
from indexer.sources.organisations.entries import Listed, Part, listed
from indexer.sources.organisations.listing import Item

_ROOT = "2.16.840.1.113883.2.1.3.2.4.18.48"


def register(
    items: Iterable[Item], roles: Mapping[str, str], types: Mapping[str, str], today: str
) -> list[Organisation]:
    """Return the organisations of a list, in its order; `today` is the release's date. Raises BadList."""
    entries: dict[str, Listed] = {}
    for item in items:
        entry = listed(item, roles, types)
        if entry.code in entries:
            raise item.wrong("code", "it is there twice")
        entries[entry.code] = entry
    numbers = count(1)
    held = {
        code: tuple(
            Role(part.id, next(numbers), place == entry.primary, *_dated(part))
            for place, part in enumerate(entry.roles)
        )
        for code, entry in entries.items()
    }

    def target(code: str) -> Target:
        primary = next((role for role in held.get(code, ()) if role.primary), None)
        return Target(code, primary and primary.id, primary and primary.unique_id)

    numbers = count(1)
    relationships = {
        code: tuple(
            Relationship(part.id, next(numbers), *_dated(part), target(other))
            for part, other in entry.relationships
        )
        for code, entry in entries.items()
    }
    successions: dict[str, list[Succession]] = defaultdict(list)
    for number, (before, after, day) in enumerate(_successions(entries.values(), today), start=1):
        period = (Period("Legal", day, None),)
        successions[before].append(Succession(number, False, period, "Successor", target(after)))
        successions[after].append(Succession(number, False, period, "Predecessor", target(before)))
    return [
        Organisation(
            code=code,
            root=_ROOT,
            assigning_authority="HSCIC",
            record_class=entry.record_class,
            ref_only=False,
            name=entry.name,
            status=entry.status,
            last_change=entry.last_change or today,
            periods=(Period("Operational", entry.opened, entry.closed),),
            address=entry.address,
            contacts=entry.contacts,
            roles=held[code],
            relationships=relationships[code],
            successions=tuple(successions[code]),
        )
        for code, entry in entries.items()
    ]


def _dated(part: Part) -> tuple[tuple[Period, ...], str]:
    return (Period("Operational", part.start, part.end),), part.status


def _successions(entries: Iterable[Listed], today: str) -> Sequence[tuple[str, str, str]]:
    """Return each succession once: who was succeeded, by whom, when."""
    days: dict[tuple[str, str], dict[str | None, None]] = defaultdict(dict)
    closed: dict[str, str | None] = {}
    for entry in entries:
        closed[entry.code] = entry.closed
        for other, day in entry.successors:
            days[entry.code, other][day] = None
        for other, day in entry.predecessors:
            days[other, entry.code][day] = None
    return [
        (before, after, day or closed.get(before) or today)
        for (before, after), given in days.items()
        for day in [day for day in given if day] or given
    ]
