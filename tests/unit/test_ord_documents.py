"""ORD's documents of a record, to the byte, and the XML that is made of them."""

# ruff: noqa: E501 - bodies of one line

import json

import pytest

from app.ord import xml
from app.ord.systems import SYSTEMS
from indexer.documents import ord as ord_
from indexer.organisation import Address, Contact, Period, Relationship, Role, Succession, Target
from tests.unit.test_convert import OPEN, RECORD

LEGAL_FIRST = (Period("Legal", "1998-04-01", "2020-01-01"), Period("Operational", "1997-01-01", None))
FULL = RECORD._replace(
    code="ZX1",
    ref_only=True,
    name='É & "SONS" <LTD>',
    periods=LEGAL_FIRST,
    address=Address(None, None, "LINE 3", "LEEDS", None, "LS1 4AP", "ENGLAND", "100012345678"),
    contacts=(Contact("fax", '"1" & 2'), Contact("tel", "2"), Contact("tel", "3")),
    roles=(
        Role("RO57", None, False, LEGAL_FIRST, "Inactive"),
        Role("RO197", 0, True, OPEN, "Active"),
    ),
    relationships=(Relationship("RE5", 7, OPEN, "Active", Target("QWO", None, None)),),
    successions=(
        Succession(9, True, (Period("Legal", "2004-04-01", None),), "Predecessor", Target("RGX", "RO197", 5)),
    ),
)
SCHEME = '"root": "2.16.840.1.113883.2.1.3.2.4.18.48", "assigningAuthorityName": "HSCIC"'
DATES = '[{"Type": "Operational", "Start": "1997-01-01"}, {"Type": "Legal", "Start": "1998-04-01", "End": "2020-01-01"}]'
JSON = (
    '{"Organisation": {"Name": "\\u00c9 & \\"SONS\\" <LTD>", '
    f'"Date": {DATES}, '
    f'"OrgId": {{{SCHEME}, "extension": "ZX1"}}, '
    '"Status": "Active", "LastChangeDate": "2026-01-02", "orgRecordClass": "RC1", "refOnly": true, '
    '"GeoLoc": {"Location": {"AddrLn1": "LINE 3", "Town": "LEEDS", "PostCode": "LS1 4AP", "Country": "ENGLAND", "UPRN": 100012345678}}, '
    '"Contacts": {"Contact": [{"type": "fax", "value": "\\"1\\" & 2"}, {"type": "tel", "value": "2"}, {"type": "tel", "value": "3"}]}, '
    f'"Roles": {{"Role": [{{"id": "RO57", "Date": {DATES}, "Status": "Inactive"}}, '
    '{"id": "RO197", "uniqueRoleId": 0, "primaryRole": true, "Date": [{"Type": "Operational", "Start": "2004-04-01"}], "Status": "Active"}]}, '
    '"Rels": {"Rel": [{"Date": [{"Type": "Operational", "Start": "2004-04-01"}], "Status": "Active", '
    f'"Target": {{"OrgId": {{{SCHEME}, "extension": "QWO"}}}}, "id": "RE5", "uniqueRelId": 7}}]}}, '
    '"Succs": {"Succ": [{"uniqueSuccId": 9, "Date": [{"Type": "Legal", "Start": "2004-04-01"}], "Type": "Predecessor", '
    f'"Target": {{"OrgId": {{{SCHEME}, "extension": "RGX"}}, "PrimaryRoleId": {{"id": "RO197", "uniqueRoleId": 5}}}}, "forwardSuccession": true}}]}}}}}}'
)
ORG_ID = '<OrgId root="2.16.840.1.113883.2.1.3.2.4.18.48" assigningAuthorityName="HSCIC" extension='
OPERATIONAL = '<Date><Type value="Operational"/><Start value="2004-04-01"/></Date>'
XML_DATES = '<Date><Type value="Operational"/><Start value="1997-01-01"/></Date><Date><Type value="Legal"/><Start value="1998-04-01"/><End value="2020-01-01"/></Date>'
XML = (
    "<?xml version='1.0' encoding='UTF-8'?>"
    '<Organisation orgRecordClass="RC1" refOnly="true"><Name>É &amp; "SONS" &lt;LTD&gt;</Name>'
    f'{XML_DATES}{ORG_ID}"ZX1"/><Status value="Active"/><LastChangeDate value="2026-01-02"/>'
    "<GeoLoc><Location><AddrLn1>LINE 3</AddrLn1><Town>LEEDS</Town><PostCode>LS1 4AP</PostCode><Country>ENGLAND</Country><UPRN>100012345678</UPRN></Location></GeoLoc>"
    '<Contacts><Contact type="fax" value="&quot;1&quot; &amp; 2"/><Contact type="tel" value="2"/><Contact type="tel" value="3"/></Contacts>'
    f'<Roles><Role id="RO57">{XML_DATES}<Status value="Inactive"/></Role>'
    f'<Role id="RO197" uniqueRoleId="0" primaryRole="true">{OPERATIONAL}<Status value="Active"/></Role></Roles>'
    f'<Rels><Rel id="RE5" uniqueRelId="7">{OPERATIONAL}<Status value="Active"/><Target>{ORG_ID}"QWO"/></Target></Rel></Rels>'
    '<Succs><Succ uniqueSuccId="9" forwardSuccession="true"><Date><Type value="Legal"/><Start value="2004-04-01"/></Date><Type>Predecessor</Type>'
    f'<Target>{ORG_ID}"RGX"/><PrimaryRoleId id="RO197" uniqueRoleId="5"/></Target></Succ></Succs></Organisation>'
)


def test_a_record_is_written_to_the_byte() -> None:
    assert ord_.record(FULL).decode() == JSON


def test_its_xml_is_written_to_the_byte() -> None:
    assert xml.record(json.loads(JSON)).decode() == XML


@pytest.mark.parametrize(
    ("lines", "written"),
    [
        (("A", "B", "C"), {"AddrLn1": "A", "AddrLn2": "B", "AddrLn3": "C"}),
        (("A", None, "C"), {"AddrLn1": "A", "AddrLn2": "C"}),
        ((None, "B", "C"), {"AddrLn1": "B", "AddrLn2": "C"}),
        (("A", "", None), {"AddrLn1": "A"}),
        ((None, None, "C"), {"AddrLn1": "C"}),
        ((None, None, None), {}),
    ],
)
def test_address_lines_are_closed_up(lines: tuple[str | None, ...], written: dict[str, str]) -> None:
    address = Address(*lines, "LEEDS", None, "LS1 4AP", None, None)
    location = json.loads(ord_.record(RECORD._replace(address=address)))["Organisation"]["GeoLoc"]["Location"]
    assert list(location.items()) == [*written.items(), ("Town", "LEEDS"), ("PostCode", "LS1 4AP")]


def test_what_a_record_lacks_is_left_out() -> None:
    bare = RECORD._replace(
        periods=(), last_change=None, address=None, contacts=(), relationships=(), successions=()
    )
    (body,) = json.loads(ord_.record(bare)).values()
    assert list(body) == ["Name", "OrgId", "Status", "orgRecordClass", "Roles"]
    assert json.loads(ord_.summary(bare, {})) == {
        "Name": "LEEDS TEACHING HOSPITALS",
        "OrgId": "RR8",
        "Status": "Active",
        "OrgRecordClass": "RC1",
        "PrimaryRoleId": "RO197",
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("72666252", 72666252),
        ("999999999999", 999999999999),
        ("1000000000000", "1000000000000"),
        ("0123", "0123"),
        ("0", "0"),
        ("12A", "12A"),
        ("-12", "-12"),
        ("1.5", "1.5"),
        ("\u0661\u0662", "\u0661\u0662"),
    ],
)
def test_a_uprn_is_a_number_where_nothing_is_lost_by_it(text: str, value: int | str) -> None:
    placed = RECORD._replace(address=Address(*[None] * 7, text))
    body = json.loads(ord_.record(placed))
    assert body["Organisation"]["GeoLoc"] == {"Location": {"UPRN": value}}


def test_a_summary_is_what_lists_have_without_its_link() -> None:
    assert ord_.summary(FULL, {"RO197": "NHS TRUST"}).decode() == (
        '{"Name": "\\u00c9 & \\"SONS\\" <LTD>", "OrgId": "ZX1", "Status": "Active", "OrgRecordClass": "RC1", '
        '"PostCode": "LS1 4AP", "LastChangeDate": "2026-01-02", "PrimaryRoleId": "RO197", "PrimaryRoleDescription": "NHS TRUST"}'
    )


def test_code_systems_are_in_order_of_number_and_roles_say_whether_they_are_primary() -> None:
    concepts = {
        "OrganisationRole": {"RO98": "CCG", "RO197": "NHS TRUST", "RO9": "X", "RO": ""},
        "OrganisationRelationship": {},
        "OrganisationRecordClass": {"RC1": "HSCOrg"},
    }
    bodies = {entry.id: json.loads(entry.documents["ord"]) for entry in ord_.code_lists(concepts, {"RO197"})}
    assert bodies["roles"] == {
        "Roles": [
            {"id": "RO", "code": "RO", "primaryRole": "false"},
            {"id": "RO9", "code": "9", "displayName": "X", "primaryRole": "false"},
            {"id": "RO98", "code": "98", "displayName": "CCG", "primaryRole": "false"},
            {"id": "RO197", "code": "197", "displayName": "NHS TRUST", "primaryRole": "true"},
        ]
    }
    assert bodies["roles/RO98"] == {"Roles": bodies["roles"]["Roles"][2:3]}
    assert bodies["rels"] == {"Relationships": []}
    assert bodies["recordclasses/RC1"] == {
        "RecordClasses": [{"id": "RC1", "code": "1", "displayName": "HSCOrg"}]
    }


def test_in_the_xml_of_code_systems_every_key_is_an_element() -> None:
    body = {"Relationships": [{"id": "RE6", "code": "6", "displayName": "A & B"}]}
    assert xml.code_system(SYSTEMS["rels"], body).decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>"
        '<CodeSystem oid="2.16.840.1.113883.2.1.3.2.4.17.508" name="OrganisationRelationship">'
        "<Relationships><Relationship><id>RE6</id><code>6</code><displayName>A &amp; B</displayName></Relationship></Relationships></CodeSystem>"
    )


def test_a_deletion_says_who_and_from_which_release_on() -> None:
    entry = ord_.deletion("I8M8X", "RO96", "2023-09-01")
    assert (entry.id, entry.fields) == ("I8M8X", {"missed": 1_693_526_400_000})
    assert entry.documents["ord"] == (
        b'{"OrgID": "I8M8X", "PrimaryRoleId": "RO96", "time": "2023-09-01 00:00:00", '
        b'"type": {"code": 1, "description": "Machine"}}'
    )
