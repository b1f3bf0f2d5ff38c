"""What answers cost in requests to a real Elasticsearch, and which generation they come from."""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import flask.testing
import pytest
import requests

from app.clock import clock
from app.engine import open_index
from app.engine.elastic import index as index_module
from app.engine.elastic import register as register_module
from app.engine.elastic import warm
from app.engine.port import NotLoaded
from app.register.query import Query
from app.settings import Settings
from app.wsgi import create_app
from indexer.load import LoadOptions, load
from tests.engines import drop, indices
from tests.releases import tiny

CODES = [f"A{number:02}" for number in range(30)]
START = datetime(2026, 1, 30, tzinfo=UTC)
READS = (
    "/STU3/Organization/A07",
    "/STU3/ValueSet/ODSAPI-OrganizationRole-1",
    "/ORD/2-0-0/organisations/A07",
    "/ORD/2-0-0/roles/RO177",
)
SEARCHES = (
    "/STU3/Organization?name:contains=urger&_sort=-name",
    "/STU3/CodeSystem",
    "/ORD/2-0-0/organisations?Name=SURGERY",
    "/ORD/2-0-0/sync?LastChangeDate=2026-01-01",
    "/ORD/2-0-0/notifications",
)


_LOADS = count()


@dataclass
class Register:
    """An index that is loaded again and again; the n-th release has its number in every name."""

    url: str
    folder: Path
    number: int = 0

    def load(self, codes: Sequence[str] = CODES) -> None:
        """Load the next release, as another process does."""
        self.number += 1
        path = tiny(
            self.folder / f"{self.number}.xml",
            date(2026, 1, 29),
            dict.fromkeys(codes, f"SURGERY G{self.number}"),
        )
        # No two generations of these tests are equal: what a process keeps of one is not that of another.
        now = clock(START + timedelta(minutes=self.number, microseconds=next(_LOADS)))
        load([path], open_index(self.url), now, LoadOptions(validate="none"))

    def client(self) -> flask.testing.FlaskClient:
        """Return a client of a server that has asked nothing yet."""
        return create_app(Settings(index=self.url, now=START + timedelta(hours=1))).test_client()


@pytest.fixture
def register(elasticsearch: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Register]:
    """A register with one generation."""
    made = Register(f"{elasticsearch}/r{abs(hash(request.node.name)):x}", tmp_path)
    made.load()
    yield made
    drop(made.url)


@pytest.fixture
def asked(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """A function that returns the requests to the cluster since its last call, without the index's name."""
    caplog.set_level(logging.INFO, "elastic_transport.transport")

    def since() -> list[str]:
        lines = [record.getMessage() for record in caplog.records if record.name.startswith("elastic")]
        caplog.clear()
        found = (re.match(r"(\w+) (\S+) \[status:", line) for line in lines)
        targets = [(match[1], urlsplit(match[2]).path) for match in found if match]
        return [f"{method} {path.partition('/')[2].partition('/')[2]}" for method, path in targets]

    return since


@pytest.fixture
def lasting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is known of the live generation last for the whole test."""
    monkeypatch.setattr(index_module, "NOTICED_WITHIN", 3600)


@contextmanager
def delayed(base: str, path: str, seconds: float) -> Iterator[str]:
    """Pass requests on to a cluster, the first one to this path of an index after so many seconds."""
    left = [seconds]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if left and path in self.path:
                time.sleep(left.pop(0))
            answer = requests.request(
                self.command, base + self.path, headers=dict(self.headers), data=body, timeout=60
            )
            self.send_response(answer.status_code)
            for name in ("Content-Type", "X-Elastic-Product"):
                self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def names(response: flask.Response) -> set[str]:
    """Return the names that a body holds, of the generation that it comes from."""
    return set(re.findall(r"SURGERY G\d+", response.get_data(as_text=True)))


@pytest.mark.usefixtures("lasting")
def test_reads_and_searches_are_one_request_each_and_the_master_is_asked_once(
    register: Register, asked: Callable[[], list[str]]
) -> None:
    register.load(CODES[:-1])
    asked()
    client = register.client()
    assert client.get("/health/ready").status_code == 200
    assert asked()[-1] == "GET _mapping"
    for path in READS:
        assert client.get(path).status_code == 200
        (one,) = asked()
        assert one.startswith("GET _doc/")
    for path in SEARCHES:
        assert client.get(path).status_code == 200
        assert asked() == ["POST _search"]
    for path in ("/health/ready", "/STU3/metadata"):
        assert client.get(path).status_code == 200
        assert asked() == []
    assert client.get("/STU3/Organization/NONE").status_code == 404
    assert asked() == ["GET _doc/NONE"]


@pytest.mark.usefixtures("lasting")
def test_a_search_of_a_kind_without_entries_is_no_request(
    register: Register, asked: Callable[[], list[str]]
) -> None:
    client = register.client()
    client.get("/health/ready")
    asked()
    assert client.get("/ORD/2-0-0/notifications").get_json() == {"DeletedOrganisations": []}
    assert asked() == []
    assert not {name for name in indices(register.url) if "deletion" in name}


def test_a_read_of_a_kind_sees_at_once_that_another_generation_has_entries_of_it_or_none(
    register: Register,
) -> None:
    index = open_index(register.url)
    gone = CODES[-1]

    def deleted() -> bool:
        live, found = index.read("deletion", gone, "ord")
        assert live.generation == open_index(register.url).live().generation
        return found is not None

    assert not deleted()
    register.load(CODES[:-1])
    assert deleted()
    open_index(register.url).rollback(START)
    assert not deleted()
    drop(register.url)
    with pytest.raises(NotLoaded):
        deleted()


@pytest.mark.usefixtures("lasting")
def test_a_page_is_its_record_its_successions_and_all_numbers_and_names_are_read_once(
    register: Register, asked: Callable[[], list[str]]
) -> None:
    client = register.client()
    client.get("/health/ready")
    asked()
    assert client.get("/organisations/A07", headers={"Accept": "text/html"}).status_code == 200
    assert sorted(asked()) == ["GET _doc/A07", "GET _doc/rels", "GET _doc/roles", *["POST _search"] * 2]
    assert client.get("/organisations/A08", headers={"Accept": "text/html"}).status_code == 200
    assert asked() == ["GET _doc/A08", *["POST _search"] * 2]


@pytest.mark.usefixtures("lasting")
def test_a_lookup_asks_for_codes_districts_and_every_word_at_once_and_then_for_what_has_some_words(
    register: Register, asked: Callable[[], list[str]]
) -> None:
    client = register.client()
    assert client.get("/lookup?q=surgery").status_code == 200  # reads the words
    for question in ("surgery g", "surgery ls1"):
        asked()
        assert client.get(f"/lookup?q={question}").get_json()["results"]
        first, *others = asked()
        assert first == "POST _msearch"
        assert len(others) <= 3


@pytest.mark.usefixtures("lasting")
def test_a_lookup_of_a_rare_word_asks_for_what_has_some_words_in_its_first_request(
    register: Register, asked: Callable[[], list[str]]
) -> None:
    client = register.client()
    client.get("/lookup?q=surgery")  # reads the words
    asked()
    assert len(client.get("/lookup?q=surgery&count=50").get_json()["results"]) == len(CODES)
    assert asked() == ["POST _msearch"]


@pytest.mark.usefixtures("lasting")
def test_documents_that_searches_read_ahead_are_not_read_again(
    register: Register, asked: Callable[[], list[str]]
) -> None:
    live = open_index(register.url).live()
    query = Query("organisation", size=1)
    asked()
    for requests_ in (["POST _msearch"], ["POST _search"]):
        assert len(live.searches([query], "lookup", ["A07", "NONE"])[0].matches) == 1
        assert asked() == requests_
    assert list(live.documents("organisation", ["A07", "NONE"], "lookup")) == ["A07"]
    assert asked() == []


@pytest.mark.usefixtures("lasting")
def test_a_lookup_finds_a_code_in_a_second_request(
    register: Register, asked: Callable[[], list[str]]
) -> None:
    client = register.client()
    client.get("/lookup?q=surgery")
    asked()
    assert [each["matched"] for each in client.get("/lookup?q=a07").get_json()["results"]][:1] == ["code"]
    assert asked()[:2] == ["POST _msearch", "POST _search"]


def test_the_first_lookup_reads_all_words_in_one_request(
    register: Register, asked: Callable[[], list[str]]
) -> None:
    client = register.client()
    client.get("/health/ready")
    asked()
    client.get("/lookup?q=surgery")
    first = asked()
    client.get("/lookup?q=surgery")
    assert first == ["GET _doc/organisation.words", *asked()]


def test_words_that_could_not_be_read_are_read_for_the_next_lookup(register: Register) -> None:
    base, _, prefix = register.url.rpartition("/")
    with delayed(base, "/_doc/organisation.words", 2) as address:
        settings = Settings(index=f"{address}/{prefix}", now=START, elasticsearch_timeout=1)
        client = create_app(settings).test_client()
        assert [client.get("/lookup?q=surgery").status_code for _ in range(2)] == [503, 200]


def test_documents_of_a_generation_are_kept_until_another_is_live(register: Register) -> None:
    index = open_index(register.url)
    assert index.live().get("organisation", "A07", "stu3")
    assert index.cached > 0
    register.load()
    index.read("organisation", "A07", "stu3")
    assert index.cached == 0


def test_a_walk_never_asks_the_master(
    register: Register, asked: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "NOTICED_WITHIN", 0)
    client = register.client()
    bundle = client.get("/STU3/Organization?_count=7&_sort=-name").get_json()
    for page in range(2, 6):
        asked()
        (url,) = (link["url"] for link in bundle["link"] if link["relation"] == "next")
        bundle = client.get(url).get_json()
        assert asked() == ["POST _search"]
        assert f"_page={page}" in bundle["link"][0]["url"]


@pytest.mark.usefixtures("lasting")
def test_a_deep_page_is_two_requests_and_one_of_everything_in_order_of_id_is_one(
    register: Register, asked: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_module, "_WINDOW", 20)
    client = register.client()
    for query, requests_ in (("name:contains=urger&_sort=-name", 2), ("_sort=_lastUpdated", 2), ("", 1)):
        client.get("/health/ready")
        asked()
        bundle = client.get(f"/STU3/Organization?{query}&_count=7&_page=5").get_json()
        assert len(bundle["entry"]) == 2
        assert asked() == ["POST _search"] * requests_


def test_a_walk_on_a_kept_generation_asks_the_master_once(
    register: Register, asked: Callable[[], list[str]]
) -> None:
    generation = open_index(register.url).live().generation.name
    register.load()
    client = register.client()
    asked()
    for page in range(1, 4):
        response = client.get(f"/STU3/Organization?_generation={generation}&_count=7&_page={page}")
        assert names(response) == {"SURGERY G1"}
        assert asked()[-2 if page == 1 else 0 :] == ["GET _mapping", "POST _search"][page > 1 :]


@pytest.mark.usefixtures("lasting")
def test_a_read_sees_a_swap_at_once_and_then_searches_see_it_too(register: Register) -> None:
    client = register.client()
    before = [client.get(path) for path in (READS[0], SEARCHES[0])]
    register.load()
    search, read, searched = (client.get(path) for path in (SEARCHES[0], READS[0], SEARCHES[0]))
    assert [names(response) for response in (*before, search)] == [{"SURGERY G1"}] * 3
    assert [names(response) for response in (read, searched)] == [{"SURGERY G2"}] * 2
    assert search.headers["ETag"] == before[1].headers["ETag"] != searched.headers["ETag"]
    assert read.headers["ETag"] != before[0].headers["ETag"]
    generation = client.get("/health/ready").get_json()["generation"]
    assert all(f"_generation={generation}&" in link["url"] for link in searched.get_json()["link"][1:])


@pytest.mark.usefixtures("lasting")
def test_a_rollback_to_what_was_live_before_is_seen_with_a_new_last_modified(register: Register) -> None:
    client, dates, tags = register.client(), [], []
    for change in (None, register.load, lambda: open_index(register.url).rollback(START)):
        if change:
            change()
        response = client.get(READS[0])
        dates.append(parsedate_to_datetime(response.headers["Last-Modified"]))
        tags.append(response.headers["ETag"])
    assert names(response) == {"SURGERY G1"}
    assert dates[0] < dates[1] < dates[2]
    assert len(set(tags)) == 3


@pytest.mark.usefixtures("lasting")
@pytest.mark.parametrize("path", [*READS, *SEARCHES])
def test_a_generation_that_is_deleted_under_a_server_costs_no_refusal_while_another_is_live(
    path: str, register: Register
) -> None:
    register.load(CODES[:-1])
    client = register.client()
    before = client.get(path)
    walk = client.get("/STU3/Organization?_count=7").get_json()["link"]
    assert before.status_code == 200
    generation = client.get("/health/ready").get_json()["generation"]
    open_index(register.url).rollback(START)
    base = register.url.rpartition("/")[0]
    for name in indices(register.url):
        if name.endswith(f"-{generation}"):
            requests.delete(f"{base}/{name}", timeout=60).raise_for_status()
    after = client.get(path)
    assert after.status_code == 200
    assert "SURGERY G2" not in after.get_data(as_text=True)
    expected = register.client().get(path)
    for header in ("ETag", "Last-Modified"):
        assert after.headers[header] == expected.headers[header] != before.headers[header]
    (url,) = (link["url"] for link in walk if link["relation"] == "next")
    assert client.get(url).status_code == 410


def test_a_server_whose_register_is_deleted_says_that_nothing_is_loaded(register: Register) -> None:
    client = register.client()
    assert client.get(READS[0]).status_code == 200
    drop(register.url)
    for path in (*READS, *SEARCHES):
        response = client.get(path)
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
    assert "ods-indexer load" in client.get(READS[0]).get_data(as_text=True)


def test_a_load_asks_a_new_generation_what_requests_ask_before_it_becomes_live(
    register: Register,
    asked: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(warm, "SPREAD", 1)
    asked()
    register.load()
    assert not [record for record in caplog.records if record.name == warm.__name__]
    made = asked()
    swap = made.index("POST ")  # the aliases, which are no index's
    assert made[:swap].count("POST _msearch") >= len(CODES)
    assert not {"POST _msearch", "POST _search"} & set(made[swap:])
