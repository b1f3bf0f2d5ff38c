"""Relationships as terms, so that a search for type, target and status of one relationship needs no join.

A relationship is one value (`Active/RE4/15F`) of its source. A value has four terms of the field
`relationship`: its status alone, with its type, with its target, and with both. A search becomes one term for
each combination of the statuses, types and targets that it allows.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product, starmap

STATUSES = ("Active", "Inactive")


def value(status: str, type_id: str = "", target: str = "") -> str:
    """Return the value of a relationship, or without its type or target another of its terms.

    `type_id` has its letters (RE4), `target` is an ODS code.
    """
    return f"{status}/{type_id}/{target}"


def terms(stated: str) -> tuple[str, ...]:
    """Return the terms of the value of a relationship; codes have no slash."""
    status, rest = stated.split("/", 1)
    type_id, target = rest.rsplit("/", 1)
    return value(status), value(status, type_id), value(status, target=target), stated


def asked(statuses: Iterable[str], type_ids: Sequence[str], targets: Sequence[str]) -> Iterator[str]:
    """Yield terms; a relationship matches if it has one of them. An empty list allows any type or target."""
    return starmap(value, product(statuses, type_ids or ("",), targets or ("",)))
