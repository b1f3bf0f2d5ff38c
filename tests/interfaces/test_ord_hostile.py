"""Whatever is asked of ORD: its own error body to the byte, the right status, and never a server error."""

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.interfaces.helpers import ask
from tests.interfaces.ord_helpers import get, is_error
from tests.interfaces.ord_oracle import NO_FILTER, NOT_FOUND, SEARCH, UNKNOWN_ARGUMENT
from tests.interfaces.ord_release import BASE, ORD

NOWHERE = {
    "the roots": "/ORD /ORD/ /ORD/2-0-0 /ORD/2-0-0/ /ORD/2-0-0/?_format=xml /ORD/2-0-0?zzz=1&zzz=2",
    "other versions": "/ORD/1-0-0/roles /ORD/2-0-1/organisations?Name=leeds /ORD/2-0-0/2-0-0/roles",
    "another case": """
        Organisations?Name=leeds ORGANISATIONS/RR8 Sync?LastChangeDate=2025-12-01 Roles ROLES/RO98
        recordClasses NOTIFICATIONS""",
    "a segment too many": "organisations/RR8/RR8 rels/RE6/x notifications/RR8 sync/RR8 roles/RO98/RO98",
    "other names": "organisation/RR8 relationships metadata index.html favicon.ico %2e%2e x?zzz=1 é",
    "no ODS code": f"""
        organisations/NOPE organisations/RR organisations/sync organisations/.. organisations/*
        organisations/RR%208 organisations/%20 organisations/%09RR8 organisations/RR8%00 organisations/%00
        organisations/é organisations/RR8;x=1 organisations/RR8.xml organisations/%27%20OR%201=1
        organisations/{"A" * 5000}""",
    "bad encoding": "organisations/%zz organisations/% organisations/%ff %zz roles/%ff /ORD/%c3/roles",
    "no code of the system": """
        roles/98 roles/%20 roles/RO roles/RO0 roles/RO098 roles/ZZ98 roles/RE6 roles/* rels/RO98 rels/6
        rels/RE99 recordclasses/RC3 recordclasses/1""",
}

NAME_TOO_SHORT = "Supplied Name needs a minimum of 3 Characters."
BAD_NAME = "Supplied Name contains invalid Character/s."
REFUSED = {
    # In order: format, repeats, unknown names, no filter, values.
    "organisations?Name=a&zzz=1&Limit=0&Limit=0&_format=x": 'Unknown dialect specified "x"',
    "organisations?_format=x&_format=xml": 'Unknown dialect specified "x"',
    "organisations?_format=xml&_format=x": "Repeated _format argument.",
    "organisations?zzz=1&Limit=0&Limit=0&Name=a&Name=b": "Repeated Name argument.",
    "organisations?Offset=1&Offset=1&Limit=1&Limit=1": "Repeated Limit argument.",
    "organisations?Name=leeds&Name=": "Repeated Name argument.",
    "organisations?zzz=1&zzz=1&Name=a": UNKNOWN_ARGUMENT,
    "organisations?Limit=0&zzz=1": UNKNOWN_ARGUMENT,
    "organisations?Limit=0&Offset=0": NO_FILTER,
    "organisations?Limit=5&_format=xml": NO_FILTER,
    "organisations?Offset=0&Limit=0&PostCode=&Name=": NAME_TOO_SHORT,
    "organisations?Offset=0&RelStatus=x&Status=active": (
        "Unknown RelStatus supplied, specify Active or Inactive."
    ),
    # Names of parameters
    **{f"organisations?Name=leeds&{each}": UNKNOWN_ARGUMENT for each in ("=x", "=", "name=x", "Name%20=x")},
    **{
        f"organisations?{each}": UNKNOWN_ARGUMENT for each in ("NAME=leeds", "Postcode=LS1", "limit=1", "é=1")
    },
    f"organisations?Name=leeds&{'&'.join(f'a{n}=1' for n in range(900))}": UNKNOWN_ARGUMENT,
    # Decoding: what cannot be decoded is met by the checks, each in its turn
    **{f"organisations{each}": NO_FILTER for each in ("", "?", "?&&")},
    "organisations?Name": NAME_TOO_SHORT,
    **{f"organisations?Name=leeds{each}Limit=5": BAD_NAME for each in (";", "%26", "?", "%0a", "%25")},
    **{
        f"organisations?Name={each}": BAD_NAME
        for each in ("%C3%A9t%C3%A9", "été", "e%CC%81e", "%EF%BB%BFabc")
    },
    **{
        f"organisations?Name={each}": BAD_NAME
        for each in ("%zz", "abc%", "100%", "%ff%ff%ff", "%00abc", "abc%00", "%u00e9")
    },
    "organisations?Name=%C3": NAME_TOO_SHORT,
    "organisations?Name=abc%&_format=bad": 'Unknown dialect specified "bad"',
    "organisations?Name=%FF&Name=abc": "Repeated Name argument.",
    "organisations?Name=abc&x=%": UNKNOWN_ARGUMENT,
    "organisations?Name%00=leeds": UNKNOWN_ARGUMENT,
    "organisations/RR8?_format=%ff": 'Unknown dialect specified "\ufffd"',
    # Lengths
    f"organisations?Name={'a' * 5000}": "Supplied Name too long, max 100 Characters.",
    f"organisations?PostCode={'1' * 5000}": "Supplied PostCode format is invalid.",
    f"organisations?Name=leeds&Limit={'9' * 5000}": "Supplied Limit must be between 1 and 1000",
    f"organisations?Roles={'RO1,' * 1000}": "Supplied Roles is invalid.",
    f"organisations?TargetOrgId={'9' * 5000}": "Supplied TargetOrgId is invalid.",
    # Other endpoints: before anything is looked up
    "organisations/NOPE?_format=x": 'Unknown dialect specified "x"',
    "organisations/NOPE?x=1": UNKNOWN_ARGUMENT,
    "organisations/RR8?Name=leeds": UNKNOWN_ARGUMENT,
    "organisations/RR8?_format=xml&_format=xml": "Repeated _format argument.",
    "organisations/sync?LastChangeDate=2025-12-01": UNKNOWN_ARGUMENT,
    **{
        f"{each}?zzz=1": UNKNOWN_ARGUMENT for each in ("roles", "rels/RE99", "recordclasses", "notifications")
    },
    **{f"{each}?Limit=1": UNKNOWN_ARGUMENT for each in ("roles/RO98", "rels", "recordclasses/RC9")},
    # Sync
    **{f"sync{each}": NO_FILTER for each in ("", "?", "?_format=xml")},
    **{f"sync?{each}": UNKNOWN_ARGUMENT for each in ("Limit=5", "LastChangeDate=2025-12-01&Offset=1")},
    "sync?LastChangeDate=x&LastChangeDate=x": "Repeated LastChangeDate argument.",
    **{
        f"sync?LastChangeDate={each}": "Invalid date format."
        for each in ("", "2025-12-01T00:00:00", "２025-12-01", "2025-12-01%0a", "%202025-12-01", "2025/12/01")
    },
    # Formats
    "roles?_format=": 'Unknown dialect specified ""',
    "roles?_format=JSON": 'Unknown dialect specified "JSON"',
    "roles?_format=%20json": 'Unknown dialect specified " json"',
    "roles?_format=application/json;charset=utf-8": (
        'Unknown dialect specified "application/json;charset=utf-8"'
    ),
    "roles?_format=%22é%5C%0a": 'Unknown dialect specified ""é\\\n"',
    f"roles?_format={'x' * 5000}": f'Unknown dialect specified "{"x" * 5000}"',
    "notifications?_format=xml": 'Unknown dialect specified "xml"',
    "notifications?_format=text/xml": 'Unknown dialect specified "text/xml"',
}
"""Targets that are answered 406, and the text."""


@pytest.mark.parametrize("target", " ".join(NOWHERE.values()).split())
def test_what_is_not_there_is_not_found(client, target):
    response = ask(client, target if target.startswith("/ORD") else ORD + target)
    is_error(response, 404, NOT_FOUND)


@pytest.mark.parametrize("target", ["organisations/RR8", "roles/RO98", "rels/RE6", "recordclasses/RC2"])
def test_blanks_around_a_code_or_id_are_ignored(client, target):
    start, _, code = target.partition("/")
    for sent in (f"{code}%20", f"%20{code}", f"%20%20{code.lower()}%20"):
        assert get(client, f"{start}/{sent}") == get(client, target)


@pytest.mark.parametrize("target", REFUSED)
def test_a_bad_request_is_refused_in_the_words_of_its_first_fault(client, target):
    is_error(ask(client, ORD + target), 406, REFUSED[target])


@pytest.mark.parametrize("digits", [18, 19, 20, 40])
def test_a_page_past_the_end_however_far_links_to_the_one_before_it(client, digits):
    offset = 10**digits - 1
    page = get(client, f"organisations?Name=leeds&Limit=7&Offset={offset}")
    assert (page.status, page.body) == (200, b'{"Organisations": []}')
    assert page.headers["Returned-Records"] == "0"
    assert "Next-Page" not in page.headers
    assert page.headers["Previous-Page"] == f"{BASE}organisations?Name=leeds&Limit=7&Offset={offset - 7}"


# Anything at all

WORDS = r"""
    ' " leeds* ^leeds name:leeds {leeds} % _ ___ %_% \ \\ , | $ ; ../../etc/passwd .. ~ <b> ]]> &amp; -1 0 1
    0x10 1e999 NaN ９ true null [] {} RR8 leeds LS1 LS14AP GIR ZZ99 2025-12-01 2025-02-30 Active inactive
    RO76 RO76,RO177 RC1 RE4,RE6 15F json xml ŶŷßẞİıſﬁⅫ 𝓛𝓮𝓮𝓭𝓼 عربى 🏥🏥🏥"""
NASTY = [
    *WORDS.split(),
    *("", " ", "\0", "\n", "\x7f", "\u202e", "\ufeff", "\U0010ffff"),
    *("' OR 1=1 --", "NEAR(a b)", "a AND b", "9" * 400, "_" * 100),
]
texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=20), st.text("aA1 _,-LS", min_size=2, max_size=8))
encoded = texts.map(lambda text: quote(text.encode("utf-8", "surrogatepass"), safe=""))
names = st.one_of(st.sampled_from(SEARCH), st.sampled_from(SEARCH), encoded)
named = st.builds("{}={}".format, names, encoded)
odd = st.one_of(names, st.binary(max_size=8).map(quote), st.sampled_from(["", "=", "&", "%zz=1", "Name=%ff"]))
queries = st.lists(st.one_of(named, named, odd), max_size=4).map("&".join)
paths = st.sampled_from(
    ["organisations", "organisations", "sync", "organisations/RR8", "roles", "rels/RE6", "notifications"]
)


@settings(
    max_examples=500,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(paths, queries, st.sampled_from(["", "", "text/xml", "x", "é;"]))
@example("organisations", "Name=" + "_" * 100, "")
@example("organisations", "Name=___&Limit=1000&_format=xml", "")
@example("organisations", "Name=leeds&Offset=" + "9" * 7000, "")
@example("organisations", "RelTypeId=" + ",".join(["RE4"] * 1800), "")
@example("organisations", "Roles=" + ",".join(f"RO{n}" for n in range(1200)), "")
def test_no_query_is_a_server_error(client, path, query, content_type):
    response = ask(
        client, f"{ORD}{path}?{query}", headers={"Content-Type": content_type} if content_type else {}
    )
    if response.status_code == 200:
        in_json = response.headers["Content-Type"] == "application/json"
        (json.loads if in_json else etree.fromstring)(response.data)
    else:
        is_error(response, 406)
