"""The README says what the code does."""

import json
import re

import pytest

from tests.tables import README, TABLES, written

SECURITY = README.with_name("SECURITY.md")
TEXT = README.read_text()
REQUESTS = re.findall(r"^curl (.+)$", TEXT, re.MULTILINE)


def test_the_generated_tables_are_up_to_date():
    assert written(TEXT) == TEXT


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_in_the_readme(table):
    assert f"<!-- {table}: written by make docs -->\n|" in TEXT


def test_the_two_commands_are_shown():
    assert "make serve" in TEXT
    assert "make test" in TEXT


@pytest.mark.parametrize("request_line", REQUESTS)
def test_every_request_of_the_readme_is_answered_as_it_says(request_line, client):
    target = re.search(r"'http://127.0.0.1:8000([^']+)'", request_line)[1]
    headers = dict(re.findall(r"-H '(\S+): ([^']+)'", request_line))
    form = re.search(r"-d '([^']+)'", request_line)
    if form:
        response = client.post(target, data=form[1], content_type="application/x-www-form-urlencoded")
    else:
        response = client.get(target, headers=headers)
    shown = re.search(re.escape(f"curl {request_line}\n```\n```json\n") + "(.+)", TEXT)
    if shown:
        expected = json.loads(shown[1].replace("http://127.0.0.1:8000", "https://ods.example.org"))
        answer = response.json
        if "OperationOutcome" in shown[1]:
            del expected["id"], answer["id"]
        assert answer == expected
    else:
        assert response.status_code == 200
        assert b"total" not in response.data or b'"total":0' not in response.data


HELD_BY = re.findall(r"`((?:interfaces|unit|bench|harness)/\w+\.py)(?:::(\w+))?`", SECURITY.read_text())


@pytest.mark.parametrize(("file", "test"), HELD_BY)
def test_the_tests_that_hold_a_promise_are_there(file, test):
    text = (SECURITY.parent / "tests" / file).read_text()
    assert f"def {test or 'test_'}" in text
