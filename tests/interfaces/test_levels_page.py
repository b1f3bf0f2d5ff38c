"""What docs/levels.md shows is what the server answers over the sample."""

import csv
import io
import re
import shlex
from pathlib import Path

import pytest
from flask.testing import FlaskClient

TEXT = (Path(__file__).parents[2] / "docs" / "levels.md").read_text()
FILE = re.search(r"`practices.csv`\n```csv\n(.*?)```", TEXT, re.DOTALL)[1]
HOST = "http://127.0.0.1:8000"


def test_the_file_of_the_page_comes_back_as_shown(client: FlaskClient) -> None:
    (command,) = re.findall(r"^curl .+$", TEXT, re.MULTILINE)
    target = next(word for word in shlex.split(command) if word.startswith(HOST)).removeprefix(HOST)
    response = client.post(target, data=FILE.encode(), content_type="text/csv")
    header, _, *lines = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in re.findall(r"^\|.+\|$", TEXT, re.MULTILINE)
    )
    shown = [dict(zip(header, line, strict=True)) for line in lines]
    found = list(csv.DictReader(io.StringIO(response.text)))
    assert [{name: row[name] for name in header} for row in found] == shown


def test_a_file_as_pandas_and_r_write_it_is_joined(client: FlaskClient) -> None:
    pandas = "practice,date,items\nB86110,2026-01-15,120\nB86110,2022-06-01,95\n"
    r = '"practice","date","items"\n"B86110",2026-01-15,120\n"B86110",2022-06-01,95\n'
    answers = [
        client.post("/levels?code=practice&date=date", data=text.encode(), content_type="text/csv").text
        for text in (pandas, r)
    ]
    assert answers[0] == answers[1]
    assert [row["ods_sub_icb"] for row in csv.DictReader(io.StringIO(answers[0]))] == ["15F", "15F"]


def test_the_address_for_spreadsheets_is_answered(client: FlaskClient) -> None:
    (target,) = re.findall(rf'read\.csv\("{HOST}([^"]+)"\)', TEXT)
    rows = list(csv.DictReader(io.StringIO(client.get(target).text)))
    assert [(row["code"], row["error"]) for row in rows] == [("B86110", ""), ("RR801", "")]


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))
def test_the_python_of_the_page_is_python(code: str) -> None:
    compile(code, "levels.md", "exec")
