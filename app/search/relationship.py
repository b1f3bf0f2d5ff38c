"""Relationships as terms, so that one and the same relationship can be asked for without a join.

Each relationship of a record gives four terms of the field `relationship`: its status, its status with its
type, with its target, and with both. Whatever is asked of one relationship is then one term for each status
and type that will do, for index and query made here alike.
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
    """Yield the terms of which a relationship that will do has one; no type or no target is any."""
    return starmap(_term, product(statuses, type_ids or ("",), targets or ("",)))


def _term(status: str, type_id: str = "", target: str = "") -> str:
    return f"{status}/{type_id}/{target}"
