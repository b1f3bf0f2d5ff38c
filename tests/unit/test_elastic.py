"""What the Elasticsearch engine says and understands, without a server."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import elastic_transport
import elasticsearch
import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig

from app.engine import open_index
from app.engine.elastic import sets
from app.engine.elastic.address import Address, parse
from app.engine.elastic.cluster import Cluster, _certificates, _meaning
from app.engine.elastic.query import MOST_TERMS, any_of, matching, scored
from app.engine.elastic.register import ElasticRegister
from app.engine.elastic.schema import mapping
from app.engine.options import EngineOptions
from app.engine.port import Dropped, EngineError, Generation, Unavailable, WrongIndex
from app.register.fields import KINDS, Type
from app.register.query import Clause, Operator, Query, Weight
from app.register.query import Test as Comparison
from tests.contract.organisations import START


@pytest.mark.parametrize(
    ("url", "hosts", "prefix"),
    [
        ("http://host:9200/ods", ["http://host:9200"], "ods"),
        ("http://a:9200,b:9201/ods-2_x", ["http://a:9200", "http://b:9201"], "ods-2_x"),
        ("https://me:pa%40ss@host/ods", ["https://host:443"], "ods"),
        ("http://[::1]:9200/ods", ["http://[::1]:9200"], "ods"),
    ],
)
def test_a_url_names_hosts_and_prefix(url: str, hosts: list[str], prefix: str) -> None:
    address = parse(url)
    assert address is not None
    assert (list(address.hosts), address.prefix) == (hosts, prefix)


def test_a_user_and_password_are_read_and_never_shown() -> None:
    address = parse("https://me:pa%40ss@host/ods")
    assert (address.user, address.password) == ("me", "pa@ss")
    assert str(address) == "https://host:443/ods"
    assert "pa@ss" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://host:9200", "http://host:9200/", "http://host/Ods", "http://host/ods/x", "http:///ods"),
        *("http://host:x/ods", "http://host:99999/ods", "http://a,,b/ods", "http://host/ods?x", "http://h/*"),
        *(
            "http://host/-ods",
            "http://ho st/ods",
            "http://host/_all",
            "http://host/ods#x",
            "http://secret@/ods",
        ),
    ],
)
def test_a_url_that_names_no_index_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(WrongIndex, match="is no index URL") as raised:
        open_index(url)
    assert "secret" not in str(raised.value)


def test_every_field_of_the_table_is_in_the_mapping() -> None:
    for kind in KINDS.values():
        made = mapping(kind)
        assert made["dynamic"] == "strict"
        texts = {f"{field.name}_folded" for field in kind.of(Type.TEXT)}
        names = {field.name for field in kind.fields} | texts | {"rank", "document", "id"}
        brief = {document.name for document in kind.documents if document.brief}
        held = ({"brief"} if brief else set()) | ({"version"} if kind.versioned else set())
        assert set(made["properties"]) == names | held
        assert set(made["properties"].get("brief", {"properties": ()})["properties"]) == brief
        assert made["properties"]["document"] == {"type": "object", "enabled": False}


def test_alternatives_of_one_field_are_one_look_up() -> None:
    tests = tuple(Comparison("role", Operator.EQ, f"RO{number}") for number in range(500))
    (found,) = matching("organisation", (Clause(tests),))
    assert found == {"terms": {"role": [f"RO{number}" for number in range(500)]}}


def clause(field: str, operator: Operator, *values: object, negated: bool = False) -> Clause:
    """Return the clause that one of the values satisfies."""
    return Clause(tuple(Comparison(field, operator, value) for value in values), negated)


def filters(*clauses: Clause) -> list[dict[str, object]]:
    """Return the filters of a query of these clauses."""
    return matching("organisation", clauses)


def test_more_terms_than_a_filter_may_have_are_several_filters() -> None:
    terms = tuple(f"A{number}" for number in range(MOST_TERMS + 1))
    (found,) = matching("affiliation", (clause("source", Operator.EQ, *terms),))
    assert found == any_of({"terms": {"source": [*terms[:-1]]}}, {"terms": {"source": [terms[-1]]}})


def collected(ranks: range, entries: int) -> bytes:
    """Return the set that a shard collects of some ranks, as the script does."""
    chars = [64] * sets.collecting("rank.id", entries)["scripted_metric"]["params"]["size"]
    for rank in ranks:
        chars[rank // 6] |= 32 >> rank % 6
    return sets.collected([bytes(chars).decode()])


def test_a_set_of_few_entries_is_looked_up_by_their_ranks() -> None:
    held = collected(range(5, 400, 39), 400)
    (found,) = matching("affiliation", (clause("source", Operator.REFERS, held),))
    assert found == {"terms": {"rank.source": [*range(5, 400, 39)]}}


def test_a_set_of_many_entries_is_tested_as_the_text_that_was_collected() -> None:
    held = collected(range(0, 3_000, 2), 3_000)
    (found,) = matching("organisation", (clause("id", Operator.REFERRED, held),))
    params = found["script"]["script"]["params"]
    assert params == {"field": "rank.id", "bits": "j" * 500}  # 0b101010 in the lowest bits


def test_several_sets_of_one_field_are_asked_for_as_one() -> None:
    held = collected(range(3), 400), collected(range(398, 400), 400)
    (found,) = matching("affiliation", (clause("source", Operator.REFERS, *held),))
    assert found == {"terms": {"rank.source": [0, 1, 2, 398, 399]}}


def test_what_shards_have_collected_is_one_set() -> None:
    assert sets.collected(["`@@@", "@@@A"]) == b"\x80\x00\x01"


def test_hundreds_of_periods_are_one_narrow_range_of_starts_each() -> None:
    def period(day: int) -> Comparison:
        start = Comparison("start", Operator.RANGE, (day, None))
        end = Comparison("end", Operator.RANGE, (None, day + 5))
        return Comparison("", Operator.ALL, (start, end))

    (found,) = matching("affiliation", (Clause(tuple(map(period, range(300)))),))
    stripes = [stripe["bool"]["filter"] for stripe in found["bool"]["should"]]
    assert len(stripes) == 300
    assert stripes[7] == [
        {"range": {"start": {"gte": 7, "lt": 8, "format": "epoch_millis"}}},
        {"range": {"end": {"lt": 12, "format": "epoch_millis"}}},
    ]


def test_what_is_asked_twice_is_looked_up_once() -> None:
    once = filters(clause("name", Operator.CONTAINS, "LEEDS"))
    twice = clause("name", Operator.CONTAINS, "LEEDS", "LEEDS")
    assert filters(twice, twice) == once


def test_alternatives_of_one_length_that_are_terms_are_one_look_up() -> None:
    (found,) = filters(clause("town", Operator.CONTAINS, "LEE", "ORK", "BAT"))
    assert found == {"terms": {"town_folded.grams": ["LEE", "ORK", "BAT"]}}


def test_a_long_text_is_a_phrase_of_every_third_trigram_and_the_last() -> None:
    (found,) = filters(clause("name", Operator.CONTAINS, "SURGERIES"))
    (asked,) = found["match_phrase"].values()
    assert asked["query"].split("\n") == ["SUR", "--", "--", "GER", "--", "--", "IES"]
    (found,) = filters(clause("name", Operator.CONTAINS, "LEEDS"))
    (asked,) = found["match_phrase"].values()
    assert asked["query"].split("\n") == ["LEE", "--", "EDS"]


def test_hundreds_of_short_texts_are_one_look_at_words_and_one_at_whole_texts() -> None:
    within = [f"AB{number:03}" for number in range(120)]
    across = [f"AB {number:03}" for number in range(120)]
    (found,) = filters(clause("name", Operator.CONTAINS, *within, *across))
    asked = [field for each in found["bool"]["should"] for field in each["regexp"]]
    assert asked == ["name_folded.words", "name_folded"]


def test_of_few_entries_each_is_tested_for_each_text() -> None:
    asked = clause("name", Operator.CONTAINS, *(f"AB{number:03}" for number in range(120)))
    (found,) = matching("organisation", (asked,), of_few=True)
    assert {kind for each in found["bool"]["should"] for kind in each} == {"match_phrase"}


def test_of_very_many_texts_the_shortest_are_looked_for_at_once_and_the_others_as_phrases() -> None:
    texts = [f"{number:08}" for number in range(300)] + [f"{number:04}" for number in range(200)]
    (found,) = filters(clause("name", Operator.CONTAINS, *texts))
    (together, *phrases) = found["bool"]["should"]
    assert len(together["regexp"]["name_folded.words"]["value"].split("|")) == 200 + (2500 - 800) // 8
    assert {kind for each in phrases for kind in each} == {"match_phrase"}
    assert len(phrases) == 300 - (2500 - 800) // 8


def test_underscores_cost_no_look_at_the_names() -> None:
    for text in ("___", "E_" * 50, "_" * 100, "_A__B_"):
        assert "script" not in json.dumps(filters(clause("name", Operator.LIKE, text)))


def test_dates_that_exclude_a_day_each_and_of_which_one_must_hold_exclude_nothing() -> None:
    days = [(number * 1000, number * 1000 + 10) for number in range(250)]
    excluding = [end for low, high in days for end in ((None, low), (high, None))]
    (found,) = filters(clause("last_change", Operator.RANGE, *excluding))
    assert found == {"bool": {"filter": [{"exists": {"field": "last_change"}}], "must_not": []}}


def test_dates_that_must_all_hold_are_one_filter() -> None:
    found = filters(
        clause("last_change", Operator.RANGE, (None, 10), (20, None)),
        clause("last_change", Operator.RANGE, (5, None)),
        clause("last_change", Operator.RANGE, (None, 30), (30, 40)),
    )
    spans = [{"gte": 5, "lt": 10}, {"gte": 20, "lt": 40}]
    ranges = [{"range": {"last_change": {**span, "format": "epoch_millis"}}} for span in spans]
    assert found == [{"bool": {"should": ranges}}]


def test_dates_that_cannot_both_hold_match_nothing() -> None:
    found = filters(
        clause("last_change", Operator.RANGE, (None, 10)), clause("last_change", Operator.RANGE, (10, None))
    )
    assert found == [{"match_none": {}}]


def test_all_that_must_not_hold_is_one_filter() -> None:
    found = filters(
        *(clause("role", Operator.EQ, f"RO{number}", negated=True) for number in range(3)),
        clause("status", Operator.EQ, "Active"),
    )
    excluded = {"terms": {"role": ["RO0", "RO1", "RO2"]}}
    assert found == [{"terms": {"status": ["Active"]}}, {"bool": {"must_not": [excluded]}}]


def faults() -> Iterator[Exception]:
    """Yield one of every exception that the client can raise."""
    for name in dir(elastic_transport):
        kind = getattr(elastic_transport, name)
        if isinstance(kind, type) and issubclass(kind, elastic_transport.TransportError):
            yield kind("me:secret@host")
    for name in dir(elasticsearch):
        kind = getattr(elasticsearch, name)
        if isinstance(kind, type) and issubclass(kind, elasticsearch.ApiError):
            for status in (400, 401, 403, 404, 409, 429, 500, 503):
                meta = ApiResponseMeta(status, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "host", 9200))
                for body in ({"error": {"reason": "because"}}, {"error": "because"}, "<html>", {}, None):
                    yield kind("message", meta, body)


@pytest.mark.parametrize("fault", list(faults()), ids=lambda fault: type(fault).__name__)
def test_every_error_of_the_client_is_a_sentence_of_ours(fault: Exception) -> None:
    meant = _meaning(fault, Address(("http://host:9200",), "ods"))
    assert isinstance(meant, EngineError)
    assert "http://host:9200/ods" in str(meant)
    assert "secret" not in str(meant)


VERSION = {"version": {"number": "8.16.6"}}
PRODUCT = {"X_Elastic_Product": "Elasticsearch"}


@contextmanager
def pretending(status: int, body: object, **headers: str) -> Iterator[str]:
    """Run an HTTP server that answers everything alike."""
    with answering(lambda *_: (status, body), **headers) as url:
        yield url


@contextmanager
def answering(answer: Callable[[str, str], tuple[int, object]], **headers: str) -> Iterator[str]:
    """Run an HTTP server that gives each method and path the status and body that a function returns."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = answer(self.command, self.path)
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_HEAD = do_POST = do_GET  # noqa: N815 - the names that the base class asks for

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/ods"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body", "headers", "said"),
    [
        (
            200,
            {"version": {"number": "7.17.9"}},
            {"X_Elastic_Product": "Elasticsearch"},
            "is Elasticsearch 7.17.9",
        ),
        (406, {"error": "media type"}, {"X_Elastic_Product": "Elasticsearch"}, "an older version"),
        (200, {"version": {"number": "2.11.0", "distribution": "opensearch"}}, {}, "is not Elasticsearch"),
        (200, {"hello": "world"}, {}, "is not Elasticsearch"),
    ],
)
def test_what_is_no_elasticsearch_of_today_is_refused(
    status: int, body: object, headers: dict[str, str], said: str
) -> None:
    with pretending(status, body, **headers) as url, pytest.raises(WrongIndex, match=said):
        open_index(url).live()


def failed(kind: str, *of_shards: str) -> dict[str, object]:
    """Return the body of an error of a search, in which shards failed in these ways."""
    shards = [{"shard": 0, "reason": {"type": each, "reason": "it failed"}} for each in of_shards]
    return {"error": {"type": kind, "reason": "all shards failed", "failed_shards": shards}, "status": 503}


@pytest.mark.parametrize(
    ("body", "there", "raised", "asked"),
    [
        (failed("search_phase_execution_exception", "index_not_found_exception"), True, Dropped, 0),
        (failed("search_phase_execution_exception", "index_shard_closed_exception"), True, Dropped, 0),
        (failed("search_phase_execution_exception", "already_closed_exception"), True, Dropped, 0),
        (failed("shard_not_found_exception"), True, Dropped, 0),
        (
            failed("search_phase_execution_exception", "no_shard_available_action_exception"),
            False,
            Dropped,
            1,
        ),
        (failed("search_phase_execution_exception", "node_disconnected_exception"), True, Unavailable, 1),
    ],
)
def test_the_error_itself_says_whether_a_generation_was_deleted_or_the_cluster_is_asked_once(
    body: dict[str, object], there: bool, raised: type[Unavailable], asked: int
) -> None:
    heads = []

    def answer(method: str, path: str) -> tuple[int, object]:
        if method == "HEAD":
            heads.append(path)
            return (200 if there else 404), None
        return (200, VERSION) if path == "/" else (503, body)

    forgotten = []
    with answering(answer, **PRODUCT) as url:
        register = ElasticRegister(
            Cluster(parse(url), EngineOptions()),
            {"organisation": "ods-organisation-2026-01-30.1"},
            Generation("2026-01-30.1", "2026-01-30", START),
            lambda: forgotten.append(True),
            START,
            {"organisation": {"id": 1}},
        )
        with pytest.raises(Unavailable) as told:
            register.search(Query("organisation", (clause("role", Operator.EQ, "RO1"),)), None)
    assert type(told.value) is raised
    assert (len(heads), bool(forgotten)) == (asked, raised is Dropped)


def test_a_server_that_nobody_runs_is_not_available_and_the_password_not_shown() -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9/ods cannot be reached") as raised:
        open_index("http://me:secret@127.0.0.1:9/ods").live()
    assert "secret" not in str(raised.value)


def test_certificates_that_cannot_be_read_are_named() -> None:
    with pytest.raises(WrongIndex, match=r"ODS_ELASTICSEARCH_CA_CERTS: /none\.pem"):
        open_index("https://127.0.0.1:9/ods", EngineOptions(ca_certs="/none.pem")).live()


def test_an_authority_that_elasticsearch_made_itself_is_trusted() -> None:
    assert not _certificates("").verify_flags & ssl.VERIFY_X509_STRICT


def test_a_connection_that_breaks_off_within_tls_says_nothing_of_certificates() -> None:
    meant = _meaning(
        elastic_transport.TlsError("EOF occurred (_ssl.c:1006)"), Address(("https://host:1",), "ods")
    )
    assert isinstance(meant, Unavailable)
    assert "certificate" not in str(meant)


def test_what_all_matches_gain_is_not_scored() -> None:
    leeds, general = (Comparison("name_word", Operator.EQ, word) for word in ("LEEDS", "GENERAL"))
    every = (Clause((leeds,)), Clause((general,), negated=True))
    score = (Weight((leeds, general), 3), Weight((leeds,), 2), Weight((general,), 1))
    query = Query("organisation", every, score=score)
    (points,) = scored(query, matching("organisation", every))["bool"]["should"]
    assert points["constant_score"]["boost"] == 1
