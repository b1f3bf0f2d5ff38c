"""Role instances and successions as entries, made of what records state (fhir-r4 9.3 and 16)."""

from typing import Any

import orjson

from app.register.roles import Mark, Role, Roles
from indexer.instances import Instances, Stated, marks, successions
from indexer.organisation import Organisation, Succession
from tests.made import organisation, periods, role, succession


def taken(*records: Organisation) -> Instances:
    """Return what is taken of some records."""
    instances = Instances()
    for record in records:
        numbers = [each.unique_id for each in record.roles if each.unique_id is not None]
        instances.take(record.code, numbers, marks(record.roles), successions(record))
    return instances


def roles_of(*records: Organisation) -> dict[str, Role]:
    """Return the role instances that some records make, by number, in order."""
    written = taken(*records).roles()
    table = Roles(each.documents["part"] for each in written.entries)
    codes = table.codes(table.all(), 0, 100)
    assert len(codes) == written.instances
    return table.roles(codes)


def successions_of(*records: Organisation) -> dict[str, tuple[dict[str, Any], Any]]:
    """Return fields and document of each succession that some records make, by number."""
    written = taken(*records).successions()
    assert len(written.entries) == written.instances
    return {each.id: (each.fields, orjson.loads(each.documents["concept"])) for each in written.entries}


def numbered(record: Organisation, *numbers: int | None) -> Organisation:
    """Return a record whose roles have these numbers, the primary role the first."""
    pairs = zip(record.roles, numbers, strict=True)
    return record._replace(roles=tuple(each._replace(unique_id=number) for each, number in pairs))


def stated(number: int | None, kind: str, target: str, *, forward: bool = False) -> Succession:
    return succession(kind, target, "2001-02-03")._replace(unique_id=number, forward=forward)


def test_numbered_roles_are_in_order_of_their_numbers_as_text() -> None:
    parts = [role("RO76"), role("RO76", status="Inactive"), role("RO57")]
    found = roles_of(
        numbered(organisation("A1", "RO197", "", *parts), 9, 100, 20, None),
        organisation("A15", "RO177"),
        numbered(organisation("A2", "RO177"), 10),
    )
    assert list(found) == ["10", "100", "20", "9"]
    assert found == {
        "9": Role("A1", Mark("RO197", primary=True, active=True)),
        "100": Role("A1", Mark("RO76", primary=False, active=True)),
        "20": Role("A1", Mark("RO76", primary=False, active=False)),
        "10": Role("A2", Mark("RO177", primary=True, active=True)),
    }


def test_a_number_that_several_organisations_have_is_the_first_one_s() -> None:
    records = [numbered(organisation(code, f"RO{code[1:]}"), 7) for code in ("A1", "A2", "A3")]
    assert roles_of(*records) == {"7": Role("A1", Mark("RO1", primary=True, active=True))}


def test_a_succession_that_both_parties_state_is_one_entry() -> None:
    other = stated(10, "Predecessor", "A1", forward=True)
    found = successions_of(
        organisation("A1", "RO177", "", stated(10, "Successor", "A2"), stated(9, "Predecessor", "Z9")),
        organisation("A2", "RO177", "", other, stated(None, "Successor", "Z9")),
    )
    assert found.keys() == {"10", "9"}
    assert found["10"] == (
        {"source": "A1", "target": "A2"},
        {"predecessor": "A1", "successor": "A2", "legStartDate": "2001-02-03", "forwardSuccession": True},
    )
    assert found["9"][1] == {
        "predecessor": "Z9",
        "successor": "A1",
        "legStartDate": "2001-02-03",
        "forwardSuccession": False,
    }


def test_a_succession_starts_at_its_legal_date_or_its_only_one() -> None:
    each = stated(1, "Successor", "A2")
    for dates, start in (
        (periods("2001-01-01/", "2002-02-02/"), "2002-02-02"),
        (periods("2001-01-01/"), "2001-01-01"),
        ((), None),
    ):
        record = organisation("A1", "RO177", "", each._replace(periods=dates))
        assert successions(record) == (Stated(1, "A1", "A2", start, forward=False),)
        assert successions_of(record)["1"][1].get("legStartDate") == start
