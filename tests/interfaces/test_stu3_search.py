"""The search parameters of Organization: each with its modifiers, alternatives, repeats and escapes."""

import pytest

from tests.interfaces.helpers import BASE, ok, query, searched
from tests.interfaces.oracle import ODS_CODE, ROLE_CS, codes, contains, equals, has_role, register, starts

EVERYTHING = [pytest.param("", lambda org: True)]
LEEDS_TRUST = "LEEDS TEACHING HOSPITALS NHS TRUST"
PUNCTUATED = r"O'BRIEN & SONS\, CHEMIST - NO. 1/2: A@B_C [DAY] (EXAMPLE)"
UAT_CS = "https://uat.directory.spineservices.nhs.uk/STU3/CodeSystem/ODSAPI-OrganizationRole-1"


def either(*matchers):
    return lambda org: any(matches(org) for matches in matchers)


def both(*matchers):
    return lambda org: all(matches(org) for matches in matchers)


def neither(*matchers):
    return lambda org: not any(matches(org) for matches in matchers)


STRINGS = [
    # Starts with, on the whole field, case and accents ignored
    ("name=Leeds", starts("name", "leeds")),
    ("name=lEEDS teaching", equals("code", "RR8")),
    ("name=teaching", starts("name", "teaching")),
    ("name=+leeds++", starts("name", "leeds")),
    ("name=leeds++++teaching", equals("code", "RR8")),
    ("name=Meddygfa ty", equals("code", "ZXA12")),
    ("name=MEDDYGFA TŶ", equals("code", "ZXA12")),
    ("name=meddygfa t\u0177", equals("code", "ZXA12")),
    ("name=meddygfa ty\u0302", equals("code", "ZXA12")),
    ("name=MÉDDYGFA", starts("name", "meddygfa")),
    ("name=zzz", lambda org: False),
    ("name=O%E2%80%99BRIEN %26 sons", equals("code", "ZXA11")),
    ("name=O'Brien", starts("name", "o'brien")),
    # Anywhere
    ("name:contains=leeds", contains("name", "leeds")),
    ("name%3Acontains=leeds", contains("name", "leeds")),
    ("name:contains=b_c", contains("name", "b_c")),
    ("name:contains=[day]", equals("code", "ZXA11")),
    ("name:contains=ŵyrdd", equals("code", "ZXA12")),
    ("name:contains=and", contains("name", "and")),
    # The whole field, case and accents count
    (f"name:exact={LEEDS_TRUST}", equals("code", "RR8")),
    (f"name:exact={LEEDS_TRUST.title()}", lambda org: False),
    ("name:exact=LEEDS", lambda org: False),
    ("name:exact=MEDDYGFA TŶ GWYRDD (EXAMPLE)", equals("code", "ZXA12")),
    ("name:exact=MEDDYGFA TY GWYRDD (EXAMPLE)", lambda org: False),
    ("name:exact=BOOTS,THE SURGERY", lambda org: org.name in {"BOOTS", "THE SURGERY"}),
    # Escapes: a separator is a comma that no backslash stands before, however it is encoded
    (query(("name", PUNCTUATED)), equals("code", "ZXA11")),
    (query(("name:exact", PUNCTUATED)), equals("code", "ZXA11")),
    (r"name:contains=sons\, chem", equals("code", "ZXA11")),
    ("name:contains=sons%5C%2C chem", equals("code", "ZXA11")),
    ("name:contains=leeds%2Cbradford", either(contains("name", "leeds"), contains("name", "bradford"))),
    # Alternatives, and repeats
    ("name=leeds,bradford", either(starts("name", "leeds"), starts("name", "bradford"))),
    ("name=leeds,", starts("name", "leeds")),
    ("name=,leeds,+,", starts("name", "leeds")),
    (
        "name:contains=leeds&name:contains=hospital",
        both(contains("name", "leeds"), contains("name", "hospital")),
    ),
    (
        "name=leeds&name:contains=hospital,clinic",
        both(starts("name", "leeds"), either(contains("name", "hospital"), contains("name", "clinic"))),
    ),
    ("name=leeds&name=bradford", lambda org: False),
    ("name=leeds&name=leeds", starts("name", "leeds")),
    # Nothing asked for
    ("name=", lambda org: True),
    ("name=%20&name=,&name=leeds", starts("name", "leeds")),
    ("name:missing=false", lambda org: True),
    ("name:missing=true", lambda org: False),
    # Towns
    ("address-city=Peter", starts("town", "peter")),
    ("address-city=leeds,YORK", either(starts("town", "leeds"), starts("town", "york"))),
    ("address-city:contains=upon", contains("town", "upon")),
    ("address-city:exact=LEEDS", equals("town", "LEEDS")),
    ("address-city:exact=Leeds", lambda org: False),
    ("address-city:missing=true", equals("town", "")),
    ("address-city:missing=false", neither(equals("town", ""))),
    # Postcodes
    ("address-postalcode=LS1", starts("postcode", "LS1")),
    ("address-postalcode=ls9 7tf", equals("postcode", "LS9 7TF")),
    ("address-postalcode=LS97TF", equals("postcode", "LS9 7TF")),
    ("address-postalcode=ls9++7tf", equals("postcode", "LS9 7TF")),
    ("address-postalcode=LS16,BD", either(starts("postcode", "LS16"), starts("postcode", "BD"))),
    ("address-postalcode:contains=S9 7", contains("postcode", "S9 7")),
    ("address-postalcode:contains=97tf", lambda org: False),
    ("address-postalcode:contains=7t", contains("postcode", "7T")),
    ("address-postalcode:contains=s97tf", contains("postcode", "S9 7TF")),
    ("address-postalcode:exact=LS9 7TF", equals("postcode", "LS9 7TF")),
    ("address-postalcode:exact=LS97TF", lambda org: False),
    ("address-postalcode:exact=ls9 7tf", lambda org: False),
    ("address-postalcode:missing=true", equals("postcode", "")),
    ("address-postalcode:missing=false", neither(equals("postcode", ""))),
]

TOKENS = [
    ("_id=RR8", equals("code", "RR8")),
    ("_id=rr8", equals("code", "RR8")),
    ("_id=RR8,n81082,NOPE", lambda org: org.code in {"RR8", "N81082"}),
    ("_id=RR8&_id=RR8,N81082", equals("code", "RR8")),
    ("_id=RR8&_id=N81082", lambda org: False),
    ("_id=NOPE", lambda org: False),
    ("_id:not=rr8", neither(equals("code", "RR8"))),
    ("_id:not=RR8,N81082", lambda org: org.code not in {"RR8", "N81082"}),
    ("_id:not=RR8&_id:not=N81082", lambda org: org.code not in {"RR8", "N81082"}),
    ("_id:missing=true", lambda org: False),
    ("_id:missing=false", lambda org: True),
    ("identifier=RR8", equals("code", "RR8")),
    *(
        (sent, equals("code", "RR8"))
        for sent in (
            *("identifier=%20RR8", "identifier=RR8+", f"identifier=%20{ODS_CODE}|%20RR8%20", "_id=%20rr8%20"),
            *("_id=NOPE,%20RR8", "_id=RR8%20,NOPE", "identifier=%20RR8%20,%20NOPE"),
        )
    ),
    (f"identifier={ODS_CODE}|rr8", equals("code", "RR8")),
    (f"identifier={ODS_CODE}%7Crr8,N81082", lambda org: org.code in {"RR8", "N81082"}),
    ("identifier=NOPE", lambda org: False),
    ("identifier:not=RR8,N81082", lambda org: org.code not in {"RR8", "N81082"}),
    ("identifier:missing=false", lambda org: True),
    ("identifier:missing=true", lambda org: False),
    ("active=true", equals("active", True)),
    ("active=false", equals("active", False)),
    ("active=true,false", lambda org: True),
    ("active=true&active=false", lambda org: False),
    ("active:not=true", equals("active", False)),
    ("active:not=true,false", lambda org: False),
    ("active:missing=true", lambda org: False),
    ("active:missing=false", lambda org: True),
    ("ods-org-role=197", has_role("197")),
    (f"ods-org-role={ROLE_CS}|197", has_role("197")),
    ("ods-org-role=%20197%20", has_role("197")),
    (f"ods-org-role={ROLE_CS}|%20197,%20198", either(has_role("197"), has_role("198"))),
    (f"ods-org-role={UAT_CS}|197", has_role("197")),
    (f"ods-org-role={BASE}/CodeSystem/ODSAPI-OrganizationRole-1|197", has_role("197")),
    (f"ods-org-role={ROLE_CS.replace('STU3/', 'STU3/STU3/')}|197", has_role("197")),
    (f"ods-org-role={UAT_CS.replace('STU3/', 'STU3/STU3/')}|197", has_role("197")),
    (f"ods-org-role={BASE}/STU3/CodeSystem/ODSAPI-OrganizationRole-1|197", has_role("197")),
    ("ods-org-role=197,198", either(has_role("197"), has_role("198"))),
    (f"ods-org-role={ROLE_CS}|197,198", either(has_role("197"), has_role("198"))),
    (f"ods-org-role={ROLE_CS}|197,{ROLE_CS}|198", either(has_role("197"), has_role("198"))),
    ("ods-org-role=76&ods-org-role=177", both(has_role("76"), has_role("177"))),
    ("ods-org-role=157&ods-org-role=29,15", both(has_role("157"), either(has_role("29"), has_role("15")))),
    ("ods-org-role=177&ods-org-role=76,72", both(has_role("177"), either(has_role("76"), has_role("72")))),
    ("ods-org-role=0197", lambda org: False),
    (f"ods-org-role={'9' * 60}", lambda org: False),
    ("ods-org-role:not=177", neither(has_role("177"))),
    ("ods-org-role:not=177,198", neither(has_role("177"), has_role("198"))),
    ("ods-org-role:not=177&ods-org-role:not=198", neither(has_role("177"), has_role("198"))),
    ("ods-org-role:missing=false", lambda org: True),
    ("ods-org-role:missing=true", lambda org: False),
    ("ods-org-role=177&ods-org-primaryRole=true", has_role("177", primary=True)),
    ("ods-org-primaryRole=true&ods-org-role=76", has_role("76", primary=True)),
    ("ods-org-role=76&ods-org-primaryRole=false", has_role("76", primary=False)),
    ("ods-org-role=177&ods-org-role=76&ods-org-primaryRole=true", lambda org: False),
    ("ods-org-role=177,76&ods-org-primaryRole=true", either(has_role("177", True), has_role("76", True))),
    ("ods-org-role:not=76&ods-org-primaryRole=false", neither(has_role("76", primary=False))),
    ("ods-org-role:not=177&ods-org-primaryRole=true", neither(has_role("177", primary=True))),
    ("ods-org-role=177&ods-org-primaryRole=", has_role("177")),
    ("ods-org-role=177&ods-org-primaryRole=false", lambda org: False),
    ("ods-org-role:not=177&ods-org-primaryRole=false", lambda org: True),
    # Different parameters must all hold
    (
        "name=leeds&active=true&address-city=leeds",
        both(starts("name", "leeds"), starts("town", "leeds"), equals("active", True)),
    ),
    (
        "ods-org-role=182&address-postalcode=BD&name:contains=pharm",
        both(has_role("182"), starts("postcode", "BD"), contains("name", "pharm")),
    ),
    (
        "ods-org-role:not=177&active:not=true&address-city:missing=false",
        both(neither(has_role("177")), neither(equals("active", True)), neither(equals("town", ""))),
    ),
]


@pytest.mark.parametrize(("parameters", "matches"), [*EVERYTHING, *STRINGS, *TOKENS])
def test_a_search_finds_what_the_release_says_in_ascending_order(client, parameters, matches):
    assert searched(client, parameters) == codes(matches)


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ("name=same name", "PC1 PC2 PC3"),
        ("name:exact=Same Name", "PC1"),
        ("name:exact=SAME  NAME", "PC2"),
        ("name=100_per", "TXT4"),
        ("name:contains=0_p", "TXT4"),
        ("name:contains=ecole", "TXT2 TXT3"),
        ("name:contains=ÉCOLE", "TXT2 TXT3"),
        ("name=st. mary's", "TXT2 TXT3"),
        ("name=st. mary’s", "TXT2 TXT3"),
        ("name:exact=ST. MARY'S ECOLE", "TXT3"),
        ("name:exact=ST. MARY’S ECOLE", ""),
        ("name:contains=strasse", "TXT2"),
        ("name:contains=ñame", "PC1 PC2 PC3 TXT2"),
        ('name:contains=not "or"', "TXT1"),
        ('name:contains="or" OR', ""),
        ("name:contains=near(a b)", "TXT1"),
        ("name=and not", "TXT1"),
        (r"name:contains=\, ltd", "COMMA"),
        ("name:contains=ltd,minimum", "BARE COMMA"),
        ("address-city=Ashby,Ely", "COMMA PC1"),
        (r"address-city=Ashby\, de", "COMMA"),
        ("address-city=king's lynn", "TXT2 TXT3"),
        ("address-city=king’s lynn", "TXT2 TXT3"),
        ("address-city:contains=ynys mon", "TXT2"),
        ("address-city:exact=KING'S LYNN", "TXT3"),
        ("address-city=stoke on trent", "FULL"),
        ("address-city:exact=Stoke  on  Trent", "FULL"),
        ("address-city:exact=Stoke on Trent", ""),
        ("address-postalcode=LS14AP", "PC1 PC2 PC3"),
        ("address-postalcode=ls1 4ap", "PC1 PC2 PC3"),
        ("address-postalcode=LS1 4", "PC1 PC2 PC3"),
        ("address-postalcode=LS1", "PC1 PC2 PC3"),
        ("address-postalcode=LS14", ""),
        ("address-postalcode:contains=1 4A", "PC1 PC2 PC3"),
        ("address-postalcode:contains=s14ap", "PC1 PC2 PC3"),
        ("address-postalcode:contains=4ap", "PC1 PC2 PC3"),
        ("address-postalcode:contains=AP", "PC1 PC2 PC3"),
        ("address-postalcode:exact=LS1 4AP", "PC1"),
        ("address-postalcode:exact=LS14AP", "PC2"),
        ("address-postalcode=ST11AA", "FULL"),
        ("address-postalcode:exact=ST1 1AA", "FULL"),
        ("ods-org-role=9999", "FULL"),
        ("ods-org-role=76&ods-org-primaryRole=true", "COMMA OLD TXT4 TXT5"),
        ("ods-org-role=76&ods-org-primaryRole=false", ""),
        ("ods-org-role=9999,76&ods-org-primaryRole=false", "FULL"),
        ("ods-org-role=9999&ods-org-primaryRole=true", ""),
        ("_lastUpdated:missing=true", "BARE"),
        ("_lastUpdated=lt1970", "OLD"),
    ],
)
def test_text_and_postcodes_are_compared_as_they_are_folded(edges, parameters, found):
    assert searched(edges, parameters) == found.split()


def test_a_search_of_nothing_that_is_there_is_an_empty_bundle(client):
    bundle = ok(client, "Organization?name=zzz")
    assert list(bundle) == ["resourceType", "id", "meta", "type", "total", "link"]
    assert bundle["total"] == 0


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_type_answers_with_and_without_a_slash(client, slash):
    assert ok(client, f"Organization{slash}?_id=RR8")["total"] == 1


def test_every_organisation_is_found_by_its_code_its_name_and_its_postcode(client):
    for org in list(register().values())[::50]:
        exact = query(
            ("name:exact", org.name.replace(",", r"\,")), ("address-postalcode:exact", org.postcode)
        )
        assert searched(client, exact) == codes(
            both(
                equals("name", org.name),
                equals("postcode", org.postcode) if org.postcode else lambda org: True,
            )
        )
        assert searched(client, f"identifier={org.code.lower()}") == [org.code]
