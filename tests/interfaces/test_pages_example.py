"""The form of docs/examples/browser in a real Chromium, at another address than the server."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.interfaces.sockets import Running

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "browser" / "organisation.html"
SYSTEM = "https://fhir.nhs.uk/Id/ods-organization-code"


class Silent(SimpleHTTPRequestHandler):
    """Serves files, and writes no log."""

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@contextmanager
def files(folder: Path) -> Iterator[str]:
    """Serve a folder; returns the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def form(chrome: Browser, server: Running, tmp_path: Path) -> Iterator[Page]:
    """The form, open in a fresh window; it logs no error."""
    text = EXAMPLE.read_text().replace("http://127.0.0.1:8000", server.address)
    tmp_path.joinpath("index.html").write_text(text)
    said: list[str] = []
    with files(tmp_path) as address:
        context = chrome.new_context(viewport={"width": 360, "height": 740})
        page = context.new_page()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{address}/index.html")
        yield page
        context.close()
    assert said == []


def coding(page: Page) -> object:
    """Return what the form would send of the organisation."""
    sent = page.locator("[name=coding]").input_value()
    return json.loads(sent) if sent else None


def test_arrows_and_enter_choose_an_organisation_which_the_form_sends_as_a_coding(form: Page) -> None:
    box = form.get_by_role("combobox", name="Organisation")
    box.press_sequentially("leeds gen inf")
    options = form.get_by_role("option")
    expect(options.first).to_have_text("LEEDS GENERAL INFIRMARY, LEEDS, RR801")
    expect(form.get_by_role("status")).to_have_text(
        re.compile(r"^\d+ found: choose with the arrows and Enter$")
    )
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    box.press("ArrowUp")
    expect(form.locator("[aria-selected=true]")).to_have_count(0)
    box.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    box.press("ArrowDown")
    box.press("Enter")
    chosen = {"system": SYSTEM, "code": "RR801", "display": "LEEDS GENERAL INFIRMARY"}
    assert coding(form) == chosen
    expect(box).to_have_value("LEEDS GENERAL INFIRMARY")
    expect(form.get_by_role("status")).to_have_text("LEEDS GENERAL INFIRMARY (RR801) is chosen")
    expect(form.get_by_role("listbox")).to_be_hidden()
    form.get_by_role("button", name="Send").click()
    form.wait_for_url("**?coding=*")
    assert json.loads(parse_qs(urlsplit(form.url).query)["coding"][0]) == chosen


def test_a_click_chooses_and_typing_again_forgets_the_choice(form: Page) -> None:
    box = form.get_by_role("combobox")
    box.press_sequentially("RR801")
    form.get_by_role("option", name="LEEDS GENERAL INFIRMARY").click()
    assert coding(form) == {"system": SYSTEM, "code": "RR801", "display": "LEEDS GENERAL INFIRMARY"}
    box.press_sequentially("x")
    assert coding(form) is None


def test_escape_and_leaving_the_box_close_the_list_without_a_choice(form: Page) -> None:
    box = form.get_by_role("combobox")
    for leave in ("Escape", "Tab"):
        box.fill("")
        box.press_sequentially("leeds")
        expect(form.get_by_role("option")).to_have_count(10)
        box.press("ArrowDown")
        box.press(leave)
        expect(form.get_by_role("listbox")).to_be_hidden()
        expect(box).to_have_attribute("aria-expanded", "false")
        assert coding(form) is None


def test_the_status_says_that_nothing_fits_and_that_the_server_does_not_answer(form: Page) -> None:
    box, status = form.get_by_role("combobox"), form.get_by_role("status")
    box.fill("zzzzqqqq")
    expect(status).to_have_text("None found")
    form.route("**/R4/**", lambda route: route.abort())
    box.fill("leeds")
    expect(status).to_have_text("The list of organisations cannot be read now")


def test_axe_finds_nothing_to_mend_and_the_list_fits_a_narrow_screen(form: Page) -> None:
    form.get_by_role("combobox").press_sequentially("leeds")
    form.get_by_role("option").first.wait_for()
    form.get_by_role("combobox").press("ArrowDown")
    found = Axe().run(form, options={"resultTypes": ["violations"]})
    assert (found.violations_count, found.generate_report() if found.violations_count else "") == (0, "")
    assert form.evaluate("document.documentElement.scrollWidth") <= 360
