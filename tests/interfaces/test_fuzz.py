"""Generated requests to a real server are answered as its OpenAPI document says, and never with a 5xx."""

import json
import re
from pathlib import Path

import pytest

from tests.fuzz import fuzz
from tests.interfaces.sockets import Running

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_generated_requests_are_answered_as_the_document_says(server: Running) -> None:
    options = ("--phases=examples,coverage,fuzzing", "--max-examples=5", "--generation-deterministic")
    found = fuzz(f"{server.address}/openapi.json", *options)
    assert found.returncode == 0, found.stdout
    (cases,) = re.findall(r"(\d+) generated, \1 passed", found.stdout)
    assert int(cases) > 1000


def test_an_answer_that_the_document_does_not_allow_is_found(server: Running, tmp_path: Path) -> None:
    document = server.get("/openapi.json").json()
    document["components"]["schemas"]["Live"]["required"].append("since")
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))
    found = fuzz(str(file), f"--url={server.address}", "--include-path=/health/live", "--max-examples=5")
    assert found.returncode == 1
    assert "'since' is a required property" in found.stdout.replace('"', "'")
