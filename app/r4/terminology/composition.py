"""The definition of a value set as a client sends it, read into what FHIR allows (R4, ValueSet.compose)."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.fhir.rejected import Rejected
from app.r4.terminology import words

Json = dict[str, Any]
Sent = Mapping[str, Any]


def composition(sent: Sent) -> Json:
    """Return a `compose` with the members that count, in their order; raises Rejected."""
    found: Json = {}
    if (inactive := sent.get("inactive")) is not None:
        if not isinstance(inactive, bool):
            raise Rejected(words.contradiction('"compose.inactive" of the value set is not true or false'))
        found["inactive"] = inactive
    for name in ("include", "exclude"):
        where = f"compose.{name}"
        if parts := [dict(_part(part, where)) for part in _objects(sent, name, "compose")]:
            found[name] = parts
    if "include" not in found:
        raise Rejected(words.missing('The "compose" of the value set needs an "include"'))
    return found


def _part(part: Sent, where: str) -> Iterator[tuple[str, Any]]:
    system = _text(part, "system", where)
    if system:
        yield "system", system
    if version := _text(part, "version", where):
        yield "version", version
    concepts, filters = _objects(part, "concept", where), _objects(part, "filter", where)
    if (concepts or filters) and not system:
        raise Rejected(words.missing(f'A {where} with "concept" or "filter" needs a "system"'))
    if concepts and filters:
        text = f'A {where} has "concept" and "filter": send each in an include of its own'
        raise Rejected(words.contradiction(text))
    if concepts:
        yield "concept", [{"code": _needed(each, "code", f"{where}.concept")} for each in concepts]
    if filters:
        names = ("property", "op", "value")
        yield "filter", [{name: _needed(each, name, f"{where}.filter") for name in names} for each in filters]
    value_sets = _texts(part, "valueSet", where)
    if value_sets:
        yield "valueSet", value_sets
    elif not system:
        raise Rejected(words.missing(f'Each {where} needs a "system" or a "valueSet"'))


def _objects(held: Sent, name: str, where: str) -> list[Sent]:
    found = held.get(name, [])
    if not (isinstance(found, list) and all(isinstance(each, dict) for each in found)):
        raise Rejected(words.contradiction(f'"{where}.{name}" of the value set is not a list of objects'))
    return found


def _texts(held: Sent, name: str, where: str) -> list[str]:
    found = held.get(name, [])
    if not (isinstance(found, list) and all(isinstance(each, str) for each in found)):
        raise Rejected(words.contradiction(f'"{where}.{name}" of the value set is not a list of texts'))
    return [each.strip() for each in found if each.strip()]


def _text(held: Sent, name: str, where: str) -> str:
    found = held.get(name, "")
    if isinstance(found, bool):  # a client may send the value of a filter as it is
        return str(found).lower()
    if not isinstance(found, str):
        raise Rejected(words.contradiction(f'"{where}.{name}" of the value set is not a text'))
    return found.strip()


def _needed(held: Sent, name: str, where: str) -> str:
    found = _text(held, name, where)
    if not found:
        raise Rejected(words.missing(f'Each {where} of the value set needs a "{name}"'))
    return found
