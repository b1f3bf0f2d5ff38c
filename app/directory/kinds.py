"""The levels as data: what a body of each is recognised by, and the steps of the walk to it (hierarchy 3, 4).

A new level is a new row here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from app.directory.body import Body

SITE, ORGANISATION = "RC2", "RC1"


@dataclass(frozen=True, eq=False)  # compared by identity, which is quick
class Kind:
    """What the bodies of a level are recognised by; without `primary_role`, any organisation is one."""

    primary_role: str | None = None
    one_of: tuple[str, ...] = ()
    """Roles of which it must hold at least one."""
    none_of: tuple[str, ...] = ()
    """Roles of which it must hold none."""
    shown: tuple[str, ...] = ()
    """The role that answers show is the first of these that it holds, else its primary role."""

    def fits(self, body: Body) -> bool:
        """Return whether a body has the primary role of the kind."""
        return self.primary_role in (None, body.primary_role)

    def includes(self, body: Body, day: str) -> bool:
        """Return whether a body, if it is in being on a day, is of the kind then."""
        if not self.fits(body):
            return False
        if self.one_of and not any(body.holds(role, day) for role in self.one_of):
            return False
        return not any(body.holds(role, day) for role in self.none_of)

    def has_included(self, body: Body) -> bool:
        """Return whether a body was of the kind on any day of its life, as far as it was not legally over."""
        stated = body.life.stated
        return self.fits(body) and any(
            stated.contains(day) and body.life.is_lawful(day) and self.includes(body, day)
            for day in _turning_days(body)
        )

    def role(self, body: Body, day: str) -> str:
        """Return the role that answers show for a body of the kind."""
        for role in self.shown:
            if body.holds(role, day):
                return role
        return body.primary_role


def _turning_days(body: Body) -> Iterator[str]:
    """Yield every day on which a body may become one of a kind: it opens, or a role begins or has ended."""
    yield body.life.stated.start
    for spans in body.roles.values():
        for span in spans:
            yield span.start
            if "" < span.end < "9999-12-31":
                yield str(date.fromisoformat(span.end) + timedelta(days=1))


class Step(NamedTuple):
    """One step of the walk: from S (if `starts` is empty) or the bodies of some levels, over links of types.

    Without types it leads to S itself. Of several ways to one body, the type that stands first wins.
    """

    starts: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


class Level(NamedTuple):
    """A level: its key in answers, the kind of its bodies, and its steps: the first that finds one counts."""

    key: str
    kind: Kind
    steps: tuple[Step, ...]
    through: Kind | None = None
    """A step that finds nothing directly goes on through one body of this kind."""
    handed_down: bool = True
    """Whether a site that finds nothing has what its operator has."""


@dataclass(frozen=True, eq=False)  # compared by identity, as kinds are
class Part:
    """Levels that are found together: only the links of some types lead from an organisation to them."""

    levels: tuple[Level, ...]
    types: frozenset[str]


_ITSELF = Step()
_GEOGRAPHY = ("RE5", "RE2")
_LOCAL_OFFICE = Kind("RO210")

LEVELS = (
    Level("operator", Kind(), (Step(types=("RE6",)),), handed_down=False),
    Level("pcn", Kind("RO272"), (_ITSELF, Step(types=("RE8",)))),
    Level("commissioner", Kind(), (Step(types=("RE4",)),)),
    Level(
        "subIcb",
        Kind("RO98", none_of=("RO218", "RO327"), shown=("RO319",)),
        (_ITSELF, Step(types=("RE4",))),
    ),
    Level(
        "icb",
        Kind("RO261", one_of=("RO318", "RO262"), shown=("RO318", "RO262")),
        (_ITSELF, Step(types=("RE4",)), Step(("subIcb",), _GEOGRAPHY), Step(types=_GEOGRAPHY)),
    ),
    Level(
        "region",
        Kind("RO209"),
        (
            _ITSELF,
            Step(("icb",), _GEOGRAPHY),
            Step(("subIcb", "commissioner"), _GEOGRAPHY),
            Step(types=_GEOGRAPHY),
        ),
        through=_LOCAL_OFFICE,
    ),
)
PARTS = tuple(
    Part(levels, frozenset(name for level in levels for step in level.steps for name in step.types))
    for levels in (LEVELS[:1], LEVELS[1:2], LEVELS[2:])
)
"""The levels in parts that have no type of link in common, and no step that starts in another part."""

OPERATORS_THAT_HAND_DOWN = frozenset({"RO177", "RO197", "RO107", "RO98"})
"""Practice, NHS trust, care trust, CCG or sub-ICB location: their sites are where they are."""

COMMISSIONERS = frozenset({"RO98", "RO179"})
"""CCG or sub-ICB location, PCT: the RE6 of an organisation to one of these repeats its RE4."""

TELLING_PRIMARY_ROLES = frozenset(
    kind.primary_role for level in LEVELS for kind in (level.kind, level.through) if kind
) - {None}
"""The primary roles of which the bodies of levels have one."""

WALKED = frozenset(name for level in LEVELS for step in level.steps for name in step.types)
"""The types of links that walks follow."""

WALKED_BY_ORGANISATIONS = WALKED - {"RE6"}
"""Those that lead to other levels than the operator from an organisation that is no site."""
