"""Filters on roles, relationships and successions: the properties that the index has (fhir-r4 10.1)."""

from collections.abc import Iterable, Sequence

from app.r4.terminology import filters
from app.r4.terminology.compared import Indexed
from app.r4.terminology.filters import Look, days, terms, words
from app.r4.terminology.system import Filter
from app.register.query import Clause, Operator, Test

_STATUS = {"status": filters.STATUS, "inactive": filters.INACTIVE}


def _primary_role(party: str) -> Look:
    """Return the look at the primary role of an organisation that a field names."""

    def refers(*clauses: Clause) -> Test:
        return Test(party, Operator.REFERS, clauses)

    def tests(_asked: Filter, found: Sequence[str]) -> Iterable[Test]:
        return (refers(Clause(tuple(Test("primary_role", Operator.EQ, code) for code in found))),)

    return Look((refers(),), tests)


ROLES = Indexed(
    "instance",
    lambda _now: {
        **_STATUS,
        "orgCode": terms("source"),
        "role": terms("role"),
        "primaryRole": words("primary", {"true": "true", "false": "false"}),
    },
    5_000,
    "role",
)
RELATIONSHIPS = Indexed(
    "affiliation",
    lambda now: {
        **_STATUS,
        "relationshipTypeCode": terms("type"),
        "sourceOrgCode": terms("source"),
        "targetOrgCode": terms("target"),
        "sourceOrgRole": _primary_role("source"),
        "targetOrgRole": _primary_role("target"),
        # The period of an affiliation is the Operational one, if there are two (fhir-r4 5).
        "opStartDate": days("start", now),
        "opEndDate": days("end", now, later=1),
    },
    10_000,
)
SUCCESSIONS = Indexed(
    "instance",
    lambda _now: {"predecessor": terms("source"), "successor": terms("target")},
    20_000,
    "succession",
)
