"""Lookups, levels and organisations as programs ask for them: addresses, formats, errors, conditions."""

import csv
import gc
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.interfaces.conftest import EDGES, publish

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


def test_a_lookup_answers_what_the_specification_shows(client: FlaskClient) -> None:
    answer = client.get("/lookup?q=leeds+general+infirmary&count=1")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    (found,) = answer.json["results"]
    assert answer.json["query"] == "leeds general infirmary"
    assert 0 < found.pop("score") <= 1
    assert found == {
        "code": "RR801",
        "name": "LEEDS GENERAL INFIRMARY",
        "status": "active",
        "recordClass": "RC2",
        "primaryRole": {"id": "RO198", "name": "NHS TRUST SITE"},
        "address": {
            "lines": ["GREAT GEORGE STREET"],
            "town": "LEEDS",
            "county": "WEST YORKSHIRE",
            "postcode": "LS1 3EX",
            "country": "ENGLAND",
        },
        "parent": {"code": "RR8", "name": "LEEDS TEACHING HOSPITALS NHS TRUST", "relationship": "RE6"},
        "matched": "name",
    }


@pytest.mark.parametrize("within", ["RR8", "rr8", "QWO"])
def test_a_lookup_within_an_organisation_finds_what_belongs_to_it(within: str, client: FlaskClient) -> None:
    found = client.get(f"/lookup?q=infirmary&within={within}&count=50").json["results"]
    assert "RR801" in {each["code"] for each in found}
    assert client.get("/lookup?q=infirmary&within=none").json["results"] == []


def test_facets_add_up_to_what_is_found(client: FlaskClient) -> None:
    answer = client.get("/lookup?q=surgery&facets=true&count=1").json
    roles = sum(each["count"] for each in answer["facets"]["primaryRole"])
    assert roles == sum(answer["facets"]["status"].values()) > 1
    assert answer["more"] is True


@pytest.mark.parametrize(
    "target",
    ["/lookup", "/lookup?q=a&count=0", "/lookup?q=a&status=x", "/lookup?q=%ff", "/lookup?q=" + "a" * 201,
     "/lookup?q=a&record-class=RC3", "/lookup?q=a&facets=yes", "/lookup?q=%00",
     "/levels", "/levels?code=", "/levels?code=RR8&date=", "/levels?code=RR8&date=2026-02-30"],
)  # fmt: skip
def test_a_wrong_parameter_is_told_in_a_sentence(target: str, client: FlaskClient) -> None:
    answer = client.get(target)
    assert (answer.status_code, answer.mimetype, list(answer.json)) == (400, "application/json", ["error"])


@pytest.mark.parametrize(
    "target",
    ["/lookup?q=leeds", "/levels?code=RR8", "/levels?code=RR8&date=2026-01-01", "/organisations/RR8"],
)
def test_an_answer_that_the_client_has_is_not_sent_again(target: str, client: FlaskClient) -> None:
    first = client.get(target)
    assert first.status_code == 200
    again = client.get(target, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_an_organisation_is_flat_json_for_programs_and_a_page_for_people(client: FlaskClient) -> None:
    for accept in ("*/*", "application/json", ""):
        answer = client.get("/organisations/rr8", headers={"Accept": accept})
        assert (answer.mimetype, answer.json["code"]) == ("application/json", "RR8")
    assert client.get("/organisations/RR8", headers={"Accept": BROWSER}).mimetype == "text/html"
    shown = client.get("/organisations/RR8?format=json", headers={"Accept": BROWSER})
    assert shown.json["links"]["stu3"].endswith("/STU3/Organization/RR8")
    missing = client.get("/organisations/NONE")
    assert (missing.status_code, missing.json) == (404, {"error": 'No organisation has the code "NONE"'})


def test_levels_are_answered_in_the_order_asked_and_unknown_codes_are_named(client: FlaskClient) -> None:
    found = client.get("/levels?code=rr801,NONE,&code=RR801&date=2026-01-15").json
    assert [each["code"] for each in found] == ["RR801", "NONE", "RR801"]
    assert found[0]["levels"]["operator"]["code"] == "RR8"
    assert found[1] == {"code": "NONE", "error": "unknown code"}


def test_a_file_comes_back_with_levels_added(client: FlaskClient) -> None:
    sent = "\ufeffpractice;when;n\r\nB86110;2026-01-15;1\r\nB86110;2016-06-01 00:00:00;2\r\n"
    answer = client.post("/levels?code=practice&date=when", data=sent.encode(), content_type="text/csv")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="levels.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    assert [(row["when"], row["ods_sub_icb"], row["n"]) for row in rows] == [
        ("2026-01-15", "15F", "1"),
        ("2016-06-01 00:00:00", "03C", "2"),
    ]


@pytest.mark.parametrize(
    ("query", "media_type", "body", "status"),
    [
        ("code=code", "application/x-www-form-urlencoded", b"code\nRR8\n", 415),
        ("code=code", "text/csv", b"code\n\xff\n", 400),
        ("code=none", "text/csv", b"code\nRR8\n", 400),
        ("", "text/csv", b"code\nRR8\n", 400),
        ("code=code&date=x", "text/csv", b"code\nRR8\n", 400),
        ("code=code", "text/csv", b"code\n" + b"RR8\n" * 20_001, 413),
        ("code=code", "text/csv", b"code\n" + b"R" * 5_242_880, 413),
    ],
)
def test_a_file_that_cannot_be_answered_is_refused_whole(
    query: str, media_type: str, body: bytes, status: int, client: FlaskClient
) -> None:
    answer = client.post(f"/levels?{query}", data=body, content_type=media_type)
    assert (answer.status_code, list(answer.json)) == (status, ["error"])


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
def test_a_file_sent_without_its_length_is_answered_whole_or_refused(
    more: int, status: int, client: FlaskClient
) -> None:
    row = b"RR8," + b"x" * 1_019 + b"\n"
    body = (b"code,n\n" + row * 5_120)[: 5_242_880 + more]
    answer = client.post(
        "/levels?code=code",
        input_stream=io.BytesIO(body.ljust(5_242_880 + more, b"x")),
        content_type="text/csv",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == status


def test_a_cell_with_a_carriage_return_comes_back_as_one_cell(client: FlaskClient) -> None:
    sent = 'code,note\nRR8,"first\rsecond"\n'
    answer = client.post("/levels?code=code", data=sent.encode(), content_type="text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["code"], row["note"]) for row in rows] == [("RR8", "first\rsecond")]
    assert answer.text.endswith("\n")
    assert "\r\n" not in answer.text


def test_a_method_that_an_address_lacks_is_refused_and_every_origin_may_ask(client: FlaskClient) -> None:
    assert client.post("/lookup?q=a").status_code == 405
    assert client.get("/lookup?q=a").headers["Access-Control-Allow-Origin"] == "*"
    allowed = client.options("/levels").headers["Access-Control-Allow-Methods"]
    assert {"GET", "POST"} <= set(allowed.split(", "))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="what is open is read from /proc")
def test_the_words_of_a_generation_do_not_keep_its_file_open_when_it_is_deleted(
    make_client: Callable[..., FlaskClient], new_url: Callable[[], str]
) -> None:
    url = new_url()
    publish(EDGES, url)
    client = make_client(index=url)
    assert client.get("/lookup?q=leeds").status_code == 200
    for _ in range(2):
        publish(EDGES, url)
        assert client.get("/STU3/Organization").status_code == 200
    gc.collect()
    held = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert any(url.removeprefix("sqlite:///") in name for name in held)
    assert not [name for name in held if url.removeprefix("sqlite:///") in name and "(deleted)" in name]
