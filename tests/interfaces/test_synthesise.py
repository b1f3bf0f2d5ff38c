"""ods-indexer synthesise, as a process."""

# ruff: noqa: E501 - tables

import json
from pathlib import Path

import pytest

from tests.commands import refused, run
from tests.conftest import SAMPLE


def test_a_synthetic_release_is_written_loaded_and_marked(tmp_path: Path) -> None:
    out, url = tmp_path / "one.zip", f"sqlite:///{tmp_path}/ods.db"
    done = run("ods-indexer", "synthesise", "--organisations", 300, "--seed", 1, "--out", out)
    assert (done.returncode, done.stdout) == (0, f"Wrote {out}, a release of 2026-08-27.\n")
    assert done.stderr.splitlines()[-1].startswith("Wrote ")
    done = run("ods-indexer", "load", out, "--index", url, "--json", "--validate", "all")
    report = json.loads(done.stdout)
    assert (report["made_by"], report["organisations"], report["warnings"]) == ("synthesise", 300, {})
    done = run("ods-indexer", "status", "--index", url)
    assert "made by        synthesise\n" in done.stdout


def test_a_later_release_of_the_sample_is_written_with_its_log(tmp_path: Path) -> None:
    out = tmp_path / "later.zip"
    given = ["synthesise", "--mutate", SAMPLE, "--changes", 60, "--seed", 1, "--out", out]
    done = run("ods-indexer", *given, "--date", "2026-01-29")
    assert (done.returncode, done.stdout) == (0, f"Wrote {out}, a release of 2026-01-29.\n")
    lines = [json.loads(line) for line in Path(f"{out}.changes.jsonl").read_text().splitlines()]
    assert len(lines) == 60
    assert {tuple(line) for line in lines} == {("code", "change", "from", "to", "date")}
    done = run("ods-indexer", "load", out, "--index", f"sqlite:///{tmp_path}/ods.db", "--json")
    assert json.loads(done.stdout)["made_by"] == "synthesise"


def test_the_sample_is_marked_however_it_is_named(tmp_path: Path) -> None:
    for given in (["--demo"], [SAMPLE]):
        done = run("ods-indexer", "load", *given, "--index", f"sqlite:///{tmp_path}/ods.db", "--json")
        assert json.loads(done.stdout)["made_by"] == "sample"


WRONG = {
    "--seed 1": "Name --organisations, or --mutate with a release, and not both.",
    "--seed 1 --organisations 300 --mutate x.zip --changes 1": "Name --organisations, or --mutate with a release, and not both.",
    "--seed 1 --mutate x.zip": "--mutate and --changes belong together.",
    "--seed 1 --organisations 300 --changes 4": "--mutate and --changes belong together.",
    "--organisations 300": "Missing option '--seed'.",
    "--seed 1 --organisations 99": "Invalid value for '--organisations': 99 is not in the range 100<=x<=10000000.",
    "--seed 1 --organisations 300 --date 2026-02-30": "Invalid value for '--date': '2026-02-30' does not match the format '%Y-%m-%d'.",
    "--seed 1 --organisations 300 --date 2017-01-01": "Invalid value for '--date': use a date from 2018-01-01 to 2099-12-31.",
    f"--seed 1 --mutate {SAMPLE} --changes 5 --date 2025-12-11": "Invalid value for '--date': the new release must be later than that of 2025-12-11, from which it is made.",
}  # fmt: skip


@pytest.mark.parametrize("given", WRONG)
def test_wrong_options_end_with_two_and_a_sentence(given: str, tmp_path: Path) -> None:
    out = tmp_path / "out.zip"
    done = run("ods-indexer", "synthesise", *given.split(), "--out", out)
    assert refused(done, 2) == WRONG[given]
    assert list(tmp_path.iterdir()) == []


def test_a_release_that_cannot_be_read_or_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    given = ["synthesise", "--mutate", tmp_path / "no.zip", "--changes", 1, "--seed", 1]
    said = refused(run("ods-indexer", *given, "--out", tmp_path / "out.zip"))
    assert said == f"{tmp_path}/no.zip: there is no such file or folder"
    out = tmp_path / "no" / "out.zip"
    said = refused(run("ods-indexer", "synthesise", "--organisations", 100, "--seed", 1, "--out", out))
    assert said == f"{out} cannot be written: No such file or directory"
