"""The order of results that share a name: those of the operator with the most sites there come first.

One hospital may have a code under several trusts, and a large one is asked for more often than others of its
name.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import orjson

from app.directory.recognise import KIND
from app.directory.result import Result, operator
from app.engine.port import Register
from app.register.query import Clause, Operator, Query, Test

_SITES = 500
"""Organisations whose operators are counted, for each postcode that is looked at."""
_PLACES = 10
"""Postcodes at which they are counted."""


def by_sites(
    register: Register, ranked: list[Result], count: int, ahead: Collection[str] = ()
) -> list[Result]:
    """Return results with sites of one name in the order of their operators' sites at their postcodes.

    Only what is among the first `count` is put in this order, and of it the first few places. `ahead` are
    organisations whose documents will be asked for next.
    """
    if len({result.organisation.name for result in ranked}) == len(ranked):
        return ranked
    groups: list[tuple[_Alike, list[Result]]] = []
    postcodes: dict[str, None] = {}
    before = 0
    for alike, same in groupby(ranked, key=_alike):
        if before >= count:
            break
        group = list(same)
        before += len(group)
        groups.append((alike, group))
        if len(group) > 1 and alike.site:
            postcodes |= dict.fromkeys(each.organisation.postcode for each in group)
    if not postcodes:
        return ranked
    sites = _sites(register, list(postcodes)[:_PLACES], ahead)
    found: list[Result] = []
    for alike, group in groups:
        if alike.site:
            group.sort(key=lambda each: -sites[each.organisation.postcode, each.operator])
        found += group
    return found + ranked[len(found) :]


class _Alike(NamedTuple):
    """What results have in common that only the number of sites tells apart."""

    place: tuple[Any, ...]
    name: tuple[str, ...]
    site: bool


def _alike(result: Result) -> _Alike:
    return _Alike(result.place[:4], result.organisation.name, result.document["recordClass"] == "RC2")


def _sites(register: Register, postcodes: Sequence[str], ahead: Collection[str]) -> Counter[tuple[str, str]]:
    """Return how many organisations each operator has at each of some postcodes."""
    there = Clause(tuple(Test("postcode", Operator.EQ, postcode) for postcode in postcodes))
    query = Query(KIND, (there,), size=_SITES * len(postcodes), total=False)
    (page,) = register.searches((query,), "lookup", ahead)
    # Hundreds may lie there: what a comparison needs besides is not made.
    found = (orjson.loads(match.document) for match in page.matches)
    return Counter((each["address"]["postcode"], operator(each)) for each in found)
