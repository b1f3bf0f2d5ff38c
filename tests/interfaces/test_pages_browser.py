"""The pages in a real Chromium: typing, filtering, links, narrow screens, dark, and axe on each page."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, expect

from tests.conftest import SAMPLE
from tests.interfaces.sockets import Running, running

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # the pages are those of any engine

PAGES = {
    "start": "/",
    "about": "/about",
    "results": "/search?q=leeds&status=active",
    "nothing found": "/search?q=leeds&role=RO999",
    "trust": "/organisations/RR8",
    "closed": "/organisations/00K",
    "practice": "/organisations/G81086",
    "sites": "/organisations/RR8?relationships=RE6&direction=in&page=2",
    "codes": "/codes",
    "code system": "/codes/ODSOrganisationRole",
    "codes of the register": "/codes/ods-organization-code",
    "role": "/codes/ODSOrganisationRole/RO76",
    "relationship type": "/codes/ODSRelationship/RE6",
    "levels": "/levels?code=RR801,G81086,00K,ZZZ&date=2025-12-11",
    "fault in a form": "/levels?code=RR8&date=x",
    "error": "/organisations/NONE",
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def site(loaded: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server over the sample for all tests of this file."""
    folder = tmp_path_factory.mktemp("pages")
    with running(loaded(SAMPLE), folder, ODS_NOW="2026-01-15T12:00:00Z") as made:
        yield made


SIZE = {"width": 1280, "height": 720}


@pytest.fixture(scope="module")
def session(chrome: Browser, site: Running) -> Iterator[BrowserContext]:
    """A session of the browser for the tests that need no settings of their own: the pages store nothing.

    A process of Chromium starts with each session, and compiles the scripts and axe anew.
    """
    with chrome.new_context(base_url=site.address, reduced_motion="reduce", viewport=SIZE) as made:
        made.new_page()
        yield made
        assert made.storage_state() == {"cookies": [], "origins": []}


@pytest.fixture
def visit(chrome: Browser, site: Running, session: BrowserContext) -> Iterator[Callable[..., Page]]:
    """What opens a page in a window; no page logs an error, and none asks another server."""
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def opened(path: str, **options: object) -> Page:
        if options:
            context = chrome.new_context(base_url=site.address, reduced_motion="reduce", **options)
            contexts.append(context)
            page = context.new_page()
        else:
            (page,) = session.pages
            page.set_viewport_size(SIZE)
            page.emulate_media(color_scheme="light", reduced_motion="reduce")
        for event, heard in (("console", console), ("pageerror", error), ("request", request)):
            page.on(event, heard)
        page.goto(path)
        return page

    def console(message: ConsoleMessage) -> None:
        said.append(message.text)

    def error(thrown: Error) -> None:
        said.append(str(thrown))

    def request(made: Request) -> None:
        if not made.url.startswith(site.address):
            said.append(made.url)

    yield opened
    for context in contexts:
        context.close()
    (page,) = session.pages
    for event, heard in (("console", console), ("pageerror", error), ("request", request)):
        page.remove_listener(event, heard)
    assert [
        text
        for text in said
        if "Failed to load resource: the server responded with a status of 4" not in text
    ] == []


# Typing


def test_typing_suggests_and_enter_opens_the_suggestion_that_the_arrows_chose(
    visit: Callable[..., Page],
) -> None:
    page = visit("/")
    box = page.get_by_role("combobox", name="Name, code, town or postcode")
    box.press_sequentially("leeds general inf")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("LEEDS GENERAL INFIRMARY")
    expect(options.first).to_contain_text("LEEDS TEACHING HOSPITALS NHS TRUST")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    box.press("ArrowUp")
    box.press("Enter")
    expect(page).to_have_url(re.compile("/organisations/RR801$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("LEEDS GENERAL INFIRMARY")


def test_the_arrows_go_round_through_the_box(visit: Callable[..., Page]) -> None:
    page = visit("/")
    box = page.get_by_role("combobox")
    box.press_sequentially("leeds")
    expect(page.get_by_role("option")).to_have_count(8)
    box.press("ArrowUp")
    expect(page.get_by_role("option").last).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") is None
    expect(page.locator("[aria-selected=true]")).to_have_count(0)


def test_enter_without_a_choice_searches_and_back_returns(visit: Callable[..., Page]) -> None:
    page = visit("/")
    page.get_by_role("combobox").fill("leeds genral infirmry ls1")
    page.get_by_role("combobox").press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=leeds\+genral\+infirmry\+ls1$"))
    page.locator(".results a").first.click()
    expect(page).to_have_url(re.compile("/organisations/RR801$"))
    page.get_by_role("link", name="LEEDS TEACHING HOSPITALS NHS TRUST").first.click()
    expect(page).to_have_url(re.compile("/organisations/RR8$"))
    page.go_back()
    page.go_back()
    expect(page.get_by_role("combobox")).to_have_value("leeds genral infirmry ls1")
    expect(page.locator(".results a").first).to_have_text("LEEDS GENERAL INFIRMARY")


def test_escape_and_leaving_the_box_close_the_suggestions(visit: Callable[..., Page]) -> None:
    page = visit("/organisations/RR8")
    box = page.get_by_role("combobox")
    for leave in (lambda: box.press("Escape"), lambda: box.press("Tab")):
        box.fill("")
        box.press_sequentially("leed")
        expect(page.get_by_role("option").first).to_be_visible()
        leave()
        expect(page.get_by_role("listbox")).to_be_hidden()
        expect(box).to_have_attribute("aria-expanded", "false")


def test_a_suggestion_can_be_clicked(visit: Callable[..., Page]) -> None:
    page = visit("/")
    page.get_by_role("combobox").press_sequentially("RR8")
    page.get_by_role("option").first.click()
    expect(page).to_have_url(re.compile("/organisations/RR8$"))


def test_suggestions_keep_to_the_filters_in_use(visit: Callable[..., Page]) -> None:
    page = visit("/search?role=RO197")
    page.get_by_role("combobox").press_sequentially("leeds")
    expect(page.get_by_role("option").first).to_contain_text("NHS TRUST")
    assert all("NHS TRUST SITE" not in text for text in page.get_by_role("option").all_text_contents())


# Filtering


def test_filters_narrow_the_results_and_can_be_removed_again(visit: Callable[..., Page]) -> None:
    page = visit("/search?q=leeds")
    before = page.locator("#found").inner_text()
    choice = page.get_by_role("list", name="Role").get_by_role("link").first
    number = choice.locator(".n").inner_text()
    choice.click()
    expect(page.locator("#found")).to_have_text(re.compile(f"^{number} "))
    expect(choice).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="Remove the filter").click()
    expect(page.locator("#found")).to_have_text(before)


def test_the_file_of_a_search_is_downloaded(visit: Callable[..., Page]) -> None:
    page = visit("/search?role=RO318")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download as CSV").click()
    assert started.value.suggested_filename == "organisations.csv"
    assert started.value.path().read_text().count("RO261") == 42


# Copying, running, pasting


def test_a_code_is_copied(visit: Callable[..., Page]) -> None:
    page = visit("/organisations/RR8", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the code RR8").click()
    expect(page.get_by_role("button", name="Copied the code RR8")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "RR8"
    page.get_by_role("button", name="Copy name and address").click()
    expect(page.get_by_role("button", name="Copied name and address")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith(
        "LEEDS TEACHING HOSPITALS NHS TRUST\nST. JAMES'S"
    )


def test_an_example_runs_on_the_page(visit: Callable[..., Page]) -> None:
    page = visit("/about")
    page.get_by_role("button", name="Run One whole record").click()
    answer = page.get_by_role("region", name="Answer to One whole record")
    expect(answer).to_contain_text('"OrgId"')
    assert json.loads(answer.inner_text())["Organisation"]["Name"] == "LEEDS TEACHING HOSPITALS NHS TRUST"
    expect(page.get_by_text(re.compile(r"200 OK, \d+ ms"))).to_be_visible()


def test_a_pasted_column_of_codes_becomes_a_table(visit: Callable[..., Page]) -> None:
    page = visit("/levels")
    page.get_by_role("textbox", name="Codes").fill("RR801\nG81086\n")
    page.get_by_label("Date").fill("2025-12-11")
    page.get_by_role("button", name="Show where they belong").click()
    expect(page).to_have_url(re.compile(r"/levels\?code=RR801%2CG81086&date=2025-12-11$"))
    expect(page.get_by_role("row")).to_have_count(3)
    expect(page.get_by_role("row").nth(1)).to_contain_text("LEEDS TEACHING HOSPITALS NHS TRUST")


# The OpenAPI document


def test_docs_show_each_address_of_an_interface_and_send_a_request(visit: Callable[..., Page]) -> None:
    page = visit("/about")
    page.get_by_role("link", name="All addresses").click()
    for name, address in (
        ("FHIR R4", "GET /R4/Organization/{id} One Organization"),
        ("Pages", "GET /codes/{system_id} A code system"),
        ("Lookup and levels", "GET /lookup Organisations that a text may mean, the best first"),
    ):
        button = page.get_by_role("button", name=address, exact=True)
        expect(button).to_be_hidden()
        page.get_by_role("link", name=name, exact=True).click()
        expect(button).to_be_visible()
    page.get_by_role("button", name="Organisations that a text may mean").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_placeholder("q", exact=True).fill("leeds genral infirmry")
    page.get_by_placeholder("count").fill("1")
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".request-url")).to_contain_text("/lookup?q=leeds%20genral%20infirmry&count=1")
    expect(page.locator(".live-responses-table .microlight").first).to_contain_text("RR801")


def test_docs_have_nothing_to_mend_but_what_swagger_ui_makes(visit: Callable[..., Page]) -> None:
    page = visit("/docs")
    page.locator(".opblock-tag").first.wait_for()
    wcag = RULES[:-1]  # Swagger UI has a second landmark "main" of its own
    assert problems(page, wcag, {"exclude": [["#docs"]]}) == ""
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_docs_are_dark_where_all_is_dark(visit: Callable[..., Page]) -> None:
    colour = "path => getComputedStyle(path).color"
    light, dark = (
        visit("/docs", color_scheme=scheme).locator(".opblock-tag").first.evaluate(colour)
        for scheme in ("light", "dark")
    )
    assert sum(map(int, re.findall(r"\d+", light)[:3])) < 300
    assert sum(map(int, re.findall(r"\d+", dark)[:3])) > 450


# Without scripts, by keyboard, on narrow screens


def test_everything_works_without_scripts(visit: Callable[..., Page]) -> None:
    page = visit("/", java_script_enabled=False)
    page.get_by_label("Name, code, town or postcode").fill("leeds teaching")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("list", name="Status").get_by_role("link", name="Active").click()
    page.get_by_role("link", name="LEEDS TEACHING HOSPITALS NHS TRUST", exact=True).click()
    page.get_by_role("link", name="Show all").first.click()
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("[aria-current=page]")).to_have_text("Page 2")
    page.get_by_role("link", name="Levels").click()
    page.get_by_role("textbox", name="Codes").fill("RR801\nG81086")
    page.get_by_role("button", name="Show where they belong").click()
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_role("link", name="This server").click()
    page.get_by_role("link", name="/ORD/2-0-0/roles").click()
    assert "GP PRACTICE" in page.content()


def test_the_first_key_leads_past_the_head_of_the_page(visit: Callable[..., Page]) -> None:
    page = visit("/organisations/RR8")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


# Everybody


def problems(page: Page, rules: list[str] = RULES, context: dict[str, Any] | None = None) -> str:
    """Return what axe finds in light and in dark; in a part of the page if `context` says so."""
    reports = []
    for scheme, axe in (("light", Axe()), ("dark", Axe(axe_script="0"))):  # it stays in the page
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = axe.run(page, context, options={"runOnly": rules, "resultTypes": ["violations"]})
        reports += [found.generate_report()] if found.violations_count else []
    return "\n".join(reports)


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_axe_finds_nothing_to_mend_and_nothing_is_wider_than_a_narrow_screen(
    path: str, visit: Callable[..., Page]
) -> None:
    page = visit(path)
    assert problems(page) == ""
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_axe_finds_nothing_to_mend_while_suggestions_are_open(visit: Callable[..., Page]) -> None:
    page = visit("/")
    page.get_by_role("combobox").press_sequentially("leeds")
    page.get_by_role("option").first.wait_for()
    page.get_by_role("combobox").press("ArrowDown")
    assert problems(page) == ""


def test_suggestions_and_the_chart_fit_a_narrow_screen(visit: Callable[..., Page]) -> None:
    page = visit("/about", viewport={"width": 360, "height": 740})
    chart = page.get_by_role("region", name="Organisations by role").first
    assert chart.evaluate("each => each.scrollWidth <= each.clientWidth")
    page.get_by_role("combobox").press_sequentially("leeds")
    page.get_by_role("option").first.wait_for()
    assert page.get_by_role("listbox").bounding_box()["width"] > 300


def test_the_title_of_results_says_how_many_there_are(visit: Callable[..., Page]) -> None:
    page = visit("/")
    page.get_by_role("combobox").fill("G81086")
    page.get_by_role("combobox").press("Enter")
    expect(page).to_have_title(re.compile("^G81086: 1 found"))


def test_dark_is_dark_and_light_is_light(visit: Callable[..., Page]) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    light, dark = (visit("/", color_scheme=scheme).evaluate(colour) for scheme in ("light", "dark"))
    assert sum(map(int, re.findall(r"\d+", light))) > 700
    assert sum(map(int, re.findall(r"\d+", dark))) < 120
