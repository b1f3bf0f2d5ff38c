"""The pages of code systems and codes, without a browser (fhir-r4 9)."""

import csv
from io import StringIO
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient
from lxml import html

from tests.interfaces.helpers import ask
from tests.interfaces.test_pages import BROWSER, codes, look, page, texts

ROLES, RELATIONSHIPS, RECORD_CLASSES = "ODSOrganisationRole", "ODSRelationship", "ODSRecordClass"


def numbers(tree: html.HtmlElement) -> dict[str, tuple[int, int]]:
    """Return the numbers of the page of a code: now, and now or earlier, by what they count."""
    found = {}
    for row in tree.xpath("//section[@aria-labelledby='use']//tbody/tr"):
        now, ever = (int(each.replace(",", "")) for each in row.xpath("td/text()"))
        found[row.xpath("string(th)")] = (now, ever)
    return found


def found_by_fhir(client: FlaskClient, query: str) -> int:
    """Return how many organisations a search of FHIR R4 finds."""
    total: int = ask(client, f"/R4/Organization?{query}&_count=0").json["total"]
    return total


# All code systems


def test_every_code_system_that_fhir_serves_is_listed_with_its_address_version_and_number(
    client: FlaskClient,
) -> None:
    tree = page(client, "/codes")
    shown = {
        row.xpath("th/a/@href")[0].removeprefix("/codes/"): (
            row.xpath("string(th)"),
            *(cell.text_content() for cell in row.xpath("td")[:3]),
            row.xpath("td/a/@href")[0],
        )
        for row in tree.xpath("//tbody/tr")
    }
    served = ask(client, "/R4/CodeSystem?_summary=false&_count=100").json["entry"]
    assert shown == {
        each["id"]: (
            each["title"],
            f"{each.get('count', len(each.get('concept', ()))):,}",
            each["version"],
            each["url"],
            f"/R4/CodeSystem/{each['id']}",
        )
        for each in (entry["resource"] for entry in served)
    }
    assert len(shown) == 11


def test_the_codes_are_reached_from_every_page_from_roles_and_from_this_server(client: FlaskClient) -> None:
    for target in ("/", "/levels", "/organisations/RR8", "/codes/ODSRelationship/RE6"):
        assert "/codes" in page(client, target).xpath("//nav//a/@href"), target
    roles = page(client, "/organisations/RR8").xpath("//section[@aria-labelledby='roles']//dt/a/@href")
    assert f"/codes/{ROLES}/RO197" in roles
    about = page(client, "/about")
    assert "/codes" in about.xpath("//main//a/@href")
    assert f"/codes/{ROLES}/RO177" in about.xpath("//table[@class='chart']//th/a/@href")


# One code system


def test_a_code_system_shows_its_description_and_each_code_with_its_display(client: FlaskClient) -> None:
    tree = page(client, f"/codes/{ROLES}")
    resource = ask(client, f"/R4/CodeSystem/{ROLES}").json
    rows = [
        [" ".join(cell.text_content().split()) for cell in row]
        for row in tree.xpath("//section[@aria-labelledby='codes']//tbody/tr")
    ]
    assert [row[:3] for row in rows] == [
        [each["code"], each["display"], "yes" if each["property"][0]["valueBoolean"] else "no"]
        for each in resource["concept"]
    ]
    assert "the high level roles that may be related" in tree.xpath("string(//main)")
    (link,) = tree.xpath("//main//p/a[@rel='noreferrer']")
    assert link.get("href").startswith("https://digital.nhs.uk/")
    assert "](" not in tree.xpath("string(//main)")
    assert texts(tree, "//section[@aria-labelledby='properties']//dt") == ["primaryRole"]


@pytest.mark.parametrize("system", [ROLES, RELATIONSHIPS, RECORD_CLASSES])
def test_the_numbers_beside_codes_are_those_of_their_pages(system: str, client: FlaskClient) -> None:
    rows = page(client, f"/codes/{system}").xpath("//section[@aria-labelledby='codes']//tbody/tr")
    beside = {row.xpath("th/a/@href")[0]: int(row.xpath("td/text()")[-1].replace(",", "")) for row in rows}
    assert any(beside.values())
    for address, number in [*beside.items()][:: max(1, len(beside) // 8)]:
        now, _ = next(iter(numbers(page(client, address)).values()))
        assert now == number, address


@pytest.mark.parametrize(
    ("system", "number"),
    [
        ("ods-organization-code", "2,500"),
        ("organization-role-instance", "3,731"),
        ("organization-relationship-instance", "3,850"),
        ("succession", "180"),
    ],
)
def test_codes_that_are_the_register_itself_are_counted_and_not_listed(
    system: str, number: str, client: FlaskClient
) -> None:
    tree = page(client, f"/codes/{system}")
    assert number in texts(tree, "//dl//dd")
    assert "/search" in tree.xpath("//main//p/a/@href")
    assert tree.xpath("//main//table") == []


def test_the_examples_of_every_code_system_are_answered_with_codes_of_it(client: FlaskClient) -> None:
    for address in page(client, "/codes").xpath("//tbody//th/a/@href"):
        tree = page(client, address)
        looked_up, expanded = (ask(client, urljoin(address, each)).json for each in tree.xpath("//@data-run"))
        url = tree.xpath("string(//dd/code)")
        assert {"name": "system", "valueUri": url} in looked_up["parameter"]
        assert 0 < len(expanded["expansion"]["contains"]) <= 5, address
        assert {each["system"] for each in expanded["expansion"]["contains"]} == {url}


# One code


@pytest.mark.parametrize("role", ["RO197", "RO76", "RO177", "RO268"])
def test_a_role_says_how_many_have_it_as_a_search_of_fhir_counts_them(role: str, client: FlaskClient) -> None:
    found = numbers(page(client, f"/codes/{ROLES}/{role}"))
    assert found["Organisations that have it"] == (
        found_by_fhir(client, f"activeRoleCode={role}"),
        found_by_fhir(client, f"roleCode={role}"),
    )
    primary, other = found["As their primary role"], found["As another role"]
    assert primary[0] + other[0] == found["Organisations that have it"][0] > 0
    assert primary[1] + other[1] == found["Organisations that have it"][1]
    summaries = ask(client, f"/ORD/2-0-0/organisations?PrimaryRoleId={role}&Limit=1")
    assert primary[1] == int(summaries.headers["X-Total-Count"])


def test_a_role_says_whether_it_can_be_primary(client: FlaskClient) -> None:
    for role, said in (("RO177", "yes"), ("RO76", "no")):
        (row,) = page(client, f"/codes/{ROLES}/{role}").xpath("//dl/div[contains(dt, 'primary role')]")
        assert row.xpath("string(dd)") == said


def test_a_role_leads_to_its_first_members_to_all_of_them_and_to_their_file(client: FlaskClient) -> None:
    tree = page(client, f"/codes/{ROLES}/RO197")
    now, _ = numbers(tree)["Organisations that have it"]
    members = texts(tree, "//ul[@class='members']//span[@class='code']")
    (every,) = tree.xpath("//a[starts-with(., 'Show all')]/@href")
    (file,) = tree.xpath("//a[. = 'Download as CSV']/@href")
    assert (every, file) == ("/search?role=RO197", "/search.csv?role=RO197")
    assert texts(page(client, every), "//h2[@id='found']") == [f"{now} organisations"]
    rows = [*csv.DictReader(StringIO(look(client, file).text))]
    assert len(rows) == now
    by_name = sorted(rows, key=lambda row: (row["name"], row["code"]))
    assert members == [row["code"] for row in by_name[:10]]
    assert tree.xpath("//ul[@class='members']//a/@href") == [f"/organisations/{code}" for code in members]


def test_a_role_that_nothing_has_any_more_shows_what_had_it(client: FlaskClient) -> None:
    for address in page(client, f"/codes/{ROLES}").xpath("//section[@aria-labelledby='codes']//th/a/@href"):
        tree = page(client, address)
        now, ever = numbers(tree)["Organisations that have it"]
        if ever and not now:
            assert texts(tree, "//h2[@id='members']") == ["Organisations that had it"]
            assert len(texts(tree, "//ul[@class='members']/li")) == min(ever, 10)
            assert tree.xpath("//main//a[contains(@href, '/search')]") == []
            return
    pytest.fail("each role of the sample is held now")


def test_a_relationship_type_says_how_many_there_are_and_between_what(client: FlaskClient) -> None:
    tree = page(client, f"/codes/{RELATIONSHIPS}/RE6")
    active, every = (
        ask(client, f"/R4/OrganizationAffiliation?role=RE6{also}&_count=0").json["total"]
        for also in ("&active=true", "")
    )
    assert numbers(tree)["Relationships"] == (active, every)
    stating, reached = (
        {
            row.xpath("string(th)"): int(row.xpath("string(td)"))
            for row in tree.xpath(f"//section[@aria-labelledby='{each}']//tbody/tr")
        }
        for each in ("kinds1", "kinds2")
    )
    assert stating["NHS TRUST SITE"] > 100
    assert reached["NHS TRUST"] > 100
    assert "NHS TRUST SITE" not in reached
    assert sum(reached.values()) == numbers(tree)["Organisations that it leads to"][0]


def test_a_record_class_says_how_many_have_it_and_leads_to_them(client: FlaskClient) -> None:
    tree = page(client, f"/codes/{RECORD_CLASSES}/RC2")
    ((now, ever),) = numbers(tree).values()
    (address,) = tree.xpath("//a[starts-with(., 'Show all')]/@href")
    (heading,) = texts(page(client, address), "//h2[@id='found']")
    assert heading.replace(",", "") == f"{now} organisations"
    assert ever >= now > 0
    assert codes(page(client, address))


def test_a_code_that_nothing_counts_has_its_display_and_its_data(client: FlaskClient) -> None:
    tree = page(client, "/codes/England-ODSRecordUseType/RefOnly")
    assert texts(tree, "//h1") == ["RefOnly"]
    assert "Skeletal record" in tree.xpath("string(//main)")
    (address,) = tree.xpath("//section[@aria-labelledby='data']//a/@href")
    assert ask(client, address).json["resourceType"] == "Parameters"


def test_the_data_of_a_code_is_answered_by_fhir_and_ord(client: FlaskClient) -> None:
    for address in (f"{ROLES}/RO76", f"{RELATIONSHIPS}/RE6", f"{RECORD_CLASSES}/RC1"):
        fhir, ord_ = page(client, f"/codes/{address}").xpath("//section[@aria-labelledby='data']//a/@href")
        assert ask(client, fhir).json["parameter"][0] == {"name": "code", "valueCode": address.split("/")[1]}
        assert ask(client, ord_).status_code == 200


def test_a_code_is_found_whatever_its_case(client: FlaskClient) -> None:
    assert texts(page(client, f"/codes/{ROLES}/ro76"), "//h1") == ["GP PRACTICE"]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("/codes/NONE", 'No code system has the id "NONE"'),
        ("/codes/NONE/RO76", 'No code system has the id "NONE"'),
        (f"/codes/{ROLES}/RO99999", 'ODS Organisation Role lists no code "RO99999"'),
        ("/codes/ods-organization-code/RR8", 'ODS Organisation lists no code "RR8"'),
    ],
)
def test_an_unknown_code_is_a_page_for_a_browser_and_json_for_a_program(
    target: str, said: str, client: FlaskClient
) -> None:
    tree = page(client, target, 404)
    assert said in tree.xpath("string(//main)")
    read = ask(client, target, headers={"Accept": "application/json"})
    assert (read.status_code, read.json) == (404, {"error": said})


def test_every_link_of_the_pages_of_codes_is_answered(client: FlaskClient) -> None:
    for target in (
        "England-ODSRecordUseType",
        "succession",
        f"{RELATIONSHIPS}/RE4",
        f"{RECORD_CLASSES}/RC1",
        f"{ROLES}/RO76",
    ):
        for address in {*page(client, f"/codes/{target}").xpath("//main//a/@href")}:
            if address.startswith("/"):
                assert ask(client, address, headers={"Accept": BROWSER}).status_code == 200, address
