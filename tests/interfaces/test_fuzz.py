"""Generated requests to a real server are answered as its OpenAPI document says, and never with a 5xx."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz import fuzz
from tests.interfaces.sockets import Running

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


R4, ODT = "/R4", "/organisation-data-terminology-api/fhir"
"""The two addresses of the same interface."""


def test_generated_requests_are_answered_as_the_document_says(server: Running) -> None:
    options = ("--phases=examples,coverage,fuzzing", "--max-examples=5", "--generation-deterministic")
    found = fuzz(f"{server.address}/openapi.json", f"--exclude-path-regex=^{ODT}(/|$)", *options)
    assert found.returncode == 0, found.stdout
    (cases,) = re.findall(r"(\d+) generated, \1 passed", found.stdout)
    assert int(cases) > 1000


def test_the_other_address_of_r4_is_described_alike_and_answers_the_examples(server: Running) -> None:
    document = server.get("/openapi.json").json()
    assert described(document, ODT) == described(document, R4)
    found = fuzz(f"{server.address}/openapi.json", f"--include-path-regex=^{ODT}(/|$)", "--phases=examples")
    assert found.returncode == 0, found.stdout
    (cases,) = re.findall(r"(\d+) generated, \1 passed", found.stdout)
    assert int(cases) > 30


def described(document: dict[str, Any], address: str) -> dict[str, Any]:
    """Return what a document says of the operations at an address, without its names of them."""
    paths = {
        path.removeprefix(address): each
        for path, each in document["paths"].items()
        if path.startswith(address)
    }
    for operation in (each for at in paths.values() for each in at.values()):
        del operation["operationId"], operation["tags"]
        for status, response in operation["responses"].items():
            name = response.get("$ref", "").rpartition("/")[2]
            operation["responses"][status] = document["components"]["responses"].get(name, response)
    return paths


def test_an_answer_that_the_document_does_not_allow_is_found(server: Running, tmp_path: Path) -> None:
    document = server.get("/openapi.json").json()
    document["components"]["schemas"]["Live"]["required"].append("since")
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))
    found = fuzz(str(file), f"--url={server.address}", "--include-path=/health/live", "--max-examples=5")
    assert found.returncode == 1
    assert "'since' is a required property" in found.stdout.replace('"', "'")
