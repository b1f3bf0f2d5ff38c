"""ods-indexer load --organisations, as a process."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.engine import open_index
from tests.commands import SECONDS, clean, refused, run
from tests.conftest import BIN

ENTRIES: list[dict[str, Any]] = [
    {
        "code": "A81001",
        "name": "The Surgery & Søn's",
        "roles": ["RO177", "RO76"],
        "address": {"lines": ["1 High Street"], "town": "LEEDS", "postcode": "LS1 4AP", "country": "ENGLAND"},
        "contacts": [{"type": "tel", "value": '0113 "2" <3>'}],
        "relationships": [{"type": "RE4", "target": "15F"}, {"type": "RE6", "target": "NONE"}],
        "successors": [{"code": "15F", "date": "2021-01-01"}],
    },
    {"code": "15F", "name": "NHS LEEDS CCG", "roles": ["RO98", {"id": "RO319", "start": "2022-07-01"}]},
]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/var/ods.db"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "list.json").write_text(json.dumps(ENTRIES))
    return tmp_path / "list.json"


def document(url: str, code: str) -> Any:
    return json.loads(open_index(url).live().get("organisation", code, "ord") or b"null")


def test_a_list_is_loaded_as_a_release_of_the_day(url: str, path: Path) -> None:
    done = run("ods-indexer", "load", "--organisations", path, "--index", url, "--json", "--validate", "all",
               ODS_NOW="2026-03-01T00:30:00+02:00")  # fmt: skip
    report = json.loads(done.stdout)
    assert (report["release"], report["made_by"]) == ("2026-02-28", "organisations")
    assert (report["organisations"], report["successions"]) == (2, 2)
    assert report["warnings"] == {"unresolved_target": 1}
    surgery = document(url, "A81001")["Organisation"]
    assert surgery["Name"] == "The Surgery & Søn's"
    assert surgery["Contacts"]["Contact"] == [{"type": "tel", "value": '0113 "2" <3>'}]
    assert surgery["LastChangeDate"] == "2026-02-28"
    assert [rel["Target"]["OrgId"]["extension"] for rel in surgery["Rels"]["Rel"]] == ["15F", "NONE"]
    (before,) = document(url, "15F")["Organisation"]["Succs"]["Succ"]
    assert (before["Type"], before["Target"]["OrgId"]["extension"]) == ("Predecessor", "A81001")


def test_standard_input_is_json_and_an_empty_list_is_a_release_too(url: str) -> None:
    done = subprocess.run(
        [BIN / "ods-indexer", "load", "--organisations", "-", "--index", url, "--json"],
        input="[]", env=clean({}), capture_output=True, text=True, timeout=SECONDS, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["organisations"] == 0


def test_many_organisations_without_relationships_are_loaded(url: str, tmp_path: Path) -> None:
    rows = "".join(f"X{number},Name {number}\n" for number in range(1000))
    (tmp_path / "list.csv").write_text(f"code,name\n{rows}")
    done = run("ods-indexer", "load", "--organisations", tmp_path / "list.csv", "--index", url, "--json")
    assert json.loads(done.stdout)["organisations"] == 1000


def test_a_bad_list_ends_with_two_and_what_was_live_still_is(url: str, path: Path) -> None:
    assert run("ods-indexer", "load", "--organisations", path, "--index", url).returncode == 0
    path.write_text(json.dumps([*ENTRIES, {"code": "X", "name": "X", "roles": ["RO999"]}]))
    done = run("ods-indexer", "load", "--organisations", path, "--index", url)
    said = refused(done, 2)
    assert said == f"{path}, entry 3 (X): roles.id: RO999 is no role of the bundled sample"
    assert open_index(url).live().generation.report["organisations"] == 2


def test_a_list_is_not_named_beside_a_release(path: Path) -> None:
    for more in ("--demo", "x.zip"):
        said = refused(run("ods-indexer", "load", more, "--organisations", path), 2)
        assert said == "Name a RELEASE, --demo for the bundled sample, or --organisations FILE."
