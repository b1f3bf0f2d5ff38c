"""All code systems of a register (fhir-r4 9)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from app.clock import utc_day
from app.directory.level_filters import LevelFilters
from app.engine.port import Register
from app.fhir.rejected import Rejected, UnknownId
from app.r4.terminology import words
from app.r4.terminology.instances import RelationshipInstances, RoleInstances, Successions
from app.r4.terminology.organisations import Organisations
from app.r4.terminology.system import System
from app.r4.terminology.vocabulary import Vocabularies


@dataclass(frozen=True)
class Kept:
    """What a process keeps for the code systems of its requests."""

    vocabularies: Vocabularies = field(default_factory=Vocabularies)
    levels: LevelFilters = field(default_factory=LevelFilters)


class Systems:
    """The code systems of a register, for the time of one request."""

    def __init__(self, register: Register, now: datetime, kept: Kept) -> None:
        self.register, self.now, self.day = register, now, str(utc_day(now).date())
        self.vocabularies, self._levels = kept.vocabularies.of(register), kept.levels
        self._found: dict[str, System] = {each.url: each for each in self._all()}

    def _all(self) -> Iterator[System]:
        yield from self.vocabularies.values()
        yield Organisations(self.register, self.day, self.vocabularies, self._levels)
        for made in (RoleInstances, RelationshipInstances, Successions):
            yield made(self.register, self.vocabularies)

    def all(self) -> list[System]:
        """Return every code system, by url."""
        return [self._found[url] for url in sorted(self._found)]

    def find(self, url: str, version: str = "") -> System:
        """Return the code system with a url, after which `|` and a version may stand.

        Raises Rejected if it, or its version, is not served.
        """
        plain, _, canonical = url.partition("|")
        found = self._found.get(plain)
        if found is None:
            raise Rejected(words.unknown_system(plain))
        _check(found, version)
        _check(found, canonical)
        return found

    def of_resource(self, resource_id: str, version: str = "") -> System:
        """Return the code system of a CodeSystem resource, whose id is the last part of the url.

        Raises Rejected if it, or its version, is not served.
        """
        for url, system in self._found.items():
            if url.rpartition("/")[2] == resource_id:
                _check(system, version)
                return system
        raise Rejected(UnknownId("CodeSystem", resource_id))


def _check(system: System, version: str) -> None:
    if version and version != system.version:
        raise Rejected(words.unknown_version(version, system.url, system.version))
