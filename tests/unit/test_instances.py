"""Role instances and successions as entries, made of what records state (fhir-r4 9.3 and 16)."""

from typing import Any

import orjson

from indexer.instances import Instances, Stated, marks, successions
from indexer.organisation import Organisation, Role, Succession
from tests.made import organisation, periods, role, succession


def taken(*records: Organisation) -> dict[str, tuple[dict[str, Any], Any]]:
    """Return fields and document of each entry that some records make, in order, by id."""
    instances = Instances()
    for record in records:
        numbers = [each.unique_id for each in record.roles if each.unique_id is not None]
        instances.take(record.code, numbers, marks(record.roles), successions(record))
    return {
        each.id: (each.fields, orjson.loads(each.documents["concept"]) if each.documents else None)
        for each in instances.entries()
    }


def numbered(record: Organisation, *numbers: int | None) -> Organisation:
    """Return a record whose roles have these numbers, the primary role the first."""
    pairs = zip(record.roles, numbers, strict=True)
    return record._replace(roles=tuple(each._replace(unique_id=number) for each, number in pairs))


def stated(number: int | None, kind: str, target: str, *, forward: bool = False) -> Succession:
    return succession(kind, target, "2001-02-03")._replace(unique_id=number, forward=forward)


def of_role(role_id: str, source: str, primary: str = "true", status: str = "Active") -> tuple[Any, None]:
    fields = {"type": ("role",), "role": (role_id,), "primary": (primary,), "status": (status,)}
    return {**fields, "source": source}, None


def test_numbered_roles_are_entries_in_order_of_their_numbers_as_text() -> None:
    parts: list[Role] = [role("RO76"), role("RO76", status="Inactive"), role("RO57")]
    found = taken(
        numbered(organisation("A1", "RO197", "", *parts), 9, 100, 20, None),
        numbered(organisation("A2", "RO177"), 10),
    )
    assert list(found) == ["role/10", "role/100", "role/20", "role/9"]
    assert found == {
        "role/9": of_role("RO197", "A1"),
        "role/100": of_role("RO76", "A1", "false"),
        "role/20": of_role("RO76", "A1", "false", "Inactive"),
        "role/10": of_role("RO177", "A2"),
    }


def test_a_number_that_several_organisations_have_is_the_first_one_s() -> None:
    records = [numbered(organisation(code, f"RO{code[1:]}"), 7) for code in ("A1", "A2", "A3")]
    assert taken(*records) == {"role/7": of_role("RO1", "A1")}


def test_a_succession_that_both_parties_state_is_one_entry() -> None:
    other = stated(10, "Predecessor", "A1", forward=True)
    found = taken(
        organisation("A1", "RO177", "", stated(10, "Successor", "A2"), stated(9, "Predecessor", "Z9")),
        organisation("A2", "RO177", "", other, stated(None, "Successor", "Z9")),
    )
    assert list(found) == ["succession/10", "succession/9"]
    assert found["succession/10"] == (
        {"type": ("succession",), "source": "A1", "target": "A2"},
        {"predecessor": "A1", "successor": "A2", "legStartDate": "2001-02-03", "forwardSuccession": True},
    )
    assert found["succession/9"][1] == {
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
        assert taken(record)["succession/1"][1].get("legStartDate") == start
