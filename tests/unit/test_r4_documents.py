"""FHIR R4 documents: those of published resources, to the letter, and the rules that these do not show.

`golden/r4-captured.json` has resources of NHS England's own service and documentation, without `meta.source`.
"""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fhir import stored, systems
from app.fhir.stored import whole
from app.register.query import Stamp
from indexer.convert import Vocabulary
from indexer.days import start_of
from indexer.documents import r4
from indexer.fields import fields, of_affiliation
from indexer.organisation import Address, Contact, Organisation, Period, Relationship, Role, Target
from indexer.validate import Validate

Json = dict[str, Any]
CAPTURED: dict[str, Json] = {
    resource["id"]: resource
    for resource in orjson.loads((Path(__file__).parent.parent / "golden" / "r4-captured.json").read_bytes())
}
CLASSES = {"RC1": "HSCOrg", "RC2": "HSCSite"}
OPEN = (Period("Operational", "2004-04-01", None),)
ENDED = (Period("Operational", "2004-04-01", "2014-06-30"),)
LEGAL = (Period("Legal", "2001-02-03", "2020-03-31"),)


def periods_of(extensions: list[Json]) -> tuple[Period, ...]:
    """Return what a release states: a Legal period only where it differs from the Operational one."""
    found = []
    for each in extensions:
        if each["url"] == systems.R4_TYPED_PERIOD:
            coding, period = (part for part in each["extension"])
            span = period["valuePeriod"]
            found.append(Period(coding["valueCoding"]["code"], span["start"], span.get("end")))
    legal, operational = found
    return (operational,) if legal[1:] == operational[1:] else (legal, operational)


def coding_of(concept: Json) -> tuple[str, str]:
    (coding,) = concept["coding"]
    return coding["code"], coding["display"]


def organisation_of(resource: Json) -> tuple[Organisation, dict[str, str]]:
    """Return the record that a published Organization was made of, its roles the other way round."""
    *roles, last_change = resource["extension"]
    records, names = [], {}
    for at, role in enumerate(roles):
        number, code, *_, active = role["extension"]
        role_id, names[role_id] = coding_of(code["valueCodeableConcept"])
        status = "Active" if active["valueBoolean"] else "Inactive"
        records.append(Role(role_id, number["valueInteger"], at == 0, periods_of(role["extension"]), status))
    (identifier,), (use, record_class) = resource["identifier"], resource["type"]
    (address,) = resource.get("address", [{}])
    lines = [*address.get("line", ()), None, None, None]
    (uprn,) = address.get("extension", [{"extension": [{}, {"valueString": None}]}])
    types = {"phone": "tel", "url": "http"}
    record = Organisation(
        code=resource["id"],
        root=None,
        assigning_authority=identifier["assigner"]["display"],
        record_class=coding_of(record_class)[0],
        ref_only=coding_of(use)[0] == "RefOnly",
        name=resource["name"],
        status="Active" if resource["active"] else "Inactive",
        last_change=last_change["extension"][1]["valueDateTime"],
        periods=OPEN,
        address=Address(
            *lines[:3],
            address.get("city"),
            address.get("district"),
            address.get("postalCode"),
            address.get("country"),
            uprn["extension"][1]["valueString"],
        ),
        contacts=tuple(
            Contact(types[each["system"]], each["value"]) for each in reversed(resource.get("telecom", ()))
        ),
        roles=tuple(reversed(records)),
        relationships=(),
        successions=(),
    )
    return record, names


def relationship_of(resource: Json) -> tuple[str, Relationship, dict[str, str]]:
    """Return the source and the relationship that a published OrganizationAffiliation was made of."""
    (code,) = resource["code"]
    type_id, name = coding_of(code)
    status = "Active" if resource["active"] else "Inactive"
    target = Target(resource["participatingOrganization"]["identifier"]["value"], None, None)
    stated = Relationship(type_id, int(resource["id"]), periods_of(resource["extension"]), status, target)
    return resource["organization"]["identifier"]["value"], stated, {type_id: name}


@pytest.mark.parametrize("name", CAPTURED)
def test_a_record_becomes_what_was_published_of_it_key_by_key(name: str) -> None:
    resource = CAPTURED[name]
    kind = resource["resourceType"]
    if kind == "Organization":
        record, names = organisation_of(resource)
        body = r4.organization(record, names, CLASSES)
        profiles = systems.R4_ORGANIZATION
    else:
        source, relationship, names = relationship_of(resource)
        body = r4.affiliation(source, relationship, names)
        profiles = systems.R4_ORGANIZATION_AFFILIATION
    made = orjson.loads(whole(kind, name, Stamp(1, 0), profiles, body))
    published = resource | {"meta": resource["meta"] | {"versionId": "1", "lastUpdated": stored.instant(0)}}
    assert orjson.dumps(made).decode() == orjson.dumps(published).decode()


RR8 = organisation_of(CAPTURED["RR8"])[0]


def organization(**changed: Any) -> Json:
    """Return the document of RR8, changed."""
    found: Json = orjson.loads(r4.organization(RR8._replace(**changed), {}, {}))
    return found


def role(**changed: Any) -> Json:
    """Return the extension of one role."""
    stated = Role("RO1", 7, True, OPEN, "Active")._replace(**changed)
    found: Json = organization(roles=(stated,))["extension"][0]
    return found


def test_one_period_stands_for_both_and_of_two_each_for_itself() -> None:
    def spans(periods: tuple[Period, ...]) -> list[tuple[str, Json]]:
        return [
            (each["extension"][0]["valueCoding"]["code"], each["extension"][1]["valuePeriod"])
            for each in role(periods=periods)["extension"]
            if each["url"] == systems.R4_TYPED_PERIOD
        ]

    legal, operational = {"start": "2001-02-03", "end": "2020-03-31"}, {"start": "2004-04-01"}
    assert spans(()) == []
    assert spans(LEGAL) == [("Legal", legal), ("Operational", legal)]
    assert spans(OPEN) == [("Legal", operational), ("Operational", operational)]
    assert spans(OPEN + LEGAL) == spans(LEGAL + OPEN) == [("Legal", legal), ("Operational", operational)]


@pytest.mark.parametrize(("number", "shown"), [(None, None), (0, 0), (2**31 - 1, 2**31 - 1), (2**31, None)])
def test_a_role_shows_its_number_if_that_is_an_integer_of_fhir(number: int | None, shown: int | None) -> None:
    children = role(unique_id=number)["extension"]
    found = [each["valueInteger"] for each in children if each["url"] == "instanceID"]
    assert found == ([] if shown is None else [shown])
    assert children[1 if found else 0]["url"] == "roleCode"


def test_the_primary_role_is_first_then_the_others_by_number() -> None:
    roles = [("RO3", 30, False), ("RO9", None, False), ("RO2", 9, False), ("RO1", 99, True)]
    stated = tuple(Role(role_id, number, primary, OPEN, "Active") for role_id, number, primary in roles)
    *found, _ = organization(roles=stated)["extension"]
    codes = [each["extension"][-4]["valueCodeableConcept"]["coding"][0] for each in found]
    assert [coding["code"] for coding in codes] == ["RO1", "RO2", "RO3", "RO9"]
    assert "display" not in codes[0]


def test_contacts_stand_in_the_order_of_their_systems_and_keep_their_own_within_one() -> None:
    stated = [("http", "1"), ("telex", "2"), ("mailto", "3"), ("tel", "4"), ("fax", "5"), ("tel", "6")]
    found = organization(contacts=tuple(Contact(*each) for each in stated))["telecom"]
    assert [(each["system"], each["value"]) for each in found] == [
        ("phone", "4"), ("phone", "6"), ("fax", "5"), ("email", "3"), ("url", "1"), ("other", "2"),
    ]  # fmt: skip


def test_what_a_record_lacks_is_left_out() -> None:
    body = organization(address=None, contacts=(), last_change=None, assigning_authority=None, ref_only=True)
    assert list(body) == ["extension", "identifier", "active", "type", "name"]
    assert len(body["extension"]) == len(RR8.roles)
    assert "assigner" not in body["identifier"][0]
    assert body["type"][0]["coding"][0]["code"] == "RefOnly"
    assert organization(address=Address(*[None] * 3, "LEEDS", *[None] * 4))["address"] == [{"city": "LEEDS"}]


# Affiliations

STATED = Relationship("RE4", 42, OPEN, "Active", Target("15F", "RO98", 5))
VOCABULARY = Vocabulary({}, {}, {"RE4": "IS COMMISSIONED BY"}, "2026-01-30")


def made(*relationships: Relationship) -> list[Any]:
    _, *found = VOCABULARY.entries(RR8._replace(relationships=relationships))
    return found


@pytest.mark.parametrize(
    ("number", "periods", "entry_id", "second"),
    [
        (42, OPEN, "42", "RR8-RE4-15F-2004-04-01"),
        (None, OPEN, "RR8-RE4-15F-2004-04-01", "RR8-RE4-15F-2004-04-01"),
        (None, LEGAL + OPEN, "RR8-RE4-15F-2004-04-01", "RR8-RE4-15F-2004-04-01"),
        (None, LEGAL, "RR8-RE4-15F-2001-02-03", "RR8-RE4-15F-2001-02-03"),
        (None, (), "RR8-RE4-15F", "RR8-RE4-15F"),
    ],
)
def test_the_id_of_an_affiliation_is_its_number_or_says_what_it_is(
    number: int | None, periods: tuple[Period, ...], entry_id: str, second: str
) -> None:
    (found,) = made(STATED._replace(unique_id=number, periods=periods))
    assert (found.kind, found.entry.id, found.second_id) == ("affiliation", entry_id, second)
    Validate("all").check("affiliation", found.entry)


def test_an_affiliation_with_another_id_than_its_number_has_no_identifier() -> None:
    body = r4.affiliation("RR8", STATED, {})
    named = orjson.loads(whole("OrganizationAffiliation", "RR8-RE4-15F", Stamp(1, 0), (), body))
    assert "identifier" not in named
    assert named["organization"]["identifier"]["value"] == "RR8"
    assert "display" not in named["code"][0]["coding"][0]


@pytest.mark.parametrize(
    ("periods", "start", "end"),
    [
        (OPEN, "2004-04-01", None),
        (LEGAL + ENDED, "2004-04-01", "2014-07-01"),
        (LEGAL, "2001-02-03", "2020-04-01"),
        ((), None, None),
    ],
)
def test_the_period_of_an_affiliation_is_the_operational_one_and_ends_with_its_last_day(
    periods: tuple[Period, ...], start: str | None, end: str | None
) -> None:
    stated = STATED._replace(periods=periods)
    assert of_affiliation("RR8", stated, ("span",)) == {
        "status": ("Active",),
        "type": ("RE4",),
        "source": "RR8",
        "target": "15F",
        "start": start and start_of(start),
        "end": end and start_of(end),
        "odd": ("span",),
    }
    period = orjson.loads(r4.affiliation("RR8", stated, {})).get("period", {})
    assert period.get("start") == start


def test_an_end_on_the_last_day_of_the_calendar_is_before_the_end_of_time() -> None:
    last = (Period("Operational", "2004-04-01", "9999-12-31"),)
    found = of_affiliation("RR8", STATED._replace(periods=last), ())
    assert found["end"] == start_of("9999-12-31") + 86_400_000 - 1


def test_an_address_is_searched_in_the_parts_that_are_there() -> None:
    address = Address("A", None, "C", "LEEDS", None, "LS9 7TF", "ENGLAND", "123")
    found = fields(RR8._replace(address=address, ref_only=True), "2026-01-30")
    assert found["lines"] == ("A", "C")
    assert (found["town"], found["postcode"]) == ("LEEDS", "LS9 7TF")
    assert (found["country"], found["record_use"]) == ("ENGLAND", ("RefOnly",))


texts = st.text(min_size=1).map(lambda text: f"A{text}")
optional = st.none() | texts


@given(texts, texts, texts, st.lists(texts, min_size=8, max_size=8), optional)
def test_every_text_comes_back_as_it_was_stated(
    code: str, name: str, display: str, address: list[str], authority: str | None
) -> None:
    record = RR8._replace(
        code=code,
        name=name,
        address=Address(*address),
        assigning_authority=authority,
        contacts=(Contact("tel", name),),
    )
    body = orjson.loads(r4.organization(record, {each.id: display for each in record.roles}, {}))
    (identifier,), (place,), (telecom,) = body["identifier"], body["address"], body["telecom"]
    assert (identifier["value"], body["name"], telecom["value"]) == (code, name, name)
    assert identifier.get("assigner", {}).get("display") == authority
    assert [
        *place["line"],
        place["city"],
        place["district"],
        place["postalCode"],
        place["country"],
    ] == address[:7]
    assert place["extension"][0]["extension"][1]["valueString"] == address[7]
    target = STATED._replace(target=Target(name, None, None))
    linked = orjson.loads(r4.affiliation(code, target, {"RE4": display}))
    assert linked["organization"]["reference"] == f"Organization/{code}"
    assert linked["participatingOrganization"]["identifier"]["value"] == name
    assert linked["code"][0]["coding"][0]["display"] == display
