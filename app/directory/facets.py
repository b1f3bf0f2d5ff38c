"""Counts what was found by primary role and status (lookup 2)."""

from typing import NamedTuple

import orjson

from app.directory.filters import Filters
from app.directory.ranking import found
from app.directory.recognise import KIND
from app.engine.port import Register


class RoleCount(NamedTuple):
    """How many hold a primary role; `name` is empty if the release does not name the role."""

    id: str
    name: str
    holders: int


class Facets(NamedTuple):
    """Primary roles, the most frequent first, and how many are active and inactive."""

    primary_role: list[RoleCount]
    active: int
    inactive: int


def facets(register: Register, text: str, filters: Filters) -> Facets:
    """Return the counts of all that `ranking.found` finds."""
    clauses = found(register, text, filters)
    if clauses is None:
        return Facets([], 0, 0)
    counts = register.counts(KIND, clauses, ("primary_role", "status"))
    roles = sorted(counts["primary_role"].items(), key=lambda item: (-item[1], item[0]))
    names = _names(register, [role for role, _ in roles])
    return Facets(
        [RoleCount(role, names.get(role, ""), count) for role, count in roles],
        counts["status"].get("Active", 0),
        counts["status"].get("Inactive", 0),
    )


def _names(register: Register, roles: list[str]) -> dict[str, str]:
    """Return the display names of roles, which ORD's code lists hold."""
    found = register.documents("code_list", [f"roles/{role}" for role in roles], "ord")
    rows = [orjson.loads(body)["Roles"][0] for body in found.values()]
    return {row["id"]: row["displayName"] for row in rows if "displayName" in row}
