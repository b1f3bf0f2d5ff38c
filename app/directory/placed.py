"""The answer to where an organisation belongs on a day: its levels, and what became of it (hierarchy 6)."""

from collections.abc import Mapping
from typing import NamedTuple

from app.directory.body import Body
from app.directory.heirs import Heir


class Entry(NamedTuple):
    """A body of a level: the role it shows, the types of links walked to it, and the code it succeeds."""

    code: str
    name: str
    role: str
    via: tuple[str, ...]
    successor_of: str | None = None


class Levels(NamedTuple):
    """The levels of an organisation on a day: each is certain, ambiguous, ended or absent."""

    date: str
    links_on: str | None
    """The day on which its links count, if that is another one."""
    certain: Mapping[str, Entry]
    country: str | None
    ambiguous: Mapping[str, tuple[Entry, ...]]
    ended: Mapping[str, tuple[Entry, ...]]


class Answer(NamedTuple):
    """An organisation, its levels, and its heirs, which are None while it is in being or still to open."""

    body: Body
    levels: Levels
    heirs: tuple[Heir, ...] | None
    opens: str | None
    """When it opens, if that is after the day."""
