"""The pages without a browser: addresses, headers, escaping, paging, files, and which of page or data is given."""

# ruff: noqa: E501 - tables

import csv
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from app.pages import table
from tests.interfaces.helpers import ask, query

RELEASE = Path(__file__).parent.parent / "golden" / "pages.xml"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PAGES = (
    "/", "/about", "/search", "/search?q=leeds", "/organisations/RR8", "/levels", "/levels?code=RR8,00K",
    "/organisations/RR8?relationships=RE6&direction=in", "/organisations/00K",
    "/codes", "/codes/ODSOrganisationRole", "/codes/ods-organization-code", "/codes/ODSOrganisationRole/RO197",
)  # fmt: skip
ELSEWHERE = ("#", "https://www.openstreetmap.org/search?query=", "https://digital.nhs.uk/", "tel:")
HOSTILE = "<script>alert(1)</script>\"'&amp;{{99999*99999}}"


@pytest.fixture(scope="session")
def odd(make_client: Callable[..., FlaskClient], loaded: Callable[[Path], str]) -> FlaskClient:
    """A client of the application over the small release of this file."""
    return make_client(index=loaded(RELEASE))


def look(client: FlaskClient, target: str, status: int = 200, accept: str = BROWSER) -> TestResponse:
    """Ask as a browser does."""
    response = ask(client, target, headers={"Accept": accept})
    assert response.status_code == status, response.text
    return response


def page(client: FlaskClient, target: str, status: int = 200) -> html.HtmlElement:
    """Return a page as a tree."""
    response = look(client, target, status)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return tree_of(response, target)


def tree_of(response: TestResponse, target: str) -> html.HtmlElement:
    """Return an answer as a tree, with the addresses in it as a browser sees them."""
    tree = html.document_fromstring(response.text)
    tree.rewrite_links(lambda link: link if link.startswith("#") else urljoin(target, link))
    return tree


def texts(tree: html.HtmlElement, path: str) -> list[str]:
    """Return the texts at an XPath, with single blanks."""
    return [" ".join(each.text_content().split()) for each in tree.xpath(path)]


def codes(tree: html.HtmlElement) -> list[str]:
    """Return the codes of the results."""
    return texts(tree, "//ol[@class='results']//span[@class='code']")


# What every page has


@pytest.mark.parametrize("target", [*PAGES, "/nowhere", "/organisations/NONE", "/codes/NONE"])
def test_every_page_allows_only_its_own_files_and_tells_nobody_where_the_reader_came_from(
    target: str, client: FlaskClient
) -> None:
    response = ask(client, target, headers={"Accept": BROWSER})
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Accept" in response.headers["Vary"].split(", ")
    tree = tree_of(response, target)
    assert tree.xpath("//@style | //style | //script[not(@src)] | //@*[starts-with(name(), 'on')]") == []
    used = tree.xpath("//script/@src | //link/@href | //img/@src")
    assert all(address.startswith("/static/") for address in used)


def test_docs_allow_styles_in_the_page_and_no_scripts_in_it(client: FlaskClient) -> None:
    response = ask(client, "/docs")
    directives = [each.split() for each in response.headers["Content-Security-Policy"].split(";")]
    policy = {name: values for name, *values in directives}
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["style-src"] == ["'self'", "'unsafe-inline'"]
    assert policy["img-src"] == ["'self'", "data:"]
    tree = tree_of(response, "/docs")
    assert tree.xpath("//script[not(@src)] | //@*[starts-with(name(), 'on')]") == []
    for address in tree.xpath("//script/@src | //link/@href"):
        assert address.startswith("/static/")
        assert ask(client, address).status_code == 200


@pytest.mark.parametrize("target", [*PAGES, "/nowhere"])
def test_every_page_says_whose_it_is_what_licence_it_has_and_that_the_register_is_a_sample(
    target: str, client: FlaskClient
) -> None:
    tree = html.document_fromstring(ask(client, target, headers={"Accept": BROWSER}).text)
    (foot,) = texts(tree, "//footer")
    assert "not an NHS service" in foot
    assert "Open Government Licence v3.0" in foot
    (notice,) = texts(tree, "//body/div[@class='notice']")
    assert "sample" in notice
    assert "2,500 organisations" in notice


def test_a_register_made_by_a_program_is_said_to_be_no_release(odd: FlaskClient) -> None:
    (notice,) = texts(page(odd, "/"), "//body/div[@class='notice']")
    assert "not a published release" in notice


def test_a_published_release_has_no_notice(edges: FlaskClient) -> None:
    assert texts(page(edges, "/"), "//div[@class='notice']") == []


@pytest.mark.parametrize("target", PAGES)
def test_every_link_within_the_server_is_answered(target: str, client: FlaskClient) -> None:
    tree = page(client, target)
    for address in set(tree.xpath("//main//a/@href")):
        if address.startswith("/"):
            assert ask(client, address, headers={"Accept": BROWSER}).status_code == 200, address
        else:
            assert address.startswith(ELSEWHERE), address


def test_links_begin_with_the_path_of_the_public_address(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(base_url="https://example.org/api/ods")
    tree = page(client, "/api/ods/organisations/RR8")
    addresses = tree.xpath("//a/@href | //link/@href | //script/@src | //form/@action")
    assert addresses
    assert all(each.startswith(("/api/ods/", "#", "http", "tel:")) for each in addresses)
    assert tree.xpath("//body/@data-root") == ["/api/ods"]


def test_the_files_of_a_page_may_be_kept_for_long_under_the_address_that_it_gives(
    client: FlaskClient,
) -> None:
    for address in page(client, "/").xpath("//script/@src | //link/@href"):
        response = ask(client, address)
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert ask(client, "/static/pages.css").headers["Cache-Control"] == "no-cache"
    assert ask(client, "/static/nothing.css").status_code == 404


def test_without_a_register_the_pages_say_how_to_load_one(unloaded: FlaskClient) -> None:
    assert "ods-indexer load --demo" in look(unloaded, "/").text
    assert "No register is loaded" in look(unloaded, "/about").text
    assert "No register is loaded" in look(unloaded, "/search?q=leeds", 503).text


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/about",
        "/organisations/RR8",
        "/search?q=leeds",
        "/search.csv?q=leeds",
        "/levels?code=RR8",
        "/codes",
        "/codes/ODSRelationship",
        "/codes/ODSRelationship/RE6",
    ],
)
def test_a_page_that_has_not_changed_is_not_sent_again(target: str, client: FlaskClient) -> None:
    known = look(client, target).headers["ETag"]
    again = ask(client, target, headers={"Accept": BROWSER, "If-None-Match": known})
    assert again.status_code == 304
    if target.startswith(("/organisations", "/levels")):
        data = ask(client, target, headers={"Accept": "application/json", "If-None-Match": known})
        assert data.status_code == 200


# Page or data


@pytest.mark.parametrize("target", ["/organisations/RR8", "/levels?code=RR8", "/levels"])
def test_format_html_gives_the_page_whatever_the_header_says(target: str, client: FlaskClient) -> None:
    response = look(client, f"{target}{'&' if '?' in target else '?'}format=html", accept="application/json")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("target", ["/organisations/RR8", "/levels?code=RR8"])
@pytest.mark.parametrize(
    ("accept", "is_page"),
    [(BROWSER, True), ("text/html", True), ("*/*", False), ("application/json", False), ("text/html;q=0.5, application/json", False), ("text/html;q=.9, */*;q=.8", True), ("", False)],
)  # fmt: skip
def test_the_page_is_only_for_those_who_name_html(
    target: str, accept: str, is_page: bool, client: FlaskClient
) -> None:
    response = look(client, target, accept=accept)
    assert response.headers["Content-Type"].startswith("text/html") == is_page
    assert "Accept" in response.headers["Vary"].split(", ")


@pytest.mark.parametrize("wanted", ["xml", "csv", "json&format=html"])
@pytest.mark.parametrize("accept", [BROWSER, "application/json"])
def test_an_organisation_has_no_other_formats(wanted: str, accept: str, client: FlaskClient) -> None:
    response = look(client, f"/organisations/RR8?format={wanted}", 400, accept)
    assert "format" in response.json["error"]
    assert look(client, "/organisations/RR8?format=", accept=accept).status_code == 200


def test_format_json_gives_a_browser_the_data(client: FlaskClient) -> None:
    assert look(client, "/organisations/RR8?format=json").json["code"] == "RR8"


@pytest.mark.parametrize("target", ["/nowhere", "/organisations/NONE", "/search?status=x"])
def test_an_error_is_a_page_for_a_browser_and_json_for_a_program(target: str, client: FlaskClient) -> None:
    seen = ask(client, target, headers={"Accept": BROWSER})
    read = ask(client, target, headers={"Accept": "application/json"})
    assert seen.status_code == read.status_code >= 400
    assert seen.headers["Content-Type"].startswith("text/html")
    assert read.headers["Content-Type"] == "application/json"
    assert seen.headers["Cache-Control"] == read.headers["Cache-Control"] == "no-store"
    assert set(read.json) == {"error"}


def test_an_error_of_a_lookup_is_json_also_for_a_browser(client: FlaskClient) -> None:
    assert set(look(client, "/lookup?q=leeds&count=0", 400).json) == {"error"}
    assert ask(client, "/lookup", method="POST", headers={"Accept": BROWSER}).json["error"]


def test_a_page_that_is_posted_to_says_what_is_allowed(client: FlaskClient) -> None:
    response = ask(client, "/search", method="POST", headers={"Accept": BROWSER})
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


# Hostile input


@pytest.mark.parametrize("target", ["/search?q={}", "/search?q=leeds&within={}", "/search?status={}", "/search?role={}", "/search?page={}", "/organisations/{}", "/levels?code={}", "/levels?code=RR8&date={}", "/organisations/RR8?relationships={}", "/organisations/RR8?direction={}", "/codes/{}", "/codes/ODSOrganisationRole/{}", "/{}"])  # fmt: skip
def test_nothing_that_is_asked_becomes_markup(target: str, client: FlaskClient) -> None:
    sent = query(("q", HOSTILE))[2:]
    response = ask(client, target.format(sent), headers={"Accept": BROWSER})
    assert response.status_code in {200, 400, 404}
    tree = html.document_fromstring(response.text)
    assert [each.get("src", "") for each in tree.xpath("//script")] == [tree.xpath("//script/@src")[0]]
    assert "9999800001" not in response.text
    assert "alert(1)</script>" not in response.text


def test_nothing_in_a_record_becomes_markup(odd: FlaskClient) -> None:
    for target in (
        "/organisations/H01",
        "/search?q=alert",
        "/organisations/F01",
        "/levels?code=H01",
        "/about",
        "/codes/ODSOrganisationRole",
        "/codes/ODSOrganisationRole/RO177",
        "/codes/ODSRelationship/RE99",
    ):
        tree = page(odd, target)
        assert len(tree.xpath("//script")) == 1, target
        assert tree.xpath("//main//b | //main//i | //main//img") == [], target
    assert texts(page(odd, "/organisations/H01"), "//h1") == ["<script>alert(1)</script> \"Q\" 'A' &amp;"]


def test_only_web_addresses_and_telephone_numbers_become_links(odd: FlaskClient) -> None:
    tree = page(odd, "/organisations/H01")
    contacts = tree.xpath("//section[@aria-labelledby='address']//a/@href")
    assert contacts == [
        "https://www.openstreetmap.org/search?query=LS1%203EX",
        'https://example.org/?a="><b>',
        "tel:01132433144",
    ]


def test_a_map_is_linked_where_the_setting_says_or_nowhere(make_client: Callable[..., FlaskClient]) -> None:
    here, nowhere = make_client(map_url="https://maps.example.org/{postcode}/at"), make_client(map_url="")
    assert page(here, "/organisations/RR8").xpath("//a[contains(., 'Map of')]/@href") == [
        "https://maps.example.org/LS9%207TF/at"
    ]
    assert page(nowhere, "/organisations/RR8").xpath("//a[contains(., 'Map of')]") == []


# Search


def test_a_misspelt_name_and_a_part_of_a_postcode_find_the_hospital(client: FlaskClient) -> None:
    tree = page(client, "/search?q=leeds+genral+infirmry+ls1")
    assert codes(tree)[0] == "RR801"
    (first, *_) = texts(tree, "//ol[@class='results']/li")
    assert "LEEDS, LS1 3EX" in first
    assert "Operated by LEEDS TEACHING HOSPITALS NHS TRUST RR8" in first


def test_a_result_page_has_twenty_and_the_pages_hold_each_result_once(client: FlaskClient) -> None:
    met: list[str] = []
    address: str | None = "/search?role=RO197&status=active"
    while address:
        tree = page(client, address)
        found = codes(tree)
        assert len(found) <= 20
        met += found
        address = next(iter(tree.xpath("//a[@rel='next']/@href")), None)
    (heading,) = texts(tree, "//h2[@id='found']")
    assert heading == f"{len(met)} organisations"
    assert len(set(met)) == len(met) == 202


def test_places_lead_from_a_region_to_its_boards(client: FlaskClient) -> None:
    tree = page(client, "/search?role=RO76")
    (region,) = tree.xpath("//aside//a[contains(., 'NORTH EAST AND YORKSHIRE')]/@href")
    (board,) = page(client, region).xpath("//aside//a[contains(., 'WEST YORKSHIRE INTEGRATED')]/@href")
    tree = page(client, board)
    assert "Belongs to NHS WEST YORKSHIRE INTEGRATED CARE BOARD" in " ".join(
        texts(tree, "//ul[@class='chips']/li")
    )
    assert codes(tree)


def test_a_filter_in_use_can_be_taken_away(client: FlaskClient) -> None:
    chips = page(
        client, "/search?q=leeds&role=RO197&status=active&record-class=RC1&within=Y63&primary-role=RO197"
    ).xpath("//ul[@class='chips']//a/@href")
    assert len(chips) == 5
    assert all(chip.startswith("/search?q=leeds&") for chip in chips)
    left = {
        name
        for chip in chips
        for name in ("&role=", "status", "record-class", "within", "primary-role")
        if name not in chip
    }
    assert left == {"&role=", "status", "record-class", "within", "primary-role"}


def test_a_search_for_nothing_lists_nothing(client: FlaskClient) -> None:
    for target in ("/search", "/search?q=", "/search?q=%20.%20", "/search?status=active"):
        tree = page(client, target)
        assert codes(tree) == []
        assert tree.xpath("//aside//a[contains(., 'PHARMACY')]/@href")


def test_the_title_says_first_what_a_search_found(client: FlaskClient) -> None:
    for target, title in (
        ("/search?q=G81086", "G81086: 1 found"),
        ("/search?role=RO197&status=active&page=2", "Organisations: 202 found, page 2"),
        ("/search?q=zzzzqqqq", "zzzzqqqq: nothing found"),
        ("/search", "Organisations"),
    ):
        assert page(client, target).xpath("string(//title)") == f"{title} – Organisation register"


def test_a_search_that_finds_nothing_says_what_to_try(client: FlaskClient) -> None:
    assert "Nothing found" in look(client, "/search?q=zzzzqqqq").text


@pytest.mark.parametrize(
    "parameters",
    ["page=0", "page=x", "page=501", "status=open", "record-class=RC3", f"q={'a' * 201}", "q=%00", "q=%FF"],
)
def test_a_wrong_parameter_is_a_wrong_request(parameters: str, client: FlaskClient) -> None:
    look(client, f"/search?{parameters}", 400)
    if "page" not in parameters:
        look(client, f"/search.csv?{parameters}", 400)


NAMES = ("q", "status", "record-class", "within")
VALUES = {"q": "leeds", "status": "active", "record-class": "RC1", "within": "QWO"}


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("/lookup?q=leeds", (*NAMES, "count", "facets")),
        ("/search?q=leeds", (*NAMES, "page")),
        ("/search.csv?q=leeds", NAMES),
        ("/organisations/RR8?format=html", ("relationships", "direction", "page", "format")),
    ],
)
def test_a_parameter_of_one_value_is_given_once_and_an_empty_one_counts_as_not_given(
    address: str, names: tuple[str, ...], client: FlaskClient
) -> None:
    for name in names:
        sent = f"{name}={VALUES.get(name, 1)}"
        response = look(client, f"{address}&{sent}&{sent}", 400, "application/json")
        assert "give it once" in response.text, name
    empty = "".join(f"&{name}=" for name in (*names, "role", "primary-role"))
    assert look(client, address + empty).data == look(client, address).data


@pytest.mark.parametrize("address", ["/lookup", "/search", "/search.csv"])
def test_a_list_may_be_sent_in_parts_and_has_an_end(address: str, client: FlaskClient) -> None:
    parts, whole = (f"{address}?q=leeds&role={roles}" for roles in ("RO197&role=ro177", "RO197,RO177"))
    assert look(client, parts).data == look(client, whole).data
    look(client, f"{address}?q=leeds&role={','.join(f'RO{number}' for number in range(101))}", 400)


def test_a_page_that_is_too_far_says_how_to_narrow_the_search_and_keeps_what_was_typed(
    client: FlaskClient,
) -> None:
    tree = page(client, "/search?q=leeds&page=501", 400)
    assert "add a word or a filter" in tree.xpath("string(//main)")
    assert tree.xpath("//input[@id='q']/@value") == ["leeds"]


@pytest.mark.parametrize("question", ["health+bradford", "community+centre", "surgery+street", "surgery+2"])
def test_the_pages_reach_all_that_is_found_though_others_come_between(
    question: str, client: FlaskClient
) -> None:
    wanted = {row["code"] for row in rows(look(client, f"/search.csv?q={question}"))}
    met: list[str] = []
    address: str | None = f"/search?q={question}"
    while address:
        tree = page(client, address)
        met += codes(tree)
        address = next(iter(tree.xpath("//a[@rel='next']/@href")), None)
    assert len(wanted) > 20
    assert wanted <= set(met)


def test_what_is_listed_beside_what_is_counted_is_said(client: FlaskClient) -> None:
    tree = page(client, "/search?q=boots+ls1")
    (heading,), listed = texts(tree, "//h2[@id='found']"), len(codes(tree))
    (note,) = [each for each in texts(tree, "//main//p") if "more are listed" in each]
    assert int(heading.split()[0]) + int(note.split()[0]) == listed


def test_a_search_that_finds_too_much_says_so_on_its_page_and_instead_of_a_file(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "LONGEST", 20)
    tree = page(client, "/search?q=surgery")
    assert "The list ends after 20" in tree.xpath("string(//main)")
    assert tree.xpath("//a[contains(., 'Download')]") == []
    said = page(client, "/search.csv?q=surgery", 400).xpath("string(//main)")
    assert re.search(r"finds \d+ organisations: add words or filters, for 20 at most", said)


@pytest.mark.parametrize(
    "question", ["q=surgery", "q=leeds+genral+infirmry", "q=boots+ls1", "q=park+road&status=inactive"]
)
def test_a_filter_leaves_as_many_as_it_says(question: str, client: FlaskClient) -> None:
    choices = page(client, f"/search?{question}").xpath("//aside//li/a")
    assert len(choices) >= 3
    for choice in choices[:12]:
        (count,) = choice.xpath("span[@class='n']/text()")
        (heading,) = texts(page(client, choice.get("href")), "//h2[@id='found']")
        assert heading.split()[0] == count, choice.get("href")


def test_a_practice_and_a_board_say_what_people_call_them(client: FlaskClient) -> None:
    for target in ("/search?q=G81086", "/organisations/G81086"):
        assert "PRESCRIBING COST CENTRE, GP PRACTICE" in texts(page(client, target), "//main")[0]
    assert "INTEGRATED CARE BOARD" in texts(page(client, "/organisations/QWO"), "//div[@class='title']")[0]


def test_a_search_is_offered_only_among_what_belongs_to_an_organisation(client: FlaskClient) -> None:
    (address,) = page(client, "/organisations/QWO").xpath("//a[contains(., 'Search among')]/@href")
    assert codes(page(client, address))
    assert not page(client, "/organisations/00K").xpath("//a[contains(., 'Search among')]")
    members = page(client, "/organisations/RR8?relationships=RE6&direction=in")
    assert members.xpath("//a[contains(., 'Search among')]/@href") == ["/search?within=RR8"]


@pytest.mark.parametrize(
    "address", ["/search?role=RO197", "/organisations/RR8?relationships=RE6&direction=in"]
)
def test_a_page_after_the_last_is_empty_and_leads_to_the_first(address: str, client: FlaskClient) -> None:
    (first,) = page(client, f"{address}&page=500").xpath("//p[contains(., 'The list ends')]/a/@href")
    assert sorted(first.partition("?")[2].split("&")) == sorted(address.partition("?")[2].split("&"))
    assert texts(page(client, first), "//main//ol/li | //main//ul[@class='members']/li")


def test_numbers_beside_a_chosen_role_say_what_they_count(client: FlaskClient) -> None:
    said = "Each number is that of its role alone"
    assert said in look(client, "/search?q=leeds&role=RO177").text
    assert said not in look(client, "/search?q=leeds").text


# Files


def rows(response: TestResponse) -> list[dict[str, str]]:
    """Return the rows of a file."""
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="organisations.csv"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    return list(csv.DictReader(StringIO(response.text)))


def test_all_that_is_found_is_a_file_in_order_of_code(client: FlaskClient) -> None:
    found = rows(look(client, "/search.csv?role=RO197&status=active"))
    assert [row["code"] for row in found] == sorted(row["code"] for row in found)
    assert len(found) == 202
    assert next(row for row in found if row["code"] == "RR8") == {
        "code": "RR8", "name": "LEEDS TEACHING HOSPITALS NHS TRUST", "status": "active", "primary_role": "RO197",
        "town": "LEEDS", "postcode": "LS9 7TF", "opened": "1998-04-01", "closed": "",
    }  # fmt: skip


def test_a_file_of_nothing_has_only_the_names_of_the_columns(client: FlaskClient) -> None:
    assert look(client, "/search.csv").text == "code,name,status,primary_role,town,postcode,opened,closed\r\n"


def test_no_cell_of_a_file_is_taken_for_a_formula(odd: FlaskClient) -> None:
    found = rows(look(odd, "/search.csv?q=LS1+3EX"))
    assert [(row["name"], row["town"], row["closed"]) for row in found] == [
        ("'=1+1", '\'+LEEDS, "NORTH"', "2020-01-31"),
        ("'-2", "", ""),
        ("'@SUM(A1)", "", ""),
        ("<script>alert(1)</script> \"Q\" 'A' &amp;", 'LEEDS"', ""),
    ]


# An organisation


@pytest.mark.parametrize("code", ["rr8", "RR8", "%20RR8"])
def test_an_organisation_is_found_whatever_the_case_of_its_code(code: str, client: FlaskClient) -> None:
    assert texts(page(client, f"/organisations/{code}"), "//h1") == ["LEEDS TEACHING HOSPITALS NHS TRUST"]


def test_a_closed_organisation_says_so_first_and_leads_to_its_heir(client: FlaskClient) -> None:
    tree = page(client, "/organisations/00K")
    (panel,) = tree.xpath("//section[@aria-labelledby='closed']")
    assert panel.xpath("string(h2)") == "Closed on 31 March 2020"
    assert panel.xpath(".//a/@href") == ["/organisations/16C"]
    assert "Succeeded by NHS NORTH EAST" in texts(tree, "//ol[@class='time']")[0]
    assert texts(page(client, "/organisations/RR8"), "//section[@aria-labelledby='closed']") == []


def test_an_organisation_that_is_still_to_open_is_not_called_closed(odd: FlaskClient) -> None:
    tree = page(odd, "/organisations/T01")
    assert "Opens on 1 April 2027" in texts(tree, "//div[@class='title']")[0]
    assert "Closed" not in tree.xpath("string(//main)")


def test_an_organisation_that_is_over_by_law_says_so_though_the_register_has_it_active(
    odd: FlaskClient,
) -> None:
    tree = page(odd, "/organisations/T02")
    assert tree.xpath("string(//h2[@id='closed'])") == "No longer in being"


def test_the_successor_names_whom_it_took_over_from(client: FlaskClient) -> None:
    (line,) = texts(page(client, "/organisations/16C"), "//ol[@class='time']")
    assert re.search(r"1 April 2020\s?Took over from .*00K", line)


def test_a_practice_shows_where_it_belongs(client: FlaskClient) -> None:
    tree = page(client, "/organisations/G81086")
    (levels,) = texts(tree, "//section[@aria-labelledby='levels']")
    for name in ("Commissioner", "97R", "Integrated care board", "QNX", "NHS England region", "Y59"):
        assert name in levels


def test_relationships_are_counted_and_paged_in_both_directions(client: FlaskClient) -> None:
    tree = page(client, "/organisations/RR8")
    (more,) = tree.xpath("//section[contains(h3, 'Operates')]/a[contains(., 'Show all')]")
    total = int(re.search(r"\d+", more.text_content())[0])
    met: list[str] = []
    address: str | None = more.get("href")
    while address:
        tree = page(client, address)
        met += texts(tree, "//ul[@class='members']//span[@class='code']")
        address = next(iter(tree.xpath("//a[@rel='next']/@href")), None)
    assert len(set(met)) == len(met) == total > 150
    site = page(client, "/organisations/RR801")
    assert site.xpath("//section[contains(h3, 'Operated by')]//a/@href")[0] == "/organisations/RR8"


@pytest.mark.parametrize("parameters", ["direction=up", "page=0", "relationships=RE6&page=x"])
def test_a_wrong_page_of_relationships_is_a_wrong_request(parameters: str, client: FlaskClient) -> None:
    look(client, f"/organisations/RR8?{parameters}", 400)


def test_a_type_of_relationship_that_nothing_has_keeps_its_id(client: FlaskClient) -> None:
    tree = page(client, "/organisations/RR8?relationships=re99")
    assert (tree.xpath("string(//h1)"), "There are none" in tree.xpath("string(//main)")) == ("RE99", True)


def test_a_type_of_relationship_that_we_do_not_know_is_shown_by_its_own_name(odd: FlaskClient) -> None:
    assert "Is <i>new</i> to 1" in texts(page(odd, "/organisations/H01"), "//section[@class='kind']/h3")
    assert any(
        "said of this organisation by others" in each
        for each in texts(page(odd, "/organisations/F01"), "//h3")
    )


# Levels


def test_codes_may_be_pasted_in_any_form_and_stay_in_their_order(client: FlaskClient) -> None:
    tree = page(client, "/levels?code=rr801%0D%0A%20G81086%3B%2Czzz")
    assert texts(tree, "//tbody/tr/th/span[@class='code']") == ["RR801", "G81086", "ZZZ"]
    assert "Unknown code" in texts(tree, "//tbody/tr[3]")[0]
    assert "QNX" in texts(tree, "//tbody/tr[2]")[0]
    (address,) = tree.xpath("//a[contains(., 'Download')]/@href")
    assert address == "/levels?code=RR801%2CG81086%2CZZZ&format=csv"


def test_levels_on_a_date_are_those_of_that_day(client: FlaskClient) -> None:
    tree = page(client, "/levels?code=00K&date=2016-06-01")
    assert texts(tree, "//h2[@id='found']") == ["1 code on 1 June 2016"]
    assert "00K" in texts(tree, "//tbody/tr/td[4]")[0]


@pytest.mark.parametrize(("parameters", "field"), [("code=RR8&date=x", "date"), ("code=RR8&date=2025-02-30", "date"), (f"code={'A,' * 501}", "code")])  # fmt: skip
def test_a_fault_is_shown_in_the_form(parameters: str, field: str, client: FlaskClient) -> None:
    tree = page(client, f"/levels?{parameters}", 400)
    assert tree.xpath("//div[@role='alert']//a/@href") == [f"#{field}"]
    assert tree.xpath(f"//*[@id='{field}']/@aria-invalid") == ["true"]


@pytest.mark.parametrize("given", ["date=2016-06-01&date=2022-06-01", "date=&date=2016-06-01"])
def test_a_date_given_twice_is_a_fault_of_the_form(given: str, client: FlaskClient) -> None:
    tree = page(client, f"/levels?code=RR8&{given}", 400)
    assert tree.xpath("//div[@role='alert']//a/@href") == ["#date"]
    assert "2 times" in texts(tree, "//div[@role='alert']")[0]


def test_a_format_given_twice_is_refused(client: FlaskClient) -> None:
    assert "2 times" in page(client, "/levels?code=RR8&format=html&format=csv", 400).text_content()


def test_the_form_sends_an_empty_date_and_means_today(client: FlaskClient) -> None:
    assert texts(page(client, "/levels?code=RR8&date="), "//h2[@id='found']") == texts(
        page(client, "/levels?code=RR8"), "//h2[@id='found']"
    )


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/html;q=0.5, text/csv", "text/csv"),
        ("text/html;q=0.5, text/csv;q=0.4", "text/html"),
        ("text/html, text/csv", "text/html"),
        ("text/html;q=0.5, text/csv;q=0.6, application/json;q=0.7", "application/json"),
        ("text/html;q=0.5, application/json;q=0.4, text/csv", "text/csv"),
    ],
)
def test_levels_come_as_what_accept_likes_best(accept: str, media_type: str, client: FlaskClient) -> None:
    assert look(client, "/levels?code=RR8", accept=accept).mimetype == media_type


def test_an_organisation_is_no_csv(client: FlaskClient) -> None:
    assert look(client, "/organisations/RR8", accept="text/html;q=0.5, text/csv").mimetype == "text/html"


def test_five_hundred_codes_fit_into_the_address(client: FlaskClient) -> None:
    listed = "%0D%0A".join(f"ABCDEF{number:03}" for number in range(500))
    assert len(texts(page(client, f"/levels?code={listed}&date="), "//tbody/tr")) == 500


# This server


def test_the_numbers_of_this_server_are_those_of_the_register(client: FlaskClient) -> None:
    tree = page(client, "/about")
    assert texts(tree, "//dl[@class='numbers']//dd") == ["11 December 2025", "2,500", "2,173", "327"]
    shown = [int(each.replace(",", "")) for each in texts(tree, "//table[@class='chart']//td[@class='n']")]
    assert sum(shown) == 2500
    assert texts(tree, "//tr[contains(., 'Live')]/th") == ["2025-12-11.1"]


def test_a_row_of_the_chart_leads_to_as_many_as_it_says_are_active(client: FlaskClient) -> None:
    for row in page(client, "/about").xpath("//table[@class='chart'][1]/tbody/tr")[:6]:
        (heading,) = texts(page(client, row.xpath("th/a/@href")[0]), "//h2[@id='found']")
        assert heading.split()[0] == row.xpath("string(td[@class='n'][1])")


def test_every_example_is_answered(client: FlaskClient) -> None:
    examples = page(client, "/about").xpath("//*[@data-run]")
    assert len(examples) > 8
    for example in examples:
        response = ask(
            client, urljoin("/about", example.get("data-run")), headers={"Accept": example.get("data-accept")}
        )
        assert response.status_code == 200, example.get("data-run")
        assert not response.headers["Content-Type"].startswith("text/html")


def test_a_country_is_shown_also_where_no_other_level_is_known(client: FlaskClient) -> None:
    (levels,) = texts(page(client, "/organisations/5N1"), "//section[@aria-labelledby='levels']")
    assert "ENGLAND" in levels
    assert "does not say" not in levels
