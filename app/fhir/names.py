"""What the names of a request's parameters mean, and which of the parameters count (fhir-search A)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.fhir.includes import INCLUDES, undeclared
from app.fhir.parameters import SearchParameter
from app.fhir.rejected import Problem, Rejected, Repeated, UnknownParameter, UnsupportedModifier
from app.fhir.related import Related, related
from app.fhir.values import split
from app.fhir.version import ResourceType, Version
from app.web.message import Fault, FaultKind, Pair, Request

MAX_PARAMETERS = 200
MAX_ALTERNATIVES = 500
_NEVER_LENIENT = ("_query",)
_UNADVERTISED = ("_generation", "_totalMethod")
"""Parameters that errors do not name: links set one, and the other has no effect (fhir-search 61)."""
_LISTS = ("_elements", "_sort", *INCLUDES)
"""Parameters whose values between commas are not searched for, and not counted."""


class Meaning(NamedTuple):
    """What the name of a search parameter means."""

    parameter: SearchParameter
    modifier: str
    related: Related | None = None
    """The relation to the resources that have the parameter; None: those that are searched have it."""


@dataclass(frozen=True)
class Known:
    """The parameters that count, and what is wrong with the names of others."""

    pairs: list[Pair]
    meanings: Mapping[str, Meaning]
    """What the names of search parameters mean."""
    problems: list[Problem]
    lenient: bool

    def is_date(self, name: str) -> bool:
        """Return whether a parameter is searched for dates."""
        return name in self.meanings and self.meanings[name].parameter.type == "date"


def known(request: Request, version: Version, searched: ResourceType | None, results: Sequence[str]) -> Known:
    """Drop empty parameters, and collect problems with unknown and repeated ones.

    With `Prefer: handling=lenient` unknown ones are dropped too. `searched` is the type of a search, and
    `results` are the parameters that do not search. Raises Fault for too many parameters or alternatives
    (fhir-search 16).
    """
    limit(request)
    lenient = is_lenient(request)
    pairs: list[Pair] = []
    meanings: dict[str, Meaning] = {}
    problems: dict[str, Problem] = {}
    for name, value in request.query:
        base, colon, _ = name.partition(":")
        try:
            meaning = _meaning(version, searched, name)
        except Rejected as rejected:
            problems.setdefault(name, rejected.problems[0])
            continue
        if meaning is None and base not in results:
            if not lenient or base in _NEVER_LENIENT:
                problems.setdefault(name, _unknown(name, searched, results))
        elif meaning is None and colon:
            problems.setdefault(name, _unsupported(version, searched, name, value))
        elif not _is_empty(value, meaning.parameter if meaning else None):
            if meaning:
                meanings[name] = meaning
            once = meaning.parameter.reader.once if meaning else base not in INCLUDES
            if once and any(other == name for other, _ in pairs):
                problems.setdefault(name, Repeated(name))
            pairs.append((name, value))
    return Known(pairs, meanings, list(problems.values()), lenient)


def _meaning(version: Version, searched: ResourceType | None, name: str) -> Meaning | None:
    """Return what the name of a search parameter means, or None if it is the name of none.

    Raises Rejected if there is no such modifier or relation.
    """
    if searched is None:
        return None
    if relation := related(version, searched, name):
        return Meaning(relation.parameter, relation.modifier, relation)
    base, _, modifier = name.partition(":")
    parameter = searched.search.get(base)
    if parameter and name != base and modifier not in parameter.modifiers:
        raise Rejected(UnsupportedModifier(name, searched.name, parameter.modifiers))
    return Meaning(parameter, modifier) if parameter else None


def _unknown(name: str, searched: ResourceType | None, results: Sequence[str]) -> UnknownParameter:
    if searched:
        return UnknownParameter(name, searched.name, tuple(searched.search))
    return UnknownParameter(name, known=tuple(each for each in results if each not in _UNADVERTISED))


def _unsupported(version: Version, searched: ResourceType | None, name: str, value: str) -> Problem:
    if searched and name.partition(":")[0] in INCLUDES:
        return undeclared(version, searched, name, value)
    return UnsupportedModifier(name)


def alternatives(values: Iterable[str]) -> int:
    """Return how many alternatives the values of search parameters have together."""
    return sum(value.count(",") + 1 for value in values)


def limit(request: Request) -> None:
    """Raise Fault for too many parameters or alternatives (fhir-search 16)."""
    if len(request.query) > MAX_PARAMETERS:
        raise Fault(FaultKind.MALFORMED, f"The request has more than {MAX_PARAMETERS} parameters")
    searched = (value for name, value in request.query if name not in _LISTS)
    if alternatives(searched) > MAX_ALTERNATIVES:
        raise Fault(
            FaultKind.MALFORMED, f"The request has more than {MAX_ALTERNATIVES} comma-separated alternatives"
        )


def is_lenient(request: Request) -> bool:
    """Return whether unknown parameters of a request are ignored."""
    prefer = request.headers.get("prefer", "")
    if not prefer:
        return False
    preferences = [part.strip().lower().replace(" ", "") for part in re.split("[,;]", prefer)]
    return "handling=lenient" in preferences and "handling=strict" not in preferences


def _is_empty(value: str, parameter: SearchParameter | None) -> bool:
    """Return whether a value counts as absent: only blanks, or in a text or date only blanks and commas."""
    if parameter and parameter.type in {"string", "date"}:
        return not any(part.strip() for part in split(value, ","))
    return not value.strip()
