"""`$members`, `$ancestors`, `$successors` and `$predecessors` of R4 over the sample (fhir-r4 15.2).

What they find is compared with a plain reading of the specification over a second reading of the XML.
"""

import json
from datetime import UTC, datetime
from functools import cache
from itertools import product

import pytest

from app.directory import related
from indexer.organisation import Organisation, Period, Relationship, Role, Succession, Target
from tests.interfaces.helpers import FORM
from tests.interfaces.ord_release import register
from tests.interfaces.r4_helpers import (
    BASE,
    ODS_SYSTEMS,
    ODT,
    SITE,
    ask,
    ids,
    issue,
    issues,
    links,
    ok,
    walk,
)
from tests.made import PUBLISHED
from tests.related_oracle import RelatedOracle

TODAY = "2026-01-15"
BOARD = "QWO"
NETWORK = next(
    other for each in register().values() for kind, other, _ in each.relationships if kind == "RE8"
)


# The oracle


def periods(part):
    return tuple(Period(each["Type"], each["Start"], each.get("End")) for each in part.get("Date", ()))


def target(part):
    return Target(part["Target"]["OrgId"]["extension"], None, None)


def organisation(record):
    """Return a record of the second reading, as far as walks look at it."""
    return Organisation(
        code=record["OrgId"]["extension"],
        root=None,
        assigning_authority=None,
        record_class=record["orgRecordClass"],
        ref_only=False,
        name=record["Name"],
        status=record["Status"],
        last_change=None,
        periods=periods(record),
        address=None,
        contacts=(),
        roles=tuple(
            Role(each["id"], None, "primaryRole" in each, periods(each), each["Status"])
            for each in record["Roles"]["Role"]
        ),
        relationships=tuple(
            Relationship(each["id"], None, periods(each), each["Status"], target(each))
            for each in record.get("Rels", {}).get("Rel", ())
        ),
        successions=tuple(
            Succession(None, False, periods(each), each["Type"], target(each))
            for each in record.get("Succs", {}).get("Succ", ())
        ),
    )


@cache
def oracle(day):
    return RelatedOracle([organisation(each.record) for each in register().values()], PUBLISHED, day)


def parties():
    """Return some organisations that have, or are named in, successions of the sample."""
    named = {code for code, each in register().items() if "Succs" in each.record}
    named |= oracle(TODAY).named() & register().keys()
    return sorted(named)[::3]


def codes(client, target):
    """Return the codes of all that an operation finds, following its links; models are not asked."""
    found, following = [], f"{target}{'&' if '?' in target else '?'}_count=1000&_elements=id"
    while following:
        bundle = json.loads(ask(client, following).data)
        found += ids(bundle)
        following = dict(links(bundle)).get("next", "").removeprefix(SITE)
    assert bundle["total"] == len(found)
    return found


# What is found


@pytest.mark.parametrize(
    ("operation", "day", "depth"),
    list(product(("members", "ancestors"), (TODAY, "2015-06-01", "2021-04-01"), (1, 3))),
)
def test_what_relationships_lead_to_is_what_a_second_reading_finds(client, operation, day, depth):
    starts = (BOARD, NETWORK, "Y63", "RR8", "15F", "5N1", "P08F", *sorted(register())[::500])
    seen = 0
    for code in starts:
        expected = oracle(day).related(code, depth=depth, inwards=operation == "members")
        assert codes(client, f"Organization/{code}/${operation}?date={day}&depth={depth}") == expected
        seen += len(expected)
    assert seen


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("relationship=RE4,re5&depth=3", {"types": ("RE4", "RE5"), "depth": 3}),
        ("depth=3&activeRoleCode=RO76", {"depth": 3, "held_roles": ("RO76",)}),
        (
            f"depth=3&activeRoleCode={ODS_SYSTEMS}/ODSOrganisationRole|RO76",
            {"depth": 3, "held_roles": ("RO76",)},
        ),
        ("depth=3&roleCode=RO177,RO98", {"depth": 3, "roles": ("RO177", "RO98")}),
        ("depth=3&activeRoleCode=other|RO76", {"depth": 3, "held_roles": ()}),
        ("depth=2&activeOnly=false", {"depth": 2, "only_active": False}),
        ("depth=4&activeOnly=false&roleCode=RO177", {"depth": 4, "only_active": False, "roles": ("RO177",)}),
    ],
)
def test_every_parameter_of_members_does_what_it_says(client, query, asked):
    expected = oracle(TODAY).related(BOARD, **asked)
    assert codes(client, f"Organization/{BOARD}/$members?{query}") == expected


def test_partners_are_members_only_if_they_are_asked_for(client):
    asked = f"Organization/{NETWORK}/$members"
    partners = oracle(TODAY).related(NETWORK, ("RE8",))
    assert partners
    assert codes(client, f"{asked}?relationship=RE8") == partners
    assert not set(partners) & set(codes(client, asked))


def test_those_parameters_change_the_answer(client):
    counts = [
        ok(client, f"Organization/{BOARD}/$members?_count=0&{query}")["total"]
        for query in ("depth=1", "depth=3", "depth=3&activeOnly=false", "depth=3&activeRoleCode=RO76")
    ]
    assert len(set(counts)) == 4


@pytest.mark.parametrize("query", ["", "depth=1", "activeOnly=false", "activeOnly=true", "date=2012-01-01"])
def test_what_successions_lead_to_is_what_a_second_reading_finds(client, query):
    day = "2012-01-01" if "date" in query else TODAY
    depth = 1 if "depth" in query else 50
    seen = 0
    for code in parties():
        heirs, line = oracle(day).heirs_within(code, depth), oracle(day).line(code, depth)
        expected = line if query == "activeOnly=false" else heirs
        assert codes(client, f"Organization/{code}/$successors?{query}") == expected
        backwards = oracle(day).line(code, depth, backwards=True, only_in_being=query == "activeOnly=true")
        assert codes(client, f"Organization/{code}/$predecessors?{query}") == backwards
        seen += len(expected) + len(backwards)
    assert seen


def test_without_a_date_it_is_today_by_the_clock(make_client):
    code = BOARD
    for now in (datetime(2026, 1, 15, 23, 59, tzinfo=UTC), datetime(2013, 6, 1, tzinfo=UTC)):
        client = make_client(now=now)
        asked = f"Organization/{code}/$ancestors"
        assert codes(client, asked) == codes(client, f"{asked}?date={now.date()}")
    assert codes(client, asked) != codes(client, f"{asked}?date={TODAY}")


# The Bundle


def test_the_answer_is_a_searchset_of_whole_organisations(client):
    bundle = ok(client, f"Organization/{BOARD}/$members?_count=2")
    assert list(bundle) == ["resourceType", "id", "meta", "type", "total", "link", "entry"]
    assert (bundle["type"], bundle["total"]) == ("searchset", len(oracle(TODAY).related(BOARD)))
    for entry in bundle["entry"]:
        code = entry["resource"]["id"]
        assert entry == {
            "fullUrl": f"{BASE}/Organization/{code}",
            "resource": ok(client, f"Organization/{code}"),
            "search": {"mode": "match"},
        }


def test_pages_are_linked_with_every_parameter(client):
    asked = f"{BASE}/Organization/{BOARD}/$members"
    first, *_ = pages = walk(client, f"Organization/{BOARD}/$members?depth=1&_count=100&date=2025-01-01")
    assert links(first)[0] == ("self", f"{asked}?_count=100&date=2025-01-01&depth=1")
    rest = "_offset=100&date=2025-01-01&depth=1"
    assert links(first)[1] == ("next", f"{asked}?_count=100&_generation=2025-12-11.1&{rest}")
    assert [relation for relation, _ in links(pages[1])] == ["self", "next", "previous"]
    expected = oracle("2025-01-01").related(BOARD)
    assert [each for page in pages for each in ids(page)] == expected
    assert [len(ids(page)) for page in pages[:-1]] == [100] * (len(pages) - 1)
    assert "next" not in dict(links(pages[-1]))


def test_the_links_have_the_prefix_that_was_asked_for(client):
    path = f"Organization/{BOARD}/$members?_count=1"
    bundle = ok(client, f"/organisation-data-terminology-api/fhir/{path}")
    assert links(bundle)[0] == ("self", f"{ODT}/{path}")
    assert bundle["entry"][0]["fullUrl"].startswith(f"{ODT}/Organization/")


def test_result_parameters_are_those_of_a_search(client):
    asked = f"Organization/{BOARD}/$members"
    total = len(oracle(TODAY).related(BOARD))
    for counting in ("_summary=count", "_count=0"):
        bundle = ok(client, f"{asked}?{counting}")
        assert (bundle["total"], links(bundle)) == (total, [("self", f"{BASE}/{asked}?{counting}")])
        assert "entry" not in bundle
    assert "total" not in ok(client, f"{asked}?_total=none")
    beyond = ok(client, f"{asked}?_offset=10000")
    assert ("entry" in beyond, beyond["total"]) == (False, total)
    (entry,) = ok(client, f"{asked}?_elements=name&_count=1")["entry"]
    assert set(entry["resource"]) == {"resourceType", "id", "meta", "name"}
    (entry,) = ok(client, f"{asked}?_summary=true&_count=1")["entry"]
    assert "extension" not in entry["resource"]
    assert ask(client, f"{asked}?_format=xml").data.startswith(b"<?xml")


def test_an_answer_without_organisations_has_no_entry(client):
    bundle = ok(client, f"Organization/{BOARD}/$successors")
    assert (bundle["total"], "entry" in bundle) == (0, False)


# Refusals


@pytest.mark.parametrize(
    ("operation", "query", "expected"),
    [
        ("members", "date=2022-02-30", 'Invalid value "2022-02-30" for "date": expected a date, YYYY-MM-DD'),
        ("members", "date=2022", 'Invalid value "2022" for "date": expected a date, YYYY-MM-DD'),
        ("members", "date=2022-1-1", 'Invalid value "2022-1-1" for "date": expected a date, YYYY-MM-DD'),
        ("ancestors", "depth=6", 'Invalid value "6" for "depth": expected a whole number, 1 to 5'),
        ("members", "depth=0", 'Invalid value "0" for "depth": expected a whole number, 1 to 5'),
        ("successors", "depth=0", 'Invalid value "0" for "depth": expected a whole number, 1 or more'),
        ("predecessors", "activeOnly=yes", 'Invalid value "yes" for "activeOnly": expected true or false'),
        ("members", "relationship=members", 'Invalid value "members" for "relationship": expected codes of relationships, separated by commas, such as RE4,RE6'),  # noqa: E501
        ("members", "_count=-1", 'Invalid value "-1" for "_count": expected a whole number, 0 or more'),
        ("members", "depth=1&depth=2", '"depth" is sent more than once: send it once'),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_what_was_expected(client, operation, query, expected):
    assert issue(ask(client, f"Organization/{BOARD}/${operation}?{query}")) == ("invalid", expected)


@pytest.mark.parametrize(
    "query", ["name=LEEDS", "_sort=name", "_include=x", "_revinclude=x", "_id=QE1", "Depth=1"]
)
def test_a_parameter_that_an_operation_has_not_is_refused_unless_the_client_is_lenient(client, query):
    asked = f"Organization/{BOARD}/$members?{query}"
    code, text = issue(ask(client, asked))
    name = query.partition("=")[0]
    assert (code, text.partition(":")[0]) == ("processing", f'Unknown parameter "{name}"')
    bundle = ok(client, asked, Prefer="handling=lenient")
    assert links(bundle)[0] == ("self", f"{BASE}/Organization/{BOARD}/$members")


def test_the_parameters_of_an_operation_are_named_but_for_those_that_are_not_advertised(client):
    _, text = issue(ask(client, f"Organization/{BOARD}/$successors?name=LEEDS"))
    named = "date, depth, activeOnly, _count, _offset, _summary, _elements, _total, _format or _pretty"
    assert text == f'Unknown parameter "name": use {named}'


def test_all_that_is_wrong_is_said_together(client):
    response = ask(client, f"Organization/{BOARD}/$members?depth=a&date=b&relationship=RE4&activeOnly=c")
    assert len(issues(response)) == 3


@pytest.mark.parametrize("operation", ["members", "ancestors", "successors", "predecessors"])
def test_an_organisation_that_there_is_not_is_answered_like_a_read(client, operation):
    expected = issue(ask(client, "Organization/XXXXX"), 404)
    assert issue(ask(client, f"Organization/XXXXX/${operation}"), 404) == expected
    assert issue(ask(client, f"Organization/{BOARD.lower()}/${operation}"), 404)


@pytest.mark.parametrize("operation", ["members", "successors"])
def test_an_organisation_that_was_deleted_is_answered_like_a_read(world, operation):
    expected = issue(ask(world, "Organization/FVG57"), 410)
    assert issue(ask(world, f"Organization/FVG57/${operation}"), 410) == expected


def test_a_walk_over_a_release_that_is_not_kept_is_gone(client):
    code, text = issue(ask(client, f"Organization/{BOARD}/$members?_generation=2020-01-01.1"), 410)
    expected = "The release this page belongs to is no longer kept: start the search again"
    assert (code, text) == ("not-found", expected)


@pytest.mark.parametrize(
    "path",
    [
        f"Organization/{BOARD}/$everything",
        f"Organization/{BOARD}/members",
        "Organization/$members",
        "$members",
        "OrganizationAffiliation/1/$members",
        "List/Organization-deletion/$members",
    ],
)
def test_another_operation_is_an_unknown_address(client, path):
    assert issue(ask(client, path), 404)[0] == "not-found"


def test_an_operation_can_be_read_and_nothing_else(client):
    path = f"Organization/{BOARD}/$members"
    head, get = ask(client, path, method="HEAD"), ask(client, path)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Type"] == get.headers["Content-Type"]
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        response = ask(client, path, method=method, headers={"Content-Type": FORM})
        expected = (
            f"HAPI-0427: HTTP Method {method} is not allowed for this operation. Allowed method(s): GET"
        )
        assert issue(response, 405) == ("processing", expected)
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_walk_that_reaches_too_many_is_refused_each_time(client, monkeypatch):
    monkeypatch.setattr(related, "MOST", 3)
    for _ in range(2):
        response = ask(client, f"Organization/{BOARD}/$members?depth=3&date=2025-03-03")
        code, text = issue(response, 422)
        assert code == "too-costly"
        assert text.startswith(f"$members of Organization/{BOARD} reaches more than ")


# What is declared


def test_the_operations_are_declared_and_each_works(client):
    statement = ok(client, "metadata")
    (rest,) = statement["rest"]
    assert rest["interaction"] == [{"code": "batch"}]
    (organization,) = (each for each in rest["resource"] if each["type"] == "Organization")
    names = [each["name"] for each in organization["operation"]]
    assert names == ["successors", "predecessors", "members", "ancestors"]
    for name, each in zip(names, organization["operation"], strict=True):
        assert each["definition"] == f"{BASE}/OperationDefinition/Organization-{name}"
        ok(client, f"Organization/{BOARD}/${name}")
