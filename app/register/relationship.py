"""Relationships as terms, so that a search for type, target and status of one relationship needs no join.

Each relationship of a record is stored as four terms of the field `relationship`: its status alone, with
its type, with its target, and with both. A search becomes one term for each combination of the statuses,
types and targets that it allows.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product, starmap

STATUSES = ("Active", "Inactive")


@lru_cache(maxsize=100_000)  # most organisations have the relationships of their neighbours
def stored(status: str, type_id: str, target: str) -> tuple[str, ...]:
    """Return the terms of a relationship; `type_id` has its letters (RE4), `target` is an ODS code."""
    return (
        _term(status),
        _term(status, type_id),
        _term(status, target=target),
        _term(status, type_id, target),
    )


def asked(statuses: Iterable[str], type_ids: Sequence[str], targets: Sequence[str]) -> Iterator[str]:
    """Yield terms; a relationship matches if it has one of them. An empty list allows any type or target."""
    return starmap(_term, product(statuses, type_ids or ("",), targets or ("",)))


def _term(status: str, type_id: str = "", target: str = "") -> str:
    return f"{status}/{type_id}/{target}"
