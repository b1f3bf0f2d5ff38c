"""What a record becomes: its fields, what the merge and the counts are told of it, and a checked document."""

# ruff: noqa: E501 - tables

import pickle
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from app.register.fields import KINDS, Entry, Type
from app.register.stated import term
from app.register.words import stated
from indexer.convert import Converter, Facts, Made, Vocabulary
from indexer.days import start_of
from indexer.documents import stu3
from indexer.entries import Stored
from indexer.fields import fields
from indexer.history import DIGEST_BYTES, digest_of
from indexer.instances import Stated as Succeeded
from indexer.merge import Kept
from indexer.organisation import (
    Address,
    Contact,
    Organisation,
    Period,
    Relationship,
    Role,
    Succession,
    Target,
)
from indexer.reader import Record
from indexer.validate import Invalid, Validate

PUBLISHED = "2026-01-30"
OPEN = (Period("Operational", "2004-04-01", None),)
RECORD = Organisation(
    code="RR8",
    root="2.16.840.1.113883.2.1.3.2.4.18.48",
    assigning_authority="HSCIC",
    record_class="RC1",
    ref_only=False,
    name="LEEDS TEACHING HOSPITALS",
    status="Active",
    last_change="2026-01-02",
    periods=(Period("Legal", "1998-04-01", None), *OPEN),
    address=Address("ST. JAMES'S", None, None, "LEEDS", None, "LS9 7TF", "ENGLAND", None),
    contacts=(Contact("tel", "0113 2433144"),),
    roles=(Role("RO57", 2, False, OPEN, "Active"), Role("RO197", 1, True, OPEN, "Active"), Role("RO57", 3, False, OPEN, "Inactive")),
    relationships=(Relationship("RE5", 1, OPEN, "Active", Target("QWO", "RO261", 5)),),
    successions=(Succession(1, False, OPEN, "Predecessor", Target("RGX", None, None)),),
)  # fmt: skip
VOCABULARY = Vocabulary(
    {"RO197": "NHS TRUST", "RO57": "FOUNDATION TRUST"},
    {"RC1": "HSCOrg"},
    {"RE5": "IS LOCATED IN THE GEOGRAPHY OF"},
    PUBLISHED,
)


def pack(kind: str, entry: Entry) -> bytes:
    """Stand for an engine's packer."""
    return repr((kind, entry.id)).encode()


def convert(
    record: Organisation, *warnings: tuple[str, str], mode: str = "none", full: bool = True, nth: int = 1
) -> tuple[Any, Facts]:
    """Convert a record."""
    converted = Converter(VOCABULARY, pack, Validate(mode), "2026-02-01")(
        Record(record, warnings), in_full_file=full, nth=nth
    )
    return converted, Facts.load(Kept(converted.code, 0, converted.record))


def test_a_record_has_every_field_of_the_table_and_no_other() -> None:
    found = fields(RECORD, PUBLISHED)
    known_later = {"within", "updated", "icb", "region", "pcn", "sub_icb", "levels_until"}
    kind = KINDS["organisation"]
    named = {field.name for field in kind.of(Type.TEXT, Type.INSTANT)} | set(kind.values)
    assert set(found) | known_later == named
    assert found == {
        "name": "LEEDS TEACHING HOSPITALS",
        "town": "LEEDS",
        "postcode": "LS9 7TF",
        "country": "ENGLAND",
        "lines": ("ST. JAMES'S",),
        "status": ("Active",),
        "role": ("RO57", "RO197", "RO57"),
        "primary_role": ("RO197",),
        "non_primary_role": ("RO57", "RO57"),
        "last_change": start_of("2026-01-02"),
        "record_class": ("RC1",),
        "record_use": ("Full",),
        "relationship": ("Active/RE5/QWO",),
        **stated("LEEDS TEACHING HOSPITALS", ["ST. JAMES'S", "LEEDS"])._asdict(),
        "active_role": ("RO57", "RO197"),
        "active_primary_role": ("RO197",),
        "succession": ("Predecessor/RGX",),
        "op_start": start_of("2004-04-01"),
        "op_end": None,
        "leg_start": start_of("1998-04-01"),
        "leg_end": None,
        "shown_role": ("RO197", "RO57"),
        "stated": tuple(
            each
            for name, value in {
                "assigningAuth": "HSCIC",
                "address1": "ST. JAMES'S",
                "telephone": "0113 2433144",
            }.items()
            for each in (name, term(name, value))
        ),
        "opened": start_of("2004-04-01"),
        "closed": None,
    }


def test_what_a_record_lacks_its_fields_lack() -> None:
    found = fields(RECORD._replace(address=None, last_change=None), PUBLISHED)
    assert (found["town"], found["postcode"], found["last_change"]) == (None, None, None)


@pytest.mark.parametrize(
    ("date", "days"),
    [
        ("1970-01-01", 0),
        ("1969-12-31", -1),
        ("2000-03-01", 11_017),
        ("0001-01-01", -719_162),
        ("9999-12-31", 2_932_896),
    ],
)
def test_a_day_starts_at_midnight_utc(date: str, days: int) -> None:
    assert start_of(date) == days * 86_400_000


def test_the_merge_and_the_counts_are_told_what_they_need() -> None:
    converted, facts = convert(RECORD, ("odd_code", "x"), full=False)
    assert converted.code == facts.code == "RR8"
    assert converted.precedence == (True, False, "2004-04-01", "2026-01-02")
    assert facts == Facts(
        code="RR8",
        active=True,
        ref_only=False,
        roles=("RO57", "RO197", "RO57"),
        primary_role="RO197",
        targets=("QWO", "RGX"),
        relationships=1,
        successions=1,
        warnings=(("odd_code", "x"),),
        role_numbers=(2, 1, 3),
        role_marks=("RO57/false/Active", "RO197/true/Active", "RO57/false/Inactive"),
        succeeded=(Succeeded(1, "RGX", "RR8", "2004-04-01", False),),
        digest=digest_of(VOCABULARY.entry(RECORD)),
        packed=pack("organisation", Entry("RR8", {}, {})),
        entries=facts.entries,
    )
    size = DIGEST_BYTES + len(pack("affiliation", Entry("1", {}, {})))
    end = len(converted.record)
    assert facts.entries == (Stored("affiliation", "1", end - size, size, len("RR8-RE5-QWO-2004-04-01")),)


def test_entries_of_other_kinds_follow_the_facts() -> None:
    _, facts = convert(RECORD)
    further = [(Made("kind", Entry(name, {}, {}), "é"), name.encode() * 3) for name in ("A", "BC")]
    content = facts.dump(further)
    found = Facts.load(Kept(facts.code, 1_000, content))
    assert found._replace(entries=()) == facts._replace(entries=())
    end = 1_000 + len(content)
    assert found.entries == (Stored("kind", "A", end - 11, 3, 2), Stored("kind", "BC", end - 6, 6, 2))
    assert content.endswith("éAAAéBCBCBC".encode())


def test_a_stub_is_told_as_one_and_what_is_missing_sorts_first() -> None:
    converted, facts = convert(
        RECORD._replace(ref_only=True, periods=RECORD.periods[:1], last_change=None, status="Inactive")
    )
    assert converted.precedence == (False, True, "", "")
    assert (facts.ref_only, facts.active) == (True, False)


def test_an_entry_has_every_document_of_its_kind() -> None:
    entry = VOCABULARY.entry(RECORD)
    assert set(entry.documents) == {document.name for document in KINDS["organisation"].documents}
    assert orjson.loads(entry.documents["stu3"])["id"] == "RR8"


def test_what_converts_can_be_sent_to_another_process() -> None:
    converter = pickle.loads(pickle.dumps(Converter(VOCABULARY, pack, Validate("all"), "2026-02-01")))
    assert converter(Record(RECORD, ()), in_full_file=True, nth=0) == convert(RECORD)[0]


# Checks


@pytest.mark.parametrize(
    ("mode", "nth", "warned", "wanted"),
    [
        ("none", 0, True, False), ("none", 100, False, False),
        ("sample", 0, False, True), ("sample", 1, False, False), ("sample", 99, False, False), ("sample", 100, False, True), ("sample", 5, True, True),
        ("all", 1, False, True), ("all", 0, True, True),
    ],
)  # fmt: skip
def test_a_mode_says_how_much_is_checked(mode: str, nth: int, warned: bool, wanted: bool) -> None:
    assert Validate(mode).wants(nth, warned=warned) is wanted


def test_a_record_that_makes_a_document_without_fault_passes() -> None:
    convert(RECORD, mode="all")


FAULTY_RECORD = RECORD._replace(name=" ")


@pytest.mark.parametrize(
    ("mode", "nth", "warnings", "refused"),
    [("none", 0, (), False), ("sample", 1, (), False), ("sample", 0, (), True), ("sample", 1, (("missing_status", ""),), True), ("all", 1, (), True)],
)  # fmt: skip
def test_a_faulty_document_is_refused_where_the_mode_looks_at_it(
    mode: str, nth: int, warnings: tuple[tuple[str, str], ...], refused: bool
) -> None:
    if not refused:
        convert(FAULTY_RECORD, *warnings, mode=mode, nth=nth)
        return
    with pytest.raises(
        Invalid, match=r"^RR8: its STU3 document is not valid FHIR: Organization\.name is empty$"
    ):
        convert(FAULTY_RECORD, *warnings, mode=mode, nth=nth)


def test_affiliations_of_a_record_that_is_looked_at_are_checked() -> None:
    (stated,) = RECORD.relationships
    faulty = RECORD._replace(relationships=(stated._replace(id=" "),))
    convert(faulty, mode="none")
    with pytest.raises(Invalid, match=r"^1: its R4 document is not valid FHIR: OrganizationAffiliation"):
        convert(faulty, mode="all")


def test_an_odd_code_that_was_accepted_is_no_fault_of_its_document() -> None:
    odd = RECORD._replace(code="A_1 Ä")
    convert(odd, ("odd_code", "A_1 Ä"), mode="all")
    with pytest.raises(Invalid, match="is not a FHIR id"):
        convert(odd, mode="all")


GOOD: dict[str, Any] = orjson.loads(stu3.organization(RECORD, VOCABULARY.roles, VOCABULARY.classes))
FAULTS: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "an empty text": (lambda good: good | {"name": ""}, "Organization.name is empty"),
    "a blank text": (lambda good: good | {"name": " \t"}, "Organization.name is empty"),
    "null": (lambda good: good | {"name": None}, "Organization.name is empty"),
    "an empty array": (lambda good: good | {"telecom": []}, "Organization.telecom is empty"),
    "an empty object": (lambda good: good | {"meta": {}}, "Organization.meta is empty"),
    "an empty object in an array": (lambda good: good | {"address": [{}]}, "Organization.address is empty"),
    "an empty text in an array": (lambda good: good | {"address": [{"line": ["A", ""]}]}, "Organization.address.line is empty"),
    "an id that is too long": (lambda good: good | {"id": "A" * 65}, "is not a FHIR id"),
    "an id with other signs": (lambda good: good | {"id": "A_1"}, "is not a FHIR id"),
    "an id with a line after it": (lambda good: good | {"id": "A1\n"}, "is not a FHIR id"),
    "an unknown telecom system": (lambda good: good | {"telecom": [{"system": "telex", "value": "1"}]}, 'telecom.system "telex"'),
    "an unknown element": (lambda good: good | {"nickname": "LGI"}, "nickname"),
    "an element of another version": (lambda good: good | {"qualification": [{"code": {"text": "x"}}]}, "qualification"),
    "a text where a truth belongs": (lambda good: good | {"active": "perhaps"}, "active"),
    "an object where an array belongs": (lambda good: good | {"identifier": {"value": "RR8"}}, "identifier"),
    "a time that is none": (lambda good: good | {"meta": {"lastUpdated": "yesterday"}}, "lastUpdated"),
    "a period that is a text": (lambda good: good | {"extension": [{"url": "http://x", "valuePeriod": "2024"}]}, "valuePeriod"),
    "an extension with two values": (lambda good: good | {"extension": [{"url": "http://x", "valueString": "a", "valueBoolean": True}]}, "value"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "says"), FAULTS.values(), ids=FAULTS)
def test_a_document_that_is_not_valid_is_refused_by_name(
    change: Callable[[dict[str, Any]], dict[str, Any]], says: str
) -> None:
    Validate("all").check("organisation", Entry("RR8", {}, {"stu3": orjson.dumps(GOOD)}))
    with pytest.raises(Invalid) as refused:
        Validate("all").check("organisation", Entry("RR8", {}, {"stu3": orjson.dumps(change(GOOD))}))
    said = str(refused.value)
    assert said.startswith("RR8: its STU3 document is not valid FHIR: ")
    assert says in said
    assert "\n" not in said


def test_code_systems_and_value_sets_are_valid_whatever_the_roles() -> None:
    for roles in ({}, {"RO197": "NHS TRUST"}, {"RO197": "NHS TRUST", "RO9": None}):
        entries = stu3.resources("2026-01-30", roles)
        assert len(entries) == 4
        for entry in entries:
            if roles or entry.id != "CodeSystem/ODSAPI-OrganizationRole-1":
                Validate("all").check("resource", entry)
