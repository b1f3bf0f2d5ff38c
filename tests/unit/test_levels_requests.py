"""`/levels` over small registers: lists as JSON and CSV, and files with columns added."""

# ruff: noqa: E501 - tables

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.directory.ahead import read_ahead
from app.directory.bodies import Bodies
from app.directory.day import Day
from app.directory.forms import COLUMNS
from app.lookup import levels
from app.web.message import Fault, Request, Response
from tests.made import Made, link, organisation, role, succession

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
REGISTER = Made(
    (
        organisation("Y63", "RO209", name="NORTH EAST"),
        organisation("QWO", "RO261", "2020-04-01/", role("RO318"), link("RE5", "Y63"), name="ICB, WEST"),
        organisation("15F", "RO98", "2013-04-01/", role("RO319"), link("RE5", "QWO")),
        organisation("B86110", "RO177", "1980-04-01/2020-03-31", link("RE4", "15F"), status="Inactive"),
        organisation("B86001", "RO177", "2026-06-01/", link("RE4", "15F", "2026-06-01/")),
        organisation("RR8", "RO197", "1998-04-01/", link("RE5", "QWO")),
        organisation("RR801", "RO198", "1998-04-01/", link("RE6", "RR8"), site=True),
        organisation("RW3", "RO197", "2001-01-01/2017-09-30", succession("Successor", "RR8", "2017-10-01")),
        organisation("QNQ", "RO261", "2020-04-01/2025-12-31", role("RO318")),
        organisation(
            "S1", "RO261", "2025-01-01/", role("RO318"), succession("Predecessor", "QNQ", "2026-01-01")
        ),
        organisation(
            "S0", "RO261", "2025-01-01/", role("RO318"), succession("Predecessor", "QNQ", "2026-01-01")
        ),
        organisation("GONE", "RO98", "2000-01-01/2001-01-01"),
        organisation("LEFT", "RO177", "2000-01-01/", link("RE4", "GONE"), country=None),
    )
)


def asked(*query: tuple[str, str], body: bytes = b"", accept: str = "*/*", **headers: str) -> Request:
    sent = {"accept": accept} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("GET", "/levels", "http://localhost", query, sent, "id", body)


def get(*query: tuple[str, str], now: datetime = NOW, **more: Any) -> Response:
    return levels.get(REGISTER, now, "1", asked(*query, **more))


def listed(*query: tuple[str, str], now: datetime = NOW) -> Any:
    return json.loads(get(*query, now=now).body)


def rows(response: Response) -> list[dict[str, str]]:
    body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    return list(csv.DictReader(io.StringIO(body.decode())))


def post(body: str | bytes, **query: str) -> Response:
    sent = body if isinstance(body, bytes) else body.encode()
    return levels.post(REGISTER, NOW, lambda: asked(*query.items(), body=sent))


def posted(body: str, **query: str) -> list[dict[str, str]]:
    return rows(post(body, **query))


def fault(function: Any, *args: Any, **more: Any) -> tuple[int, str]:
    with pytest.raises(Fault) as raised:
        function(*args, **more)
    return raised.value.kind.status, raised.value.text


# Lists


def test_a_list_is_answered_in_the_order_asked() -> None:
    found = listed(("code", "rr8, x1,"), ("code", "b86110"), ("date", "2022-06-01"))
    assert [item["code"] for item in found] == ["RR8", "X1", "B86110"]
    assert found[1] == {"code": "X1", "error": "unknown code"}
    assert found[2] == {
        "code": "B86110",
        "name": "NAME OF B86110",
        "status": "inactive",
        "opened": "1980-04-01",
        "closed": "2020-03-31",
        "levels": {
            "date": "2022-06-01",
            "linksOn": "2020-03-31",
            "commissioner": {"code": "15F", "name": "NAME OF 15F", "role": "RO98", "via": ["RE4"]},
            "subIcb": {"code": "15F", "name": "NAME OF 15F", "role": "RO319", "via": ["RE4"]},
            "icb": {"code": "QWO", "name": "ICB, WEST", "role": "RO318", "via": ["RE4", "RE5"]},
            "region": {"code": "Y63", "name": "NORTH EAST", "role": "RO209", "via": ["RE4", "RE5", "RE5"]},
            "country": "ENGLAND",
        },
        "heirs": [],
    }


def test_keys_stand_in_the_order_of_the_specification() -> None:
    (item,) = listed(("code", "QNQ"))
    assert list(item) == ["code", "name", "status", "opened", "closed", "levels", "heirs"]
    assert list(item["levels"]) == ["date", "linksOn", "country", "ambiguous"]
    entry = {"name": "NAME OF S0", "role": "RO318", "via": [], "successorOf": "QNQ"}
    assert item["levels"]["ambiguous"]["icb"][0] == {"code": "S0", **entry}
    assert item["heirs"][1] == {"code": "S1", "name": "NAME OF S1", "role": "RO261", "date": "2026-01-01"}
    (item,) = listed(("code", "LEFT"))
    assert list(item["levels"]) == ["date", "ended"]
    entry = {"code": "GONE", "name": "NAME OF GONE", "role": "RO98", "via": ["RE4"]}
    assert item["levels"]["ended"] == {"commissioner": [entry], "subIcb": [entry]}


def test_without_a_date_it_is_today_in_utc() -> None:
    late = datetime.fromisoformat("2026-01-16T00:30:00+01:00")
    assert listed(("code", "RR8"), now=late)[0]["levels"]["date"] == "2026-01-15"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ((), '"code" names no organisation'),
        ((("code", " ,"),), '"code" names no organisation'),
        ((("code", ",".join(["RR8"] * 501)),), '"code" names 501 organisations'),
        ((("code", "RR8"), ("date", "")), '"date" is no date'),
        ((("code", "RR8"), ("date", "1.6.2022")), '"date" is no date: give it as YYYY-MM-DD, not "1.6.2022"'),
        ((("code", "RR8"), ("date", "2022-06-01"), ("date", "2022-06-01")), '"date" is given 2 times'),
        ((("code", "RR8"), ("format", "xml")), 'Unknown format "xml"'),
    ],
)
def test_a_wrong_request_is_refused_with_what_is_wrong(query: Any, named: str) -> None:
    status, text = fault(get, *query)
    assert (status, named in text) == (400, True)


@pytest.mark.parametrize(
    ("accept", "wanted", "is_csv"),
    [
        ("*/*", None, False),
        ("application/json", None, False),
        ("text/csv", None, True),
        ("text/csv, */*;q=0.1", None, True),
        ("application/json, text/csv;q=0.5", None, False),
        ("application/json", "csv", True),
        ("text/csv", "json", False),
    ],
)
def test_the_format_is_that_of_accept_or_of_the_parameter(
    accept: str, wanted: str | None, is_csv: bool
) -> None:
    query = (("code", "RR8"), *((("format", wanted),) if wanted else ()))
    response = get(*query, accept=accept)
    assert response.headers["Content-Type"] == ("text/csv; charset=utf-8" if is_csv else "application/json")
    assert response.headers["Vary"] == "Accept"


def test_a_list_in_csv_has_a_row_a_code() -> None:
    response = get(("code", "RR801,x1,QNQ,LEFT,B86001,RW3"), ("format", "csv"), ("date", "2026-01-15"))
    site, unknown, split, left, ahead, merged = rows(response)
    assert list(site) == ["code", "name", "status", "opened", "closed", "date", *COLUMNS, "error"]
    shown = {
        "code": "RR801",
        "name": "NAME OF RR801",
        "status": "active",
        "opened": "1998-04-01",
        "closed": "",
    }
    assert site == dict.fromkeys(site, "") | shown | {
        "date": "2026-01-15",
        "operator": "RR8",
        "operator_name": "NAME OF RR8",
        "icb": "QWO",
        "icb_name": "ICB, WEST",
        "region": "Y63",
        "region_name": "NORTH EAST",
        "country": "ENGLAND",
        "inherited": "icb region",
    }
    assert unknown == dict.fromkeys(site, "") | {"code": "X1", "error": "unknown code"}
    assert (split["icb"], split["ambiguous"], split["heirs"], split["links_on"]) == (
        "",
        "icb=S0|S1",
        "S0|S1",
        "2025-12-31",
    )
    assert (left["ended"], left["country"]) == ("commissioner=GONE; subIcb=GONE", "")
    assert (ahead["country"], ahead["error"], ahead["icb"]) == ("ENGLAND", "opens 2026-06-01", "")
    assert merged["heirs"] == "RR8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="levels.csv"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_columns_are_those_of_the_specification() -> None:
    assert " ".join(COLUMNS) == (
        "operator operator_name pcn pcn_name commissioner commissioner_name sub_icb sub_icb_name icb icb_name "
        "region region_name country links_on inherited ambiguous ended heirs"
    )


def test_an_unknown_code_starts_no_formula() -> None:
    assert rows(get(("code", "=1+1"), ("format", "csv")))[0]["code"] == "'=1+1"


@pytest.mark.parametrize(("date", "changes"), [(None, True), ("2022-06-01", False)])
def test_answers_without_a_date_change_at_midnight(date: str | None, changes: bool) -> None:
    query = (("code", "RR8"), *((("date", date),) if date else ()))
    before, after = (get(*query, now=datetime(2026, 1, day, 23, 59, tzinfo=UTC)).headers for day in (15, 16))
    assert (before["ETag"] != after["ETag"], before["Last-Modified"] != after["Last-Modified"]) == (
        changes,
        changes,
    )
    same = {"if_none_match": before["ETag"]}
    assert get(*query, now=datetime(2026, 1, 15, tzinfo=UTC), **same).status == 304
    later = get(*query, now=datetime(2026, 1, 16, tzinfo=UTC), **same)
    assert later.status == (200 if changes else 304)


def test_the_formats_differ_in_their_tags() -> None:
    tags = {get(("code", "RR8"), ("format", each)).headers["ETag"] for each in ("json", "csv")}
    assert len(tags) == 2


# Files


def test_a_file_comes_back_with_columns_added() -> None:
    found = posted('practice,n,date\nb86110," =1",2022-06-01 00:00:00\n', code="practice", date="date")
    assert list(found[0]) == ["practice", "n", "date", *(f"ods_{column}" for column in COLUMNS), "ods_error"]
    expected = {
        "practice": "b86110",
        "n": " =1",
        "date": "2022-06-01 00:00:00",
        "ods_icb": "QWO",
        "ods_error": "",
    }
    assert found[0].items() >= expected.items()
    assert found[0]["ods_links_on"] == "2020-03-31"


def test_each_row_has_its_own_date() -> None:
    found = posted("c;d\nRR801;1998-03-31\nRR801;2022-06-01\n", code="c", date="d")
    text = "".join(map(str, found))
    assert "opens 1998-04-01" in text
    assert "QWO" in text


def test_rows_that_cannot_be_answered_say_why() -> None:
    sent = "code,day\n,2022-06-01\nX1,2022-06-01\nRR8,\nRR8,NA\n,\nRR8,2022-06-01\n"
    found = posted(sent, code="code", date="day")
    bad_date = "not a date (YYYY-MM-DD)"
    assert [row["ods_error"] for row in found] == [
        "no code",
        "unknown code",
        bad_date,
        bad_date,
        "no code",
        "",
    ]
    assert {row[f"ods_{column}"] for row in found[:5] for column in COLUMNS} == {""}
    assert found[5]["ods_icb"] == "QWO"


def test_one_date_may_hold_for_all_rows_and_a_column_of_that_name_comes_first() -> None:
    sent = "code,2025-12-31\nQNQ,2026-01-15\n"
    assert posted(sent, code="code", date="2025-12-31")[0]["ods_ambiguous"] == "icb=S0|S1"
    assert posted(sent, code="code", date=" 2025-12-30")[0]["ods_icb"] == "QNQ"
    assert posted(sent, code="code")[0]["ods_ambiguous"] == "icb=S0|S1"


def test_columns_of_the_file_named_as_ours_stay() -> None:
    body = b"".join(post("code,ods_icb\nRR8,mine\n", code="code").body)  # type: ignore[arg-type]
    header, row = csv.reader(io.StringIO(body.decode()))
    assert (header[:2], row[:2], header.count("ods_icb"), header[-1]) == (
        ["code", "ods_icb"],
        ["RR8", "mine"],
        2,
        "ods_error",
    )


def test_a_header_alone_is_answered_with_a_header() -> None:
    body = b"".join(post("code\n", code="code").body)  # type: ignore[arg-type]
    assert body.decode() == ",".join(["code", *(f"ods_{column}" for column in COLUMNS), "ods_error"]) + "\n"


def test_a_long_file_is_answered_in_pieces_row_by_row() -> None:
    codes = ["RR8", "X1", "B86110", ""] * 300
    pieces = list(
        post("n,code\n" + "".join(f"{at},{code}\n" for at, code in enumerate(codes)), code="code").body
    )
    found = list(csv.DictReader(io.StringIO(b"".join(pieces).decode())))  # type: ignore[arg-type]
    assert [(row["n"], row["code"]) for row in found] == [(str(at), code) for at, code in enumerate(codes)]
    assert [row["ods_error"] for row in found] == ["", "unknown code", "", "no code"] * 300
    assert len(pieces) > 4


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"code": "x"}, 'The parameter code names no column: there is no column "x"; the file has "code", "day"'),
        ({}, 'The request does not say which column has the codes: add code=COLUMN to the address, where COLUMN is one of "code", "day"'),
        ({"code": ""}, 'The request does not say which column has the codes: add code=COLUMN to the address, where COLUMN is one of "code", "day"'),
        ({"code": "code", "date": "when"}, 'The parameter date, "when", is neither a date (YYYY-MM-DD) nor a column; the file has "code", "day"'),
        ({"code": "code", "date": ""}, 'The parameter date, "", is neither a date (YYYY-MM-DD) nor a column; the file has "code", "day"'),
    ],
)  # fmt: skip
def test_a_missing_column_is_refused_with_those_there_are(query: dict[str, str], text: str) -> None:
    assert fault(post, "code,day\nRR8,2022-06-01\n", **query) == (400, text)


def test_two_files_are_answered_at_a_time() -> None:
    bodies = [post("code\nRR8\n", code="code").body for _ in range(2)]
    with pytest.raises(Fault) as raised:
        post("code\nRR8\n", code="code")
    assert (raised.value.kind.status, raised.value.headers["Retry-After"]) == (503, "5")
    for body in bodies:
        assert isinstance(body, Iterator)
        body.close()  # type: ignore[attr-defined] - as the server does when a client has gone
    for _ in range(3):
        assert posted("code\nRR8\n", code="code")[0]["ods_icb"] == "QWO"


def test_a_refused_file_makes_room_for_others() -> None:
    for _ in range(3):
        assert fault(post, b"\xff", code="code")[0] == 400
    assert posted("code\nRR8\n", code="code")


def test_what_a_gone_organisation_leads_to_is_read_ahead() -> None:
    register = Made(
        (
            organisation("OLD", "RO177", "2000-01-01/2010-03-31", link("RE4", "15F", "2000-01-01/2010-03-31"),
                         succession("Successor", "NEW", "2010-04-01"), status="Inactive"),
            organisation("NEW", "RO177", "2000-01-01/", link("RE4", "QWO")),
            organisation("15F", "RO98", "2000-01-01/"),
            organisation("QWO", "RO98", "2000-01-01/"),
        )
    )  # fmt: skip
    bodies = Bodies(register)
    assert read_ahead(bodies, [("OLD", Day(bodies, "2026-01-15"))], heirs=True) == {"NEW", "15F", "QWO"}
