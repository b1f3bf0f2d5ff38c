"""XML -> organisations: every rule of a record, told alike by the pieces and by the serial reading."""

import contextlib
import hashlib
import pickle
import re
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import header, reader
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
from indexer.reader import Unreadable, check_count, head, pieces, read_piece, records
from indexer.release import Refused, open_release

SAMPLE = Path(reader.__file__).parent / "demo" / "hscorgrefdataxml_data_12.0.0_20251212000001.zip"

OPEN = '<Date><Type value="Operational"/><Start value="2001-02-03"/></Date>'
ENDED = '<Date><Type value="Operational"/><Start value="2001-02-03"/><End value="{}"/></Date>'
ORG_ID = '<OrgId root="2.16.840.1.113883.2.1.3.2.4.18.48" assigningAuthorityName="HSCIC" extension="{}"/>'
ACTIVE = '<Status value="Active"/>'
ROLE = f'<Role id="RO1" uniqueRoleId="11" primaryRole="true">{OPEN}{ACTIVE}</Role>'
TARGET = f'<Target>{ORG_ID.format("T1")}<PrimaryRoleId id="RO2" uniqueRoleId="22"/></Target>'
REL = f'<Rels><Rel id="RE1" uniqueRelId="33">{OPEN}{ACTIVE}{TARGET}</Rel></Rels>'
CODES = ("RC1", "RC2", "RO1", "RO2", "RE1")


def record(
    code="RR8",
    *,
    attributes='orgRecordClass="RC1"',
    name="<Name>A NAME</Name>",
    date=OPEN,
    org_id=ORG_ID,
    status=ACTIVE,
    change='<LastChangeDate value="2020-01-02"/>',
    place="",
    contacts="",
    roles=ROLE,
    rels="",
    succs="",
    more="",
):
    """One Organisation, on seven lines: the parts a test does not name are there and right."""
    parts = [f"{name}{date}", f"{org_id.format(code)}{status}{change}", place, contacts]
    parts += [f"<Roles>{roles}</Roles>" if roles else "", f"{rels}{succs}{more}"]
    return f"<Organisation {attributes}>" + "\n".join(parts) + "\n</Organisation>"


def document(*records, number=None, after="", end="</Organisations>\n</H:OrgRefData>\n", begin=""):
    concepts = "".join(f'<concept id="{code}" code="1" displayName="X"/>' for code in CODES)
    return (
        f"""{begin}<H:OrgRefData xmlns:H="{header.NAMESPACE}">
<Manifest><Version value="2-0-0"/><PublicationType value="Full"/><PublicationSource value="HSCIC"/>
<PublicationDate value="2025-12-11"/><PublicationSeqNum value="1"/>
<FileCreationDateTime value="2025-12-11T01:02:03"/>
<RecordCount value="{len(records) if number is None else number}"/>
<ContentDescription value="HSCOrgRefData_Full_20251211"/></Manifest>
<CodeSystems><CodeSystem name="OrganisationRole" oid="1.2">{concepts}</CodeSystem></CodeSystems>
<Organisations>
"""
        + "\n".join(records)
        + f"\n{after}{end}"
    )


FIRST = document("").count("\n") - 2  # the line of a document's first record


@pytest.fixture
def make(tmp_path):
    numbers = count()

    def make(text):
        path = tmp_path / f"x{next(numbers)}.xml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        release = open_release([path])
        return release.files[0]

    return make


def by_pieces(file, size=header.CHUNK):
    about = pickle.loads(pickle.dumps(head(file)))
    return [found for piece in pieces(file, size) for found in read_piece(about, piece)]


def read(file):
    """Read in both ways, of which the pieces may give up, and see that they say the same."""
    serial = list(records(file))
    for size in (64, 700, header.CHUNK):
        assert by_pieces(file, size) == serial
        assert list(records(file, size)) == serial
    return serial


def one(file):
    (found,) = read(file)
    return found.organisation


def warnings(file):
    return [warning for found in read(file) for warning in found.warnings]


def refused(file):
    """Return the serial reading's sentence; the pieces must say the same, or leave it to the other."""
    with pytest.raises(Refused) as serial:
        list(records(file))
    for size in (64, header.CHUNK):
        with pytest.raises((Refused, Unreadable)) as fast:
            by_pieces(file, size)
        if fast.type is not Unreadable:
            assert str(fast.value) == str(serial.value)
    return str(serial.value)


def test_every_part_of_a_record_is_read(make):
    dates = ENDED.format("2009-01-01")
    rels = f'<Rels><Rel id="RE1" uniqueRelId="33">{dates}<Status value="Inactive"/>{TARGET}</Rel></Rels>'
    succs = (
        '<Succs><Succ uniqueSuccId="44" forwardSuccession="true"><Date><Type value="Legal"/>'
        f'<Start value="2010-01-01"/></Date><Type>Predecessor</Type>{TARGET}</Succ></Succs>'
    )
    place = (
        "<GeoLoc><Location><AddrLn1>1</AddrLn1><AddrLn2>2</AddrLn2><AddrLn3>3</AddrLn3><Town>4</Town>"
        "<County>5</County><PostCode>6</PostCode><Country>7</Country><UPRN>123456789012</UPRN></Location></GeoLoc>"
    )
    contacts = '<Contacts><Contact type="fax" value="1"/><Contact type="tel" value="2"/></Contacts>'
    file = make(document(record(place=place, contacts=contacts, rels=rels, succs=succs)))
    opened = (Period("Operational", "2001-02-03", None),)
    target = Target("T1", "RO2", 22)
    assert one(file) == Organisation(
        code="RR8",
        root="2.16.840.1.113883.2.1.3.2.4.18.48",
        assigning_authority="HSCIC",
        record_class="RC1",
        ref_only=False,
        name="A NAME",
        status="Active",
        last_change="2020-01-02",
        periods=opened,
        address=Address("1", "2", "3", "4", "5", "6", "7", "123456789012"),
        contacts=(Contact("fax", "1"), Contact("tel", "2")),
        roles=(Role("RO1", 11, True, opened, "Active"),),
        relationships=(
            Relationship("RE1", 33, (Period("Operational", "2001-02-03", "2009-01-01"),), "Inactive", target),
        ),
        successions=(Succession(44, True, (Period("Legal", "2010-01-01", None),), "Predecessor", target),),
    )
    assert warnings(file) == []


def test_lines_are_right_far_beyond_those_lxml_counts(make):
    file = make(
        document(record("A1") + "\n" * 70_000, record("A2"), record("A3", status='<Status value="?"/>'))
    )
    assert refused(file).endswith(f"line {FIRST + 70_015}, A3: Status '?' is neither Active nor Inactive")


@pytest.mark.parametrize(
    "text",
    [
        document(record(name="<Name>TŶ</Name>")).encode("utf-8-sig"),
        document(record(name="<Name>TŶ</Name>")).replace("\n", "\r\n").encode(),
        document(record(name="<Name>TŶ</Name>"), begin='<?xml version="1.0" encoding="UTF-16"?>').encode(
            "utf-16"
        ),
        document(record(name="<Name>TŶ</Name>"), begin="<?xml version='1.0'?>").encode("utf-16-be"),
        document(
            record(name="<Name>T&#374;</Name>"), begin="<?xml version='1.0' encoding='us-ascii'?>"
        ).encode(),
        document(
            record(name="<Name>T\xdb</Name>"), begin="<?xml version='1.0' encoding='ISO-8859-1'?>"
        ).encode("latin-1"),
    ],
    ids=["BOM", "CRLF", "UTF-16", "UTF-16 unmarked", "ASCII", "ISO-8859-1"],
)
def test_every_encoding_a_document_declares_is_read(make, text):
    assert one(make(text)).name in ("TŶ", "TÛ")


def test_white_space_around_a_value_is_not_part_of_it_and_what_is_empty_is_absent(make):
    lines = "<Town>  A  B </Town><PostCode> HX7 7BZ </PostCode><County> </County>"
    place = f"<GeoLoc><Location>{lines}</Location></GeoLoc>"
    contacts = '<Contacts><Contact type=" tel " value=" 0 1 "/><Contact type="http" value=" "/></Contacts>'
    found = one(make(document(record(place=place, contacts=contacts, change='<LastChangeDate value=" "/>'))))
    assert found.address == Address(None, None, None, "A  B", None, "HX7 7BZ", None, None)
    assert found.contacts == (Contact("tel", "0 1"),)
    assert found.last_change is None


@pytest.mark.parametrize("place", ["", "<GeoLoc/>", "<GeoLoc><Location/></GeoLoc>"])
def test_a_record_without_location_has_no_address(make, place):
    assert one(make(document(record(place=place)))).address is None


def test_children_are_accepted_in_any_order_and_any_namespace(make):
    swapped = record(name=ROLE.join(["<Roles>", "</Roles>"]), roles="", more="<Name>LAST</Name>")
    spaced = swapped.replace("<Name>", '<n:Name xmlns:n="urn:n">').replace("</Name>", "</n:Name>")
    default = record().replace("<Organisation ", '<Organisation xmlns="urn:d" ')
    prefixed = re.sub(r"<(/?)", r"<\1H:", record())
    found = [found.organisation for found in read(make(document(swapped, spaced, default, prefixed)))]
    assert [organisation.name for organisation in found] == ["LAST", "LAST", "A NAME", "A NAME"]
    assert found[2] == found[3]


def test_a_default_namespace_at_the_root_is_ignored_below_it(make):
    text = document(record()).replace("xmlns:H", "xmlns").replace("H:OrgRefData", "OrgRefData")
    assert one(make(text)).code == "RR8"


def test_a_stub_is_a_record_with_a_flag(make):
    stub = record("S1", attributes='orgRecordClass="RC2" refOnly="true"')
    not_one = record("S2", attributes='refOnly="false" orgRecordClass="RC2"')
    assert [found.organisation.ref_only for found in read(make(document(stub, not_one)))] == [True, False]


def test_a_code_is_trimmed_and_upper_cased_also_of_a_target(make):
    rels = f'<Rels><Rel id="RE1">{OPEN}{ACTIVE}{TARGET.replace("T1", " t1 ")}</Rel></Rels>'
    found = one(make(document(record(" rr8 ", rels=rels))))
    assert (found.code, found.relationships[0].target.code) == ("RR8", "T1")


def test_statuses_that_are_missing_are_settled_by_role_and_dates(make):
    role = '<Role id="{}" uniqueRoleId="1">{}</Role>'
    roles = (
        role.format("RO1", OPEN)
        + role.format("RO2", ENDED.format("2025-12-11"))
        + role.format("RO2", ENDED.format("2025-12-12"))
        + ROLE.replace("RO1", "RO2").replace(OPEN, ENDED.format("2002-01-01")).replace("Active", "")
    )
    file = make(document(record(status="", roles=roles)))
    found = one(file)
    assert [part.status for part in found.roles] == ["Active", "Inactive", "Active", "Inactive"]
    assert found.status == "Inactive"
    assert [kind for kind, _ in warnings(file)] == ["missing_status"] * 5


def test_a_missing_status_of_a_relationship_goes_by_its_operational_end_alone(make):
    dates = ENDED.format("2002-01-01").replace("Operational", "Legal") + OPEN
    rels = f'<Rels><Rel id="RE1" uniqueRelId="1">{dates}{TARGET}</Rel></Rels>'
    file = make(document(record(rels=rels)))
    assert one(file).relationships[0].status == "Active"
    assert warnings(file) == [("missing_status", "Rel RE1")]


def test_one_role_id_may_occur_several_times_and_the_primary_one_anywhere(make):
    other = f'<Role id="RO2" uniqueRoleId="1">{OPEN}{ACTIVE}</Role>'
    found = one(make(document(record(roles=other + other.replace('"1"', '"2"') + ROLE))))
    assert [(role.id, role.unique_id) for role in found.roles] == [("RO2", 1), ("RO2", 2), ("RO1", 11)]
    assert next(role for role in found.roles if role.primary).id == "RO1"


@pytest.mark.parametrize(("marks", "primary"), [("..", 0), (".**", 1), ("**", 0)])
def test_exactly_one_role_is_primary_whatever_is_marked(make, marks, primary):
    plain = ROLE.replace(' primaryRole="true"', "")
    file = make(document(record(roles="".join(ROLE if mark == "*" else plain for mark in marks))))
    assert [role.primary for role in one(file).roles] == [at == primary for at in range(len(marks))]
    assert [kind for kind, _ in warnings(file)] == ["no_primary_role"]


def test_a_missing_unique_id_is_kept_missing_and_is_a_warning(make):
    rels = f'<Rels><Rel id="RE1">{OPEN}{ACTIVE}{TARGET}</Rel></Rels>'
    succs = f"<Succs><Succ><Type>Successor</Type><Target>{ORG_ID.format('T1')}</Target></Succ></Succs>"
    file = make(document(record(rels=rels, succs=succs, roles=ROLE.replace(' uniqueRoleId="11"', ""))))
    found = one(file)
    assert warnings(file) == [("no_role_id", "Role RO1"), ("no_relationship_id", "Rel RE1 to T1")]
    assert (found.roles[0].unique_id, found.relationships[0].unique_id) == (None, None)
    assert found.successions == (Succession(None, False, (), "Successor", Target("T1", None, None)),)


def test_contact_types_for_mail_are_one_and_unknown_ones_stay(make):
    types = ("mail", "email", "mailto", "telex")
    contacts = "".join(f'<Contact type="{kind}" value="x"/>' for kind in types)
    file = make(document(record(contacts=f"<Contacts>{contacts}</Contacts>")))
    assert [contact.type for contact in one(file).contacts] == ["mailto", "mailto", "mailto", "telex"]
    assert warnings(file) == [("unknown_code", "Contact telex")]


DATES = {
    "end_before_start": (ENDED.format("2000-01-01"), (Period("Operational", "2001-02-03", "2000-01-01"),)),
    "date_without_start": ('<Date><Type value="Legal"/><End value="2000-01-01"/></Date>' + OPEN, None),
    "repeated_date": (OPEN.replace("2001", "1999") + OPEN + OPEN.replace("2001", "2000"), None),
    "unknown_element": (
        '<Date><Type value="Odd"/><Start value="x"/></Date>'.replace("x", "2000-01-01") + OPEN,
        None,
    ),
}


@pytest.mark.parametrize("kind", DATES)
def test_what_is_odd_about_dates_is_a_warning(make, kind):
    text, expected = DATES[kind]
    file = make(document(record(date=text)))
    assert one(file).periods == (expected or (Period("Operational", "2001-02-03", None),))
    assert {found for found, _ in warnings(file)} == {kind}


def test_the_order_of_dates_is_kept_and_both_types_stand(make):
    legal = '<Date><Type value="Legal"/><Start value="2005-01-01"/></Date>'
    found = one(make(document(record(date=OPEN + legal))))
    assert [period.type for period in found.periods] == ["Operational", "Legal"]


@pytest.mark.parametrize(
    ("parts", "kind", "detail"),
    [
        ({"org_id": ORG_ID.replace("{}", "A-1")}, "odd_code", "A-1"),
        ({"roles": ROLE.replace("RO1", "RO9")}, "unknown_code", "RO9"),
        ({"roles": ROLE.replace('"11"', '"2147483648"')}, "no_role_id", "Role RO1 2147483648"),
        ({"roles": ROLE.replace(OPEN, "")}, "no_date", "Role RO1"),
        ({"rels": REL.replace(OPEN, "")}, "no_date", "Rel RE1"),
        ({"more": "<Extra><Deep/></Extra>"}, "unknown_element", "Organisation/Extra"),
        ({"attributes": 'orgRecordClass="RC1" extra="1"'}, "unknown_element", "Organisation/@extra"),
        ({"status": '<Status value="Active" x="1"/>'}, "unknown_element", "Organisation/Status/@x"),
        ({"status": ACTIVE + ACTIVE}, "unknown_element", "Organisation/Status"),
        ({"status": '<Status value="Active"><In/></Status>'}, "unknown_element", "Organisation/Status/In"),
        ({"name": "<Name x='1'>A</Name>"}, "unknown_element", "Organisation/Name/@x"),
        ({"roles": ROLE + "<Rolle/>"}, "unknown_element", "Organisation/Roles/Rolle"),
        ({"contacts": "<Contacts><Contact value='1'/></Contacts>"}, "unknown_element", None),
        (
            {"roles": ROLE.replace(ACTIVE, ACTIVE + TARGET)},
            "unknown_element",
            "Organisation/Roles/Role/Target",
        ),
    ],
)
def test_what_is_odd_about_a_record_is_a_warning(make, parts, kind, detail):
    ((found, where),) = warnings(make(document(record(**parts))))
    assert found == kind
    assert detail in (None, where)


@pytest.mark.parametrize("number", ["0", "999999999", "2147483647"])
def test_the_number_of_a_role_may_have_31_bits(make, number):
    file = make(document(record(roles=ROLE.replace('"11"', f'"{number}"'))))
    assert one(file).roles[0].unique_id == int(number)
    assert warnings(file) == []


def test_what_stands_between_records_is_a_warning_of_the_next_one(make):
    file = make(document(record("A1"), "<Other a='1'><Deep/></Other>text", record("A2")))
    assert [found.warnings for found in read(file)] == [
        (),
        (("unknown_element", "Other"), ("unknown_element", "Organisations/text")),
    ]


@pytest.mark.parametrize("after", ["<Other/>", "text", "</Organisations><More/><Organisations>"])
def test_what_stands_after_the_last_record_is_left_to_the_serial_reading_and_a_warning(make, after):
    file = make(document(record("A1"), record("A2"), after=after))
    with pytest.raises(Unreadable):
        by_pieces(file)
    first, last = records(file)
    assert first.warnings == ()
    assert {kind for kind, _ in last.warnings} == {"unknown_element"}


LINE = f"line {FIRST}, RR8: "
REFUSED = [
    ({"attributes": 'refOnly="true"'}, LINE + "a record's orgRecordClass is RC1 or RC2, this one has none"),
    ({"attributes": 'orgRecordClass="RC3"'}, "RC1 or RC2, this one has 'RC3'"),
    ({"name": ""}, LINE + "the record has no Name"),
    ({"name": "<Name> </Name>"}, "the record has no Name"),
    ({"name": f"<Name>{'A' * 4001}</Name>"}, "the Name has 4,001 characters, the limit is 4,000"),
    ({"org_id": ORG_ID.replace("HSCIC", "H" * 256)}, "the assigningAuthorityName has 256 characters"),
    ({"place": f"<GeoLoc><Location><Town>{'A' * 4001}</Town></Location></GeoLoc>"}, "the Town has 4,001"),
    ({"contacts": f'<Contacts><Contact type="tel" value="{"1" * 4001}"/></Contacts>'}, "the value has 4,001"),
    ({"roles": ROLE.replace("RO1", "RO" + "1" * 254)}, "RR8: the id has 256 characters, the limit is 255"),
    ({"roles": ""}, "the record has no Role"),
    ({"roles": "<!-- -->"}, "the record has no Role"),
    ({"date": OPEN.replace("02-03", "02-30")}, LINE + "Start '2001-02-30' is not a calendar date"),
    ({"date": OPEN.replace("2001-02-03", "20010203")}, "Start '20010203' is not a calendar date"),
    ({"date": ENDED.format("soon")}, "End 'soon' is not a calendar date"),
    ({"change": '<LastChangeDate value="2020-1-2"/>'}, f"line {FIRST + 1}, RR8: LastChangeDate '2020-1-2'"),
    ({"status": '<Status value="active"/>'}, "Status 'active' is neither Active nor Inactive"),
    ({"roles": ROLE.replace('"11"', '"1x"')}, "uniqueRoleId '1x' of Role is not an integer"),
    ({"roles": ROLE.replace('"11"', f'"{"9" * 19}"')}, "is not an integer"),
    ({"roles": ROLE.replace("RO1", " ")}, "a Role has no id"),
    ({"rels": f"<Rels><Rel>{OPEN}{TARGET}</Rel></Rels>"}, f"line {FIRST + 5}, RR8: a Rel has no type"),
    ({"rels": '<Rels><Rel id="RE1"/></Rels>'}, "the Rel RE1 has no Target with a code"),
    ({"rels": '<Rels><Rel id="RE1"><Target/></Rel></Rels>'}, "the Rel RE1 has no Target with a code"),
    ({"rels": f'<Rels><Rel id="RE1" uniqueRelId="-">{TARGET}</Rel></Rels>'}, "uniqueRelId '-' of Rel"),
    ({"succs": f"<Succs><Succ>{TARGET}</Succ></Succs>"}, "this one has no Type"),
    ({"succs": f"<Succs><Succ><Type>Sibling</Type>{TARGET}</Succ></Succs>"}, "this one has Type 'Sibling'"),
    ({"succs": "<Succs><Succ><Type>Successor</Type></Succ></Succs>"}, "a Successor has no Target"),
    (
        {"succs": f'<Succs><Succ uniqueSuccId="s"><Type>Successor</Type>{TARGET}</Succ></Succs>'},
        "uniqueSuccId 's'",
    ),
]


@pytest.mark.parametrize(("parts", "sentence"), REFUSED)
def test_a_record_that_breaks_a_rule_is_refused_with_file_line_and_code(make, parts, sentence):
    file = make(document(record("OK1"), record(**parts)).replace(record("OK1") + "\n", ""))
    said = refused(file)
    assert said.startswith(f"{file.label}, line ")
    assert ", RR8: " in said
    assert sentence in said


@pytest.mark.parametrize("code", ["", " ", "A/B", "A&#9;B", "A&#127;B", "A" * 65])
def test_a_code_that_cannot_be_served_is_refused(make, code):
    said = refused(make(document(record("A1"), record(code))))
    assert f"line {FIRST + 8}, " in said
    assert "code" in said


def test_a_record_without_any_code_is_told_by_the_one_before(make):
    said = refused(make(document(record("A1"), record(org_id=""))))
    assert said.endswith(f"line {FIRST + 7}, after A1: the record has no code: there is no OrgId")


def test_the_first_record_of_a_piece_is_told_by_the_piece_before(make):
    file = make(document(record("A1"), record("A2"), record(org_id="")))
    with pytest.raises(Unreadable):
        by_pieces(file, 64)
    assert "after A2: " in refused(file)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            document(record("A1"), record("A2", more="<Oops>")),
            "A2: malformed XML: Opening and ending tag mismatch: Oops",
        ),
        (document(record("A1"), record("A2"))[:-200], "A2: malformed XML: "),
        (document(record("A1"), record("A2"), end=""), "after A2: malformed XML: Premature end of data"),
        (document(record("A1"), record("A2")) + "<again/>", "after A2: malformed XML: Extra content"),
        (document(record("A1"), record(name="<Name>&unknown;</Name>")), "after A1: malformed XML: Entity"),
        (document(record("A1"), record(name="<Name>\x01</Name>")), "after A1: malformed XML: "),
        (document(record("A1"), record(name="<Name>").replace("<Name>", "<Name")), "after A1: malformed XML"),
    ],
)
def test_malformed_xml_is_refused_with_line_column_and_code(make, text, sentence):
    said = refused(make(text))
    assert re.search(r"x\d\.xml, line \d+, column \d+, ", said)
    assert sentence in said


def test_bytes_that_are_not_of_the_declared_encoding_are_refused(make):
    assert "malformed XML" in refused(make(document(record(name="<Name>\xdb</Name>")).encode("latin-1")))
    text = document(record(name="<Name>\xdb</Name>"), begin="<?xml version='1.0' encoding='ascii'?>")
    with pytest.raises(Refused, match=r"about byte \d+: .*, not ascii as declared"):
        make(text.encode())


@pytest.mark.parametrize(
    "trick",
    [
        "<!-- </Organisation> -->",
        "<!-- <Organisation orgRecordClass='RC1'> -->",
        "<?pi </Organisation> ?>",
        "<!-- <Organisations><Organisation > </Organisation> </Organisations> -->",
    ],
)
@pytest.mark.parametrize("where", ["name", "more"])
def test_comments_that_look_like_ends_of_records_change_nothing(make, trick, where):
    plain = [found.organisation for found in records(make(document(record("A1"), record("A2"))))]
    name = f"<Name>A{trick} NAME</Name>"
    tricky = {"name": record("A1", name=name), "more": record("A1", more=trick) + trick}[where]
    file = make(document(tricky, record("A2")))
    for size in (16, 64, header.CHUNK):
        with contextlib.suppress(Unreadable):
            assert [found.organisation for found in by_pieces(file, size)] == plain
        assert [found.organisation for found in records(file, size)] == plain


def test_cdata_that_looks_like_an_end_of_record_is_text(make):
    file = make(
        document(record(name="<Name><![CDATA[A </Organisation> <Organisation >]]></Name>"), record("A2"))
    )
    assert [found.organisation.name for found in records(file)] == [
        "A </Organisation> <Organisation >",
        "A NAME",
    ]


def test_an_organisation_inside_another_element_is_no_record(make):
    file = make(document(record("A1"), f"<Other>{record('A2')}</Other>", record("A3", more=record("A4"))))
    with pytest.raises(Unreadable):
        by_pieces(file, 64)
    assert [found.organisation.code for found in records(file)] == ["A1", "A3"]


def test_a_second_organisations_is_read_too(make):
    file = make(document(record("A1"), "</Organisations>\n<Organisations>", record("A2")))
    assert [found.organisation.code for found in records(file)] == ["A1", "A2"]


def test_a_document_without_records_has_none(make):
    file = make(document())
    assert list(pieces(file)) == []
    assert list(records(file)) == []


def test_too_many_elements_in_one_record_are_refused(make, monkeypatch):
    monkeypatch.setattr(reader, "MAX_ELEMENTS", 50)
    said = refused(make(document(record("A1"), record(more="<x/>" * 50))))
    assert f"line {FIRST + 7}, RR8: the record has " in said
    assert said.endswith("elements, the limit is 50")


def test_a_record_without_end_is_refused_before_it_fills_the_memory(make, monkeypatch):
    monkeypatch.setattr(reader, "MAX_RECORD", 5_000)
    file = make(document(record("A1"), record(more="<!-- " + " " * 9_000 + "-->")))
    with pytest.raises(Unreadable):
        by_pieces(file, 512)
    with pytest.raises(Refused, match="RR8: more than 5,000 bytes, the limit"):
        list(records(file, 512))


def test_a_value_or_a_depth_beyond_the_parsers_limits_is_refused(make):
    for parts in ({"name": f"<Name>{'A' * 10_500_000}</Name>"}, {"more": "<x>" * 3_000 + "</x>" * 3_000}):
        file = make(document(record(**parts)))
        with pytest.raises(Unreadable):
            by_pieces(file)
        with pytest.raises(Refused, match="malformed XML"):
            list(records(file))


def test_a_count_that_differs_is_refused_with_both_numbers(make):
    file = make(document(record(), number=7))
    check_count(file, 7)
    with pytest.raises(Refused, match=re.escape("RecordCount is 7, but 1 records were read")):
        check_count(file, 1)


def test_the_file_is_hashed_by_being_read(make):
    text = document(*[record("A1")] * 50).encode()
    file = make(text)
    list(pieces(file, 100))
    assert file.sha256 == hashlib.sha256(text).hexdigest()


# Generated records: written in any style, they come back as they were, cut anywhere.

word = st.text("ABC XY&'<>\"Ŷ.", min_size=1, max_size=12).map(str.strip).filter(bool)
code = st.text("ABC019", min_size=3, max_size=6)
day = st.dates().map(lambda value: value.strftime("%Y-%m-%d").zfill(10))
number = st.none() | st.integers(0, 10**9)
status = st.sampled_from(["Active", "Inactive"])
kinds = st.permutations(["Operational", "Legal"]).flatmap(
    lambda both: st.integers(1, 2).map(lambda n: both[:n])
)
period_lists = kinds.flatmap(
    lambda both: st.tuples(*(st.builds(Period, st.just(kind), day, st.none() | day) for kind in both))
)
targets = st.builds(Target, code, st.none() | st.just("RO2"), number)
addresses = st.none() | st.lists(st.none() | word, min_size=8, max_size=8).filter(any).map(
    lambda parts: Address(*parts)
)
organisations = st.builds(
    Organisation,
    code=code,
    root=st.none() | word,
    assigning_authority=st.none() | word,
    record_class=st.sampled_from(["RC1", "RC2"]),
    ref_only=st.booleans(),
    name=word,
    status=status,
    last_change=st.none() | day,
    periods=period_lists,
    address=addresses,
    contacts=st.lists(st.builds(Contact, st.sampled_from(["tel", "http", "fax"]), word), max_size=3).map(
        tuple
    ),
    roles=st.lists(
        st.builds(Role, st.just("RO1"), number, st.just(value=False), period_lists, status),
        min_size=1,
        max_size=3,
    ).map(lambda roles: (*roles[:-1], roles[-1]._replace(primary=True))),
    relationships=st.lists(
        st.builds(Relationship, st.just("RE1"), number, period_lists, status, targets), max_size=2
    ).map(tuple),
    successions=st.lists(
        st.builds(
            Succession,
            number,
            st.booleans(),
            period_lists,
            st.sampled_from(["Predecessor", "Successor"]),
            targets,
        ),
        max_size=2,
    ).map(tuple),
)


class Style:
    """Writes XML in a way of its own: quotes, order and spacing of attributes, breaks, empty elements."""

    def __init__(self, random, newline):
        self.random, self.newline = random, newline

    def gap(self):
        return self.random.choice(["", " ", self.newline, self.newline + "\t  ", "<!-- > -->"])

    def escape(self, text):
        for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
            text = text.replace(sign, entity)
        return text

    def element(self, name, content=None, **attributes):
        written = []
        for key, value in attributes.items():
            if value is not None:
                quote = self.random.choice("'\"")
                pad = self.random.choice(["", " "])
                space = self.random.choice([" ", self.newline])
                written.append(f"{space}{key}{pad}={pad}{quote}{pad}{self.escape(str(value))}{pad}{quote}")
        self.random.shuffle(written)
        start = f"<{name}{''.join(written)}{self.random.choice(['', ' ', self.newline])}"
        if content is None:
            return start + self.random.choice(["/>", f"></{name}>"])
        inner = content if isinstance(content, str) else "".join(part + self.gap() for part in content)
        return f"{start}>{self.gap()}{inner}{self.gap()}</{name}{self.random.choice(['', ' '])}>"

    def text(self, name, text):
        return [] if text is None else [self.element(name, self.escape(text))]

    def value(self, name, value):
        return [] if value is None else [self.element(name, value=value)]

    def dates(self, periods):
        return [
            self.element(
                "Date",
                [
                    *self.value("Type", each.type),
                    *self.value("Start", each.start),
                    *self.value("End", each.end),
                ],
            )
            for each in periods
        ]

    def target(self, target):
        role = {"id": target.primary_role, "uniqueRoleId": target.unique_role_id}
        parts = [self.element("OrgId", extension=target.code)]
        parts += (
            []
            if not any(value is not None for value in role.values())
            else [self.element("PrimaryRoleId", **role)]
        )
        return self.element("Target", parts)

    def many(self, name, parts):
        return [self.element(name, parts)] if parts else []

    def organisation(self, it):
        lines = ("AddrLn1", "AddrLn2", "AddrLn3", "Town", "County", "PostCode", "Country", "UPRN")
        roles = [
            self.element(
                "Role",
                [*self.dates(role.periods), *self.value("Status", role.status)],
                id=role.id,
                uniqueRoleId=role.unique_id,
                primaryRole="true" if role.primary else None,
            )
            for role in it.roles
        ]
        rels = [
            self.element(
                "Rel",
                [*self.dates(rel.periods), *self.value("Status", rel.status), self.target(rel.target)],
                id=rel.id,
                uniqueRelId=rel.unique_id,
            )
            for rel in it.relationships
        ]
        succs = [
            self.element(
                "Succ",
                [*self.dates(succ.periods), *self.text("Type", succ.type), self.target(succ.target)],
                uniqueSuccId=succ.unique_id,
                forwardSuccession="true" if succ.forward else None,
            )
            for succ in it.successions
        ]
        address = (
            [
                self.element(
                    "GeoLoc",
                    [
                        self.element(
                            "Location",
                            [
                                part
                                for key, text in zip(lines, it.address, strict=True)
                                for part in self.text(key, text)
                            ],
                        )
                    ],
                )
            ]
            if it.address
            else []
        )
        parts = [
            self.element(
                "OrgId", root=it.root, assigningAuthorityName=it.assigning_authority, extension=it.code
            ),
            *self.text("Name", it.name),
            *self.value("Status", it.status),
            *self.value("LastChangeDate", it.last_change),
            *address,
            *self.many(
                "Contacts",
                [self.element("Contact", type=each.type, value=each.value) for each in it.contacts],
            ),
            *self.many("Roles", roles),
            *self.many("Rels", rels),
            *self.many("Succs", succs),
        ]
        self.random.shuffle(parts)
        for dates in self.dates(it.periods):
            parts.append(dates)  # noqa: PERF402 - in order, wherever
        return self.element(
            "Organisation", parts, orgRecordClass=it.record_class, refOnly="true" if it.ref_only else None
        )


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    st.lists(organisations, min_size=1, max_size=5),
    st.randoms(use_true_random=False),
    st.booleans(),
    st.integers(1, 3_000),
)
def test_generated_records_come_back_equal_however_written_and_cut(make, wanted, random, windows, size):
    style = Style(random, "\r\n" if windows else "\n")
    text = document(*(style.organisation(each) for each in wanted)).encode()
    file = make(text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if windows else text)
    serial = list(records(file, size))
    assert [found.organisation for found in serial] == wanted
    assert by_pieces(file, size) == serial


# The sample: what it shows is asserted by code.


@pytest.fixture(scope="module")
def sample():
    with open_release([SAMPLE]) as release:
        return [by_pieces(file) for file in release.files]


@pytest.fixture(scope="module")
def full(sample):
    return {found.organisation.code: found.organisation for found in sample[0]}


@pytest.fixture(scope="module")
def archive(sample):
    return {found.organisation.code: found.organisation for found in sample[1]}


def test_the_sample_is_read_whole_and_alike_in_both_ways(sample):
    assert [len(found) for found in sample] == [2455, 104]
    assert [sum(each.organisation.ref_only for each in found) for found in sample] == [28, 32]
    with open_release([SAMPLE]) as release:
        for file, found in zip(release.files, sample, strict=True):
            assert list(records(file)) == found
            check_count(file, len(found))


def test_the_sample_has_no_warnings_but_the_regions_without_status(sample):
    odd = [(found.organisation.code, found.warnings) for found in sample[0] if found.warnings]
    assert odd == [(code, (("missing_status", "Organisation"),)) for code in ("Y58", "Y63")]


def test_a_region_without_status_has_that_of_its_primary_role(full):
    assert [full[code].status for code in ("Y58", "Y63")] == ["Active", "Active"]


def test_operational_may_come_before_legal_in_all_three_places(full):
    both = (Period("Operational", "2019-10-25", None), Period("Legal", "2020-04-01", None))
    found = full["ZXA02"]
    assert (found.periods, found.roles[0].periods, found.relationships[0].periods) == (both, both, both)


def test_a_legal_period_may_be_over_while_a_record_is_active(full):
    assert (full["ZXA03"].status, full["ZXA03"].periods[0].end) == ("Active", "2013-03-31")
    assert full["5N424"].periods == (
        Period("Legal", "1980-01-01", "2013-03-31"),
        Period("Operational", "2012-04-02", None),
    )
    assert full["15F"].status == "Active"


def test_a_closure_in_the_future_a_single_day_and_a_filler_are_kept_as_they_are(full):
    assert full["ZXA04"].status == "Active"
    assert full["ZXA04"].periods[0].end > "2025-12-11"
    assert full["ZXA05"].periods[0].start == full["ZXA05"].periods[0].end
    assert full["ZXA14"].periods[0].start == "1900-01-01"


def test_a_role_may_end_on_another_day_than_its_organisation(full, archive):
    ymg = {**archive, **full}["YGM10"]
    assert (ymg.periods[0].end, ymg.roles[0].periods[0].end) == ("2015-06-30", "2015-07-01")
    assert archive["ZXA17"].periods[0].end != archive["ZXA17"].roles[0].periods[0].end


def test_the_status_of_a_part_need_not_agree_with_its_owner(full, archive):
    found = {**archive, **full}["ZXA06"]
    assert (found.status, "Active" in {each.status for each in found.relationships}) == ("Inactive", True)
    assert full["ZXA07"].relationships[0].status == "Active"


def test_a_role_may_be_held_three_times_and_the_primary_one_be_last(full):
    assert [role.id for role in full["ZXA01"].roles].count("RO270") == 3
    assert full["ZXA15"].roles[-1].primary


def test_addresses_may_have_holes_blanks_or_nothing_but_a_country(full):
    channel, country, blanks = (full[code].address for code in ("ZXA08", "ZXA09", "ZXA10"))
    assert (channel.line2, channel.postcode, channel.line3 is None) == (None, None, False)
    assert [part for part in country if part] == [country.country]
    assert (blanks.line2, blanks.postcode) == ("EXAMPLE ROAD", "ZZ99 3VZ")


def test_names_may_hold_every_sign_and_letters_beyond_ascii(full):
    assert {*"&'(),-./:@_[]"} <= {*full["ZXA11"].name}
    assert full["ZXA12"].name == "MEDDYGFA TŶ GWYRDD (EXAMPLE)"


def test_contacts_are_of_four_types_repeat_and_keep_their_order(full):
    types = [contact.type for contact in full["ZXA13"].contacts]
    assert ({*types}, len(types)) == ({"tel", "fax", "http", "mailto"}, 5)
    assert [contact.type for contact in full["RR8"].contacts][:2] == ["fax", "tel"]
    assert len(full["ZXA16"].address.uprn) == 12


def test_a_code_may_be_in_both_files_or_twice_in_one(sample, full, archive):
    assert full["ZXA18"].name != archive["ZXA18"].name
    twice = [each.organisation for each in sample[1] if each.organisation.code == "ZXA19"]
    assert len(twice) == 2
    assert "ZXA19" in {each.target.code for found in twice for each in found.successions}


def test_stubs_carry_a_flag_in_either_file(full, archive):
    assert full["5N1"].ref_only
    assert {code for code in ("4RK71", "8GW80", "YGM41") if {**full, **archive}[code].ref_only} == {
        "4RK71",
        "8GW80",
        "YGM41",
    }


def test_successions_are_one_sided_many_or_forward_as_the_data_says(full, archive):
    both = {**archive, **full}
    assert [each.forward for each in both["YGM10"].successions] == [False, True]
    assert len([each for each in full["52R"].successions if each.type == "Predecessor"]) == 6
    assert "RRK" in {each.target.code for each in both["RR1"].successions}
    assert "RR1" not in {each.target.code for each in both["RRK"].successions}


def test_an_integrated_care_board_keeps_its_ended_role_beside_the_open_one(full):
    roles = {role.id: (role.status, role.primary) for role in full["QWO"].roles}
    assert roles == {"RO261": ("Active", True), "RO262": ("Inactive", False), "RO318": ("Active", False)}
    assert [role.id for role in full["15F"].roles if role.primary] == ["RO98"]
