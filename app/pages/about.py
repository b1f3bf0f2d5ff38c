"""What the page about this server shows: the register in numbers, and the interfaces with examples."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from app.directory.recognise import KIND
from app.engine.port import Register
from app.pages.generation import Shown
from app.register.query import Clause, Operator, Query, Test

SHOWN = 12
"""Roles in the first chart; the others are folded away."""

WELL_KNOWN = "RR8"
"""The code of an organisation that nearly every register has, a large trust."""


class Bar(NamedTuple):
    """A row of the chart: a primary role and how many have it; widths are per cent of the longest row."""

    id: str
    name: str
    active: int
    inactive: int
    active_width: float
    inactive_width: float


class Example(NamedTuple):
    """A request to try, under the root of the server."""

    what: str
    path: str
    accept: str
    curl: str


class Group(NamedTuple):
    """An interface and its examples."""

    name: str
    text: str
    examples: tuple[Example, ...]


class Facts(NamedTuple):
    """What the page shows of the register."""

    total: int
    active: int
    inactive: int
    roles: list[Bar]
    shown: int
    generations: list[Shown]


def facts(register: Register, generations: Iterable[Shown], roles: Mapping[str, str]) -> Facts:
    """Count the register's organisations; `roles` are names by id."""
    counted = [
        register.counts(KIND, (_status(status),), ("primary_role", "status"))
        for status in ("Active", "Inactive")
    ]
    active, inactive = (sum(counts["status"].values()) for counts in counted)
    bars = _bars(counted[0]["primary_role"], counted[1]["primary_role"], roles)
    return Facts(active + inactive, active, inactive, bars, SHOWN, list(generations))


def _status(status: str) -> Clause:
    return Clause((Test("status", Operator.EQ, status),))


def _bars(active: Mapping[str, int], inactive: Mapping[str, int], names: Mapping[str, str]) -> list[Bar]:
    """Return the rows of the chart, the longest first."""
    counts = {role: (active.get(role, 0), inactive.get(role, 0)) for role in {**active, **inactive}}
    longest = max(map(sum, counts.values()), default=1)
    rows = (
        Bar(role, names.get(role, role), on, off, round(100 * on / longest, 2), round(100 * off / longest, 2))
        for role, (on, off) in counts.items()
    )
    return sorted(rows, key=lambda row: (-row.active - row.inactive, row.id))


def example(register: Register) -> str:
    """Return the code of an organisation for the examples."""
    if register.get(KIND, WELL_KNOWN, "lookup"):
        return WELL_KNOWN
    matches = register.search(Query(KIND, size=1, total=False), None).matches
    return matches[0].id if matches else WELL_KNOWN


def to_try(base: str, what: str, path: str, accept: str = "application/json") -> Example:
    """Return a request to try; `base` is the server's public address."""
    return Example(what, path, accept, f"curl '{base}{path}'")


def interfaces(base: str, code: str) -> Iterator[Group]:
    """Yield the interfaces with examples about an organisation; `base` is the server's public address."""
    asking = partial(to_try, base)

    yield Group(
        "Lookup",
        "What a person types, answered with the organisations that it may mean, as JSON.",
        (
            asking("Look up a misspelt name", "/lookup?q=leeds+genral+infirmry&count=5"),
            asking("One organisation as flat JSON", f"/organisations/{code}?format=json"),
        ),
    )
    yield Group(
        "Levels",
        "Operator, network, commissioner, care board and region of an organisation, today or on a date.",
        (
            asking("Levels of one organisation", f"/levels?code={code}"),
            asking("Levels on a date, as CSV", f"/levels?code={code}&date=2024-04-01&format=csv", "text/csv"),
        ),
    )
    sites = f"participating-organization={code}&role=RE6&active=true"
    yield Group(
        "FHIR R4",
        "The Organisation Data Terminology API without a key: organisations, relationships, deletions.",
        (
            asking("One organisation", f"/R4/Organization/{code}"),
            asking(
                "What it operates, with the organisations",
                f"/R4/OrganizationAffiliation?{sites}&_include=OrganizationAffiliation:primary-organization"
                "&_count=3",
            ),
            asking("What was deleted", "/R4/List/Organization-deletion"),
            asking("What it can do", "/R4/metadata"),
        ),
    )
    ods_code = "https://fhir.nhs.uk/Id/ods-organization-code"
    yield Group(
        "FHIR R4 terminology",
        "Organisations, roles and relationship types as code systems: search while typing, meaning, checks.",
        (
            asking(
                "Organisations that fit a text, with their towns",
                f"/R4/ValueSet/$expand?url={ods_code}/vs&filter=leeds&activeOnly=true&count=5&property=town",
            ),
            asking("What a code is", f"/R4/CodeSystem/$lookup?system={ods_code}&code={code}"),
            asking("Whether a code exists", f"/R4/CodeSystem/$validate-code?url={ods_code}&code={code}"),
            asking("The code systems", "/R4/CodeSystem"),
        ),
    )
    yield Group(
        "FHIR STU3",
        "The ODS Lookup API as the NHS served it: Organization, CodeSystem, ValueSet.",
        (
            asking("One organisation", f"/STU3/Organization/{code}"),
            asking(
                "Names that contain a word", "/STU3/Organization?name:contains=leeds&active=true&_count=3"
            ),
            asking("What it can do", "/STU3/metadata"),
        ),
    )
    yield Group(
        "ORD 2-0-0",
        "The ODS ORD API as the NHS serves it: whole records, lists, code systems, changes.",
        (
            asking("One whole record", f"/ORD/2-0-0/organisations/{code}"),
            asking(
                "What it operates",
                f"/ORD/2-0-0/organisations?RelTypeId=RE6&TargetOrgId={code}&RelStatus=Active&Limit=3",
            ),
            asking("The roles", "/ORD/2-0-0/roles"),
        ),
    )
