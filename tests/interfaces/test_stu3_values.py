"""Values of parameters that are refused, each in the words of its table, and those just inside the limits."""

import pytest

from tests.interfaces.helpers import ask, faults, ok, post
from tests.interfaces.oracle import ODS_CODE, ROLE_CS

CITY = (
    "Supplied address-city contains invalid characters, "
    "valid characters include:  , . ' and alphabetical characters"
)
POSTCODE = "Supplied address-postalcode contains invalid characters, alphanumeric characters only"
ID = "Supplied _id must be just alphanumeric characters."
IDENTIFIER_SYSTEM = f"Invalid ods-org-role parameter. Should be {ODS_CODE}"
IDENTIFIER = "Supplied identifier must be just alphanumeric characters."
ROLE_SYSTEM = f"Invalid ods-org-role parameter. Should be {ROLE_CS}."
ROLE = "Invalid FHIR ods-org-role parameter"
PRIMARY = "Invalid FHIR ods-org-primaryRole parameter. Must be true or false."
ROLE_MISSING = "ods-org-role is a mandatory argument in all queries containing a ods-org-primaryRole term."
COUNT = "Supplied limit is invalid, the parameter must take an integer between 0 and 20"
PAGE = "page must be a number larger than 0"
SHORT_NAME = "Supplied name needs a minimum of 3 Characters."
SHORT_POSTCODE = "Supplied address-postalcode is too short, min 2 characters"
SHORT_CITY = "Supplied address-city is too short, min 3 characters"
OLD_ROLE_CS = "https://fhir.nhs.uk/FHIR/STU3/CodeSystem/ODSAPI-OrganizationRole-1"
A76, A101, E101, NINES = "a" * 76, "a" * 101, "é" * 101, "9" * 999

INVALID_VALUES = {
    ID: """
        _id=RR-8 _id=RR%208 _id=RR8, _id=,RR8 _id=, _id=RR8,,N81082 _id=É _id=%EF%BC%91 _id=RR8|RR8 _id=RR8/..
        _id:not=* _id=%0ARR8 _id=RR8%0A _id=RR8,%20 _id='--""",
    SHORT_NAME: """
        name=a name=ab name=%20ab%20 name=leeds,ab name=%20%20a%20 name=É%20 name=a%5C, name=%C2%A3""",
    "Supplied name:contains needs a minimum of 3 Characters.": "name:contains=ab name%3Acontains=ab",
    "Supplied name:exact needs a minimum of 3 Characters.": "name:exact=ab",
    "Supplied name too long, max 100 Characters.": f"name={A101} name={E101} name=leeds,{A101}",
    "Supplied name:contains too long, max 100 Characters.": f"name:contains={A101}",
    "Supplied name:exact too long, max 100 Characters.": f"name:exact={A101}",
    "Supplied name has invalid Character/s": r"""
        name=a*c name=100%25 name=a%23bc name=a%3Db name=a%3Fbc name=a<b> name=%7Babc name=abc\| name=abc\$
        name=abc\\ name=abc%C2%A3 name=ab%01c name=abc%0Adef name=abc%09def name=%F0%9F%8F%A5abc
        name=abc%E2%80%9C name=%CC%81abc""",
    "Supplied name:contains has invalid Character/s": "name:contains=abc* name:contains=^abc",
    "Supplied name:exact has invalid Character/s": "name:exact=abc~",
    SHORT_POSTCODE: """
        address-postalcode=L address-postalcode:contains=1 address-postalcode:exact=L
        address-postalcode=%20L%20
        address-postalcode=LS1,L address-postalcode=-""",
    "Supplied address-postalcode is too long, max 8 characters": """
        address-postalcode=LS1234567 address-postalcode:contains=LS1%20%20%204AP
        address-postalcode:exact=LS1234567""",
    POSTCODE: r"""
        address-postalcode=LS-1 address-postalcode:contains=S1* address-postalcode:exact=LS%091
        address-postalcode=L%C3%89 address-postalcode=LS%EF%BC%91 address-postalcode=LS1%25
        address-postalcode=LS1\,""",
    SHORT_CITY: """
        address-city=ab address-city:contains=le address-city:exact=ab address-city=leeds,yo""",
    "Supplied address-city is too long, max 75 characters": f"""
        address-city={A76} address-city:contains={A76} address-city:exact={A76}""",
    CITY: """
        address-city=leeds1 address-city:contains=a%26bc address-city:exact=(abc) address-city=abc_
        address-city=%F0%9F%8F%A5abc address-city=a/b""",
    "Invalid FHIR active parameter": """
        active=True active=TRUE active=1 active=yes active=true, active=, active=|true active:not=no
        active=true,x active=%22true%22 active=%20true""",
    "Invalid active:missing parameter. Must be true or false.": """
        active:missing=True active:missing=1 active:missing=true,false""",
    **{
        f"Invalid {name}:missing parameter. Must be true or false.": f"{name}:missing=x"
        for name in (
            *("name", "_id", "_lastUpdated", "identifier", "ods-org-role"),
            *("address-city", "address-postalcode"),
        )
    },
    COUNT: f"""
        _count=21 _count=-1 _count=%2B1 _count=+1 _count=1.0 _count=1e1 _count=abc _count=0x1 _count=%D9%A1
        _count=1, _count={NINES} _count=1%2020 _count=1%20""",
    PAGE: """_page=0 _page=-1 _page=%2B1 _page=abc _page=1.5 _page=000 _page=%C2%B2 _page=1%20
        _page=1000000001 _page=9999999999999999999 _page="""
    + NINES,
    "Invalid _summary parameter.": "_summary=True _summary=count,true _summary=x _summary=TEXT",
    "Invalid _total parameter.": "_total=x _total=None _total=none,accurate",
    'Unknown sort key "active": use _id, _lastUpdated or name': """
        _sort=active _sort=-active _sort=name,active _sort=-name,-active,x""",
    'Unknown sort key "-name": use _id, _lastUpdated or name': "_sort=--name",
    'Unknown sort key "Name": use _id, _lastUpdated or name': "_sort=Name",
    'Unknown dialect specified "turtle"': "_format=turtle _format=turtle&foo=bar",
    'Unknown dialect specified "text/html"': "_format=text/html",
}

OTHER_FAULTS = {
    ("INVALID_IDENTIFIER_SYSTEM", IDENTIFIER_SYSTEM): f"""
        identifier=x|RR8 identifier=|RR8 identifier=| identifier={ODS_CODE.upper()}|RR8 identifier=RR8,x|RR8
        identifier:not=x|RR8 identifier=x|RR8|RR8""",
    ("INVALID_IDENTIFIER_VALUE", IDENTIFIER): rf"""
        identifier=RR-8 identifier=RR8, identifier=, identifier={ODS_CODE}| identifier={ODS_CODE}|RR8|
        identifier={ODS_CODE}|%20 identifier={ODS_CODE}|RR8|RR8 identifier=RR\|8 identifier=É
        identifier:not=%22""",
    ("INVALID_CODE_SYSTEM", ROLE_SYSTEM): f"""
        ods-org-role=x|197 ods-org-role=|197 ods-org-role={OLD_ROLE_CS}|197 ods-org-role=197,x|198
        ods-org-role:not=x|197 ods-org-role={ROLE_CS.lower()}|197""",
    ("INVALID_CODE_VALUE", ROLE): f"""
        ods-org-role=RO197 ods-org-role=197, ods-org-role=, ods-org-role=,197 ods-org-role={ROLE_CS}|
        ods-org-role={ROLE_CS}|RO197 ods-org-role={ROLE_CS}|197|198 ods-org-role={ROLE_CS}|197|
        ods-org-role:not=x ods-org-role=-1 ods-org-role=1.5 ods-org-role=%D9%A1 ods-org-role=1%201
        ods-org-role=197,%20 ods-org-role=%09197""",
    ("INVALID_VALUE", PRIMARY): """
        ods-org-role=197&ods-org-primaryRole=True ods-org-role=197&ods-org-primaryRole=true,false
        ods-org-primaryRole=1&ods-org-role=197""",
    ("INVALID_PARAMETER", ROLE_MISSING): """
        ods-org-primaryRole=true ods-org-primaryRole=false&name=leeds ods-org-primaryRole=true&ods-org-role=
        ods-org-primaryRole=true&ods-org-role:missing=false""",
    ("INVALID_PARAMETER", "Only one ods-org-primaryRole parameter should be supplied"): """
        ods-org-role=1&ods-org-primaryRole=true&ods-org-primaryRole=true""",
}
TWICE = """
    _count=5 _page=1 _summary=true _elements=name _sort=name _total=none _format=json
    _pretty=true _totalMethod=x
    _generation=2020-01-01.1"""
UNKNOWN = """
    nam Name NAME name:text name:not name:contains:exact name: :contains active:exact _id:exact _id:in _ID
    identifier:of-type ods-org-role:text ods-org-PrimaryRole ods-org-primaryrole ods-org-primaryRole:not
    ods-org-primaryRole:missing _count:missing _page:not _summary:exact _sort:desc _format:x _lastUpdated:not
    _lastUpdated:exact address address-country address-state address-use endpoint partof partof.name phonetic
    type url mode _profile _tag _security _text _content _list _has _has:Organization:x:y _include
    _include:iterate _revinclude _type _query _filter _source _since _offset _containedType"""

ROWS = [
    *((("INVALID_VALUE", text), sent) for text, table in INVALID_VALUES.items() for sent in table.split()),
    *((fault, sent) for fault, table in OTHER_FAULTS.items() for sent in table.split()),
    *(
        (("INVALID_PARAMETER", f"Repeated {sent.partition('=')[0]} argument."), f"{sent}&{sent}")
        for sent in TWICE.split()
    ),
    *(
        (("INVALID_PARAMETER", f"Unknown argument found - {name}"), sent)
        for name in UNKNOWN.split()
        for sent in (name, f"{name}=", f"{name}=x")
    ),
]


@pytest.mark.parametrize(("fault", "parameters"), ROWS)
def test_a_fault_is_told_alone_and_in_the_words_of_its_table(client, fault, parameters):
    assert faults(ask(client, f"Organization?{parameters}")) == [fault]


@pytest.mark.parametrize("value", [r"leeds\x", "leeds\\", r"\leeds", r"a\,b\c"])
@pytest.mark.parametrize(
    "name",
    [
        *("name", "name:contains", "name:exact", "address-city", "address-postalcode"),
        *("_id", "identifier", "ods-org-role", "active"),
    ],
)
def test_a_backslash_escapes_a_separator_or_is_a_fault(client, name, value):
    text = (
        f"Supplied {name} has an invalid escape: "
        "a backslash stands only before a comma, a dollar sign, a bar or a backslash"
    )
    assert faults(ask(client, f"Organization?{name}={value}")) == [("INVALID_VALUE", text)]


JUST_INSIDE = r"""
    name=abc name=%20abc%20 name=a-b_c.d/e:f@g(h)'%2B%26;%22[]! name=a\,b name=東京都 name=שלום name=हिन्दी
    address-postalcode=LS address-postalcode=LS1%20%204AP address-postalcode=%20LS161AA%20 address-city=abc
    address-city=St.%20Mary's-on-the-Hill\,%20Ärö _count=20 _count=0 _count=007 _page=1
    _page=1000000000 _page=00000000001000000000 _total=estimate _totalMethod=x,y
    _sort=_id,-_lastUpdated,name _elements=a,b
    _pretty=false _summary=data"""


@pytest.mark.parametrize(
    "parameters",
    [
        *JUST_INSIDE.split(),
        f"name={A101[:100]}",
        "name=" + "e\u0301" * 100,
        f"address-city={A76[:75]}",
    ],
)
def test_what_stands_just_inside_the_limits_is_answered(client, parameters):
    assert ok(client, f"Organization?{parameters}")["type"] == "searchset"


def test_all_faults_are_told_together_in_their_order(client):
    parameters = (
        "_total=x&_summary=x&_page=0&_count=99&zzz=1&_id=-&_id=+-&identifier=-&_lastUpdated=x"
        "&ods-org-role=RO1&ods-org-role=x|1&ods-org-primaryRole=x&ods-org-primaryRole=true&active=x"
        "&address-city:exact=1&address-city:contains=1&address-city=1&address-postalcode:exact=-"
        "&address-postalcode:contains=-&address-postalcode=-&name:exact=a&name:contains=a&name=a&name=b"
        "&aaa=1&zzz=2&_count=98"
    )
    expected = [
        ("INVALID_PARAMETER", "Unknown argument found - zzz"),
        ("INVALID_PARAMETER", "Only one ods-org-primaryRole parameter should be supplied"),
        ("INVALID_PARAMETER", "Unknown argument found - aaa"),
        ("INVALID_PARAMETER", "Repeated _count argument."),
        *[("INVALID_VALUE", SHORT_NAME)] * 2,
        ("INVALID_VALUE", SHORT_NAME.replace("name", "name:contains")),
        ("INVALID_VALUE", SHORT_NAME.replace("name", "name:exact")),
        *[("INVALID_VALUE", SHORT_POSTCODE)] * 3,
        *[("INVALID_VALUE", SHORT_CITY)] * 3,
        ("INVALID_VALUE", "Invalid FHIR active parameter"),
        ("INVALID_VALUE", PRIMARY),
        ("INVALID_CODE_VALUE", ROLE),
        ("INVALID_CODE_SYSTEM", ROLE_SYSTEM),
        ("INVALID_VALUE", "Supplied date is invalid"),
        ("INVALID_IDENTIFIER_VALUE", IDENTIFIER),
        *[("INVALID_VALUE", ID)] * 2,
        *[("INVALID_VALUE", COUNT)] * 2,
        ("INVALID_VALUE", PAGE),
        ("INVALID_VALUE", "Invalid _summary parameter."),
        ("INVALID_VALUE", "Invalid _total parameter."),
    ]
    assert faults(ask(client, f"Organization?{parameters}")) == expected
    assert faults(post(client, "Organization/_search", parameters)) == expected
    assert faults(ask(client, f"Organization?{parameters}&_format=xml")) == expected


def test_faults_of_one_parameter_stand_in_the_order_of_the_request(client):
    parameters = "identifier=RR-8&ods-org-role=x|1&identifier=x|RR8&ods-org-role=RO1&name=a*c&name=ab"
    assert faults(ask(client, f"Organization?{parameters}")) == [
        ("INVALID_VALUE", "Supplied name has invalid Character/s"),
        ("INVALID_VALUE", SHORT_NAME),
        ("INVALID_CODE_SYSTEM", ROLE_SYSTEM),
        ("INVALID_CODE_VALUE", ROLE),
        ("INVALID_IDENTIFIER_VALUE", IDENTIFIER),
        ("INVALID_IDENTIFIER_SYSTEM", IDENTIFIER_SYSTEM),
    ]


def test_a_primary_role_without_a_role_is_told_first(client):
    assert faults(ask(client, "Organization?zzz=1&name=a&ods-org-primaryRole=x")) == [
        ("INVALID_PARAMETER", ROLE_MISSING),
        ("INVALID_PARAMETER", "Unknown argument found - zzz"),
        ("INVALID_VALUE", SHORT_NAME),
        ("INVALID_VALUE", PRIMARY),
    ]


def test_a_pair_has_one_fault_the_first_of_its_table(client):
    assert faults(ask(client, "Organization?name=%C2%A3&name=a*c,b*d")) == [
        ("INVALID_VALUE", SHORT_NAME),
        ("INVALID_VALUE", "Supplied name has invalid Character/s"),
    ]


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ("name:text=leeds", ("INVALID_PARAMETER", "Unknown argument found - name:text")),
        ("_query=x", ("INVALID_PARAMETER", "Unknown argument found - _query")),
        ("name=a", ("INVALID_VALUE", SHORT_NAME)),
        ("_count=x", ("INVALID_VALUE", COUNT)),
        ("_count=1&_count=1", ("INVALID_PARAMETER", "Repeated _count argument.")),
        ("identifier=x|RR8", ("INVALID_IDENTIFIER_SYSTEM", IDENTIFIER_SYSTEM)),
        ("ods-org-primaryRole=true", ("INVALID_PARAMETER", ROLE_MISSING)),
        ("_format=x", ("INVALID_VALUE", 'Unknown dialect specified "x"')),
    ],
)
def test_lenient_handling_still_refuses_modifiers_bad_values_and_operations(client, parameters, fault):
    response = ask(client, f"Organization?nam=x&{parameters}", headers={"Prefer": "handling=lenient"})
    assert faults(response) == [fault]
