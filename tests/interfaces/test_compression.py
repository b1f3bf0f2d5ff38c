"""Compression of answers: a real server, asked without a library that decompresses by itself."""

import http.client
import zlib
from collections.abc import Iterator

import pytest
import zstandard

from app.pages import page
from app.web.compression import LEAST, compressed
from app.web.message import Request, Response
from tests.interfaces.sockets import Answer, Running, running

# What is compressed does not depend on the engine.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

READ = "/STU3/Organization/RR8"
SHORT = "/STU3/Organization/RR8?_elements=name"
SYNC = "/ORD/2-0-0/sync?LastChangeDate=2000-01-01"
STREAMED = (SYNC, "/search.csv?q=leeds")
NEW_EACH_TIME = ("/STU3/Organization?name=leeds", "/metrics")
"""What no two answers agree in: the id of a Bundle, and figures."""
LONG = (
    READ,
    f"{READ}?_format=xml",
    "/ORD/2-0-0/organisations/RR8",
    "/lookup?q=leeds",
    "/search?q=leeds",
    "/organisations/RR8?format=json",
    "/static/pages.css",
    *STREAMED,
    *NEW_EACH_TIME,
)
VARYING = {"age", "content-encoding", "content-length", "date", "transfer-encoding", "x-request-id"}
"""Headers that may differ between answers to the same request."""


@pytest.fixture(scope="module")
def server(sample_index: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server over the sample."""
    with running(sample_index, tmp_path_factory.mktemp("compression"), ODS_ORD_DAYS="0") as server:
        yield server


def ask(
    server: Running, path: str, accepted: str | None = None, *, method: str = "GET", **headers: str
) -> Answer:
    """Send a request with this Accept-Encoding, or with none, and return the answer as it came."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if accepted is not None:
        sent["Accept-Encoding"] = accepted
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return Answer(
            answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        )
    finally:
        connection.close()


def opened(answer: Answer) -> bytes:
    """Return the body of an answer without its coding."""
    coding = answer.headers.get("content-encoding")
    if coding == "gzip":
        reader = zlib.decompressobj(wbits=31)
        body = reader.decompress(answer.body)
        assert reader.eof
        assert not reader.unused_data
        return body
    if coding == "zstd":
        reader = zstandard.ZstdDecompressor().decompressobj()
        body = reader.decompress(answer.body)
        assert reader.eof
        assert not reader.unused_data
        return body
    assert coding is None
    return answer.body


def varies(answer: Answer) -> bool:
    """Return whether an answer says that it depends on Accept-Encoding."""
    return "Accept-Encoding" in answer.headers.get("vary", "").split(", ")


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
@pytest.mark.parametrize("path", LONG)
def test_a_long_answer_is_the_same_when_it_is_compressed(server: Running, path: str, coding: str) -> None:
    plain, packed = ask(server, path), ask(server, path, coding)
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == coding
    assert varies(plain)
    assert varies(packed)
    assert len(packed.body) < len(plain.body) / 2
    if path in NEW_EACH_TIME:
        assert opened(packed)[:30] == plain.body[:30]
    else:
        assert opened(packed) == plain.body
    if path in STREAMED:
        assert "content-length" not in packed.headers
    else:
        assert packed.headers["content-length"] == str(len(packed.body))
    assert without_lengths(packed) == without_lengths(plain)


def without_lengths(answer: Answer) -> dict[str, str]:
    """Return the headers that are the same for all codings, an ETag among them."""
    return {name: value for name, value in answer.headers.items() if name not in VARYING}


def test_a_short_answer_is_sent_as_it_is(server: Running) -> None:
    answer = ask(server, SHORT, "gzip, zstd")
    assert "content-encoding" not in answer.headers
    assert not varies(answer)
    assert len(answer.body) <= LEAST


@pytest.mark.parametrize("path", LONG)
def test_head_has_the_headers_of_get(server: Running, path: str) -> None:
    head, got = ask(server, path, "gzip", method="HEAD"), ask(server, path, "gzip")
    assert head.body == b""
    assert ("content-length" in head.headers) == ("content-length" in got.headers)
    if path not in NEW_EACH_TIME:
        assert head.headers.get("content-length") == got.headers.get("content-length")
    assert head.headers["content-encoding"] == "gzip"
    assert without_lengths(head) == without_lengths(got)


@pytest.mark.parametrize("coding", ["gzip", "zstd", "identity"])
def test_an_etag_got_in_one_coding_holds_in_all(server: Running, coding: str) -> None:
    tag = ask(server, READ, coding).headers["etag"]
    assert tag.startswith('W/"')
    for other in ("gzip", "zstd", "identity"):
        answer = ask(server, READ, other, If_None_Match=tag)
        assert (answer.status, answer.body) == (304, b"")
        assert varies(answer)
        assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", None),
        ("identity", None),
        ("br, deflate", None),
        ("gzip;q=0", None),
        ("gzip;q=0, zstd;q=0, *", None),
        ("*;q=0", None),
        ("identity;q=0", None),
        ("gzip;q=0.5, identity", None),
        ("nonsense;;;q=,,", None),
        ("GZip", "gzip"),
        ("gzip, deflate, br", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("zstd;q=0.5, gzip;q=.8", "gzip"),
        ("gzip;q=0.001", "gzip"),
        ("gzip;q=0, *", "zstd"),
        ("zstd;q=0, *", "gzip"),
        ("identity;q=0, gzip", "gzip"),
        ("gzip, *;q=0", "gzip"),
    ],
)
def test_the_client_chooses_by_quality(server: Running, accepted: str, coding: str | None) -> None:
    answer = ask(server, READ, accepted)
    assert answer.status == 200
    assert answer.headers.get("content-encoding") == coding
    assert opened(answer) == ask(server, READ).body


def test_a_client_that_refuses_plain_answers_gets_short_ones_compressed_too(server: Running) -> None:
    answer = ask(server, SHORT, "gzip, identity;q=0")
    assert answer.headers["content-encoding"] == "gzip"
    assert opened(answer) == ask(server, SHORT).body


def test_a_long_error_is_compressed(server: Running) -> None:
    answer = ask(server, "/organisations/NOWHERE", "gzip", Accept="text/html")
    assert answer.status == 404
    assert answer.headers["content-encoding"] == "gzip"
    assert b"NOWHERE" in opened(answer)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_file_that_pages_use_is_compressed_once(engine: object, coding: str) -> None:
    request = Request("GET", "/static/swagger-ui-bundle.js", "")
    first, second = (compressed(page.asset(request, "swagger-ui-bundle.js"), coding).body for _ in range(2))
    assert first is second


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_each_piece_of_a_stream_can_be_read_before_the_next_is_made(engine: object, coding: str) -> None:
    made, closed = [], []

    def pieces() -> Iterator[bytes]:
        try:
            for number in range(3):
                made.append(number)
                yield b"%d" % number * 5_000
        finally:
            closed.append(True)

    answer = compressed(
        Response(200, {"Content-Type": "text/csv", "Content-Length": "15000"}, pieces()), coding
    )
    assert "Content-Length" not in answer.headers
    assert isinstance(answer.body, Iterator)
    reader = {
        "gzip": zlib.decompressobj(wbits=31),
        "zstd": zstandard.ZstdDecompressor().decompressobj(),
    }[coding]
    assert reader.decompress(next(answer.body)) == b"0" * 5_000
    assert made == [0]
    answer.body.close()
    assert closed == [True]
