"""The pipeline: what is counted, what stands, and what an exception at any place leaves."""

# ruff: noqa: E501 - tables

import dataclasses
import errno
import hashlib
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

import indexer.load as pipeline
from app.clock import clock
from app.engine import open_index
from app.engine.port import Index, NotLoaded
from app.engine.workers import NoWorkers
from app.register.query import Clause, Operator, Query
from app.register.query import Test as Comparison
from indexer import parallel
from indexer.documents.lists import Deleted, stated
from indexer.history import History
from indexer.load import LoadOptions, load
from indexer.merge import Merge
from indexer.report import Refused
from indexer.validate import Invalid, Validate
from tests.conftest import NOW, SAMPLE
from tests.releases import synthetic, tiny


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """An index into which nothing was loaded yet."""
    return open_index(f"sqlite:///{tmp_path}/var/ods.db")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of three organisations."""
    names = {"C1": "THREE", "A1": "ONE & <ONE>", "B1": "TWO"}
    return tiny(tmp_path_factory.mktemp("small") / "small.xml", date(2026, 1, 29), names)


def everything(index: Index) -> list[Any]:
    """Return all documents of the live generation."""
    live = index.live()
    return [live.search(Query(kind, size=10_000), "stu3") for kind in ("organisation", "resource")]


def test_a_load_counts_what_stands_and_reports_it(small: Path, index: Index) -> None:
    report = load([small], index, clock(NOW), LoadOptions())
    assert report.pop("seconds") >= 0
    assert report == {
        "release": "2026-01-29", "generation": "2026-01-29.1",
        "organisations": 3, "active": 3, "inactive": 0, "roles": 3, "relationships": 0, "successions": 0,
        "ref_only": 0, "records_read": 3, "warnings": {"no_archive": 1},
        "files": [{"name": "small.xml", "kind": "full", "sequence": 1, "records": 3, "sha256": report["files"][0]["sha256"]}],
        "archive": hashlib.sha256(small.read_bytes()).hexdigest(),
    }  # fmt: skip
    kept = index.live().generation
    assert kept.report.items() <= (report | {"seconds": kept.report["seconds"]}).items()
    assert kept.loaded == index.live().live_since == NOW


def test_entries_stand_in_order_of_their_codes(small: Path, index: Index) -> None:
    load([small], index, clock(NOW), LoadOptions())
    found = index.live().search(Query("organisation"), "stu3").matches
    assert [match.id for match in found] == ["A1", "B1", "C1"]
    assert orjson.loads(found[0].document)["name"] == "ONE & <ONE>"


def test_a_load_is_made_live_when_it_is_done_not_when_it_began(small: Path, index: Index) -> None:
    times = iter([NOW, NOW + timedelta(minutes=3)])
    load([small], index, lambda: next(times), LoadOptions())
    assert (index.live().generation.loaded, index.live().live_since) == (NOW, NOW + timedelta(minutes=3))


def test_worker_processes_give_what_one_process_gives(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = synthetic(tmp_path / "release.zip", 1000, date(2026, 6, 25))
    load([release], index, clock(NOW), LoadOptions(validate="none"))
    monkeypatch.setattr(pipeline, "_SMALL", 0)
    other = open_index(f"sqlite:///{tmp_path}/other.db")
    report = load([release], other, clock(NOW), LoadOptions(workers=2, validate="none"))
    assert report["organisations"] == 1000
    assert {**index.live().generation.report, "seconds": 0} == {
        **other.live().generation.report,
        "seconds": 0,
    }
    assert everything(index) == everything(other)


def test_a_release_that_must_be_read_serially_gives_the_same(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load([SAMPLE], index, clock(NOW), LoadOptions(validate="none"))

    def unreadable(*_: object) -> None:
        raise pipeline.Unreadable

    monkeypatch.setattr(parallel, "read_piece", unreadable)
    other = open_index(f"sqlite:///{tmp_path}/other.db")
    load([SAMPLE], other, clock(NOW), LoadOptions(validate="none"))
    assert {**index.live().generation.report, "seconds": 0} == {
        **other.live().generation.report,
        "seconds": 0,
    }
    assert everything(index) == everything(other)


def test_progress_is_told_to_the_last_byte(index: Index) -> None:
    told: list[tuple[int, int]] = []
    load(
        [SAMPLE],
        index,
        clock(NOW),
        LoadOptions(validate="none", progress=lambda read, total: told.append((read, total))),
    )
    assert len({total for _, total in told}) == 1
    assert sum(read for read, _ in told) == told[0][1]


def test_every_role_that_is_held_is_a_concept(index: Index, tmp_path: Path) -> None:
    path = tiny(tmp_path / "x.xml", date(2026, 1, 29), {"A1": "ONE"})
    path.write_text(path.read_text().replace('<Role id="RO177"', '<Role id="RO5"'))
    report = load([path], index, clock(NOW), LoadOptions(validate="all"))
    assert report["warnings"] == {"no_archive": 1, "unknown_code": 1}
    found = orjson.loads(index.live().get("resource", "CodeSystem/ODSAPI-OrganizationRole-1", "stu3") or b"")
    assert found["concept"] == [{"code": "5"}, {"code": "177", "display": "PRESCRIBING COST CENTRE"}]
    assert found["date"] == "2026-01-29"


def test_codes_may_have_many_digits_and_differ_in_case_alone(index: Index, tmp_path: Path) -> None:
    path = tiny(tmp_path / "x.xml", date(2026, 1, 29), {"A1": "ONE"})
    more = "".join(f'<concept id="{code}" code="1" displayName="X"/>' for code in ("ro177", "RO" + "9" * 253))
    path.write_text(
        path.read_text().replace("</CodeSystem></CodeSystems>", f"{more}</CodeSystem></CodeSystems>")
    )
    load([path], index, clock(NOW), LoadOptions())
    assert b"PRESCRIBING" in (index.live().get("code_list", "roles/RO177", "ord") or b"")


def without_relationships(path: Path, records: int) -> Path:
    return tiny(path, date(2026, 1, 29), {f"A{number:04}": "ONE" for number in range(records)})


def test_many_records_of_which_none_has_a_relationship_are_refused(index: Index, tmp_path: Path) -> None:
    few = without_relationships(tmp_path / "few.xml", 999)
    assert load([few], index, clock(NOW), LoadOptions(validate="none"))["organisations"] == 999
    many = without_relationships(tmp_path / "many.xml", 1000)
    with pytest.raises(Refused) as raised:
        load([many], index, clock(NOW), LoadOptions(validate="none"))
    assert str(raised.value) == (
        "many.xml: none of the 1,000 records of the release has a relationship: "
        "the schema must have changed, so a newer version of ods-api-suite is needed"
    )
    assert index.live().generation.report["organisations"] == 999
    rel = (
        '<Rels><Rel id="RE4" uniqueRelId="1"><Date><Type value="Legal"/><Start value="2001-02-03"/></Date>'
        '<Status value="Active"/><Target><OrgId extension="A0001"/></Target></Rel></Rels>'
    )
    many.write_text(many.read_text().replace("</Organisation>", f"{rel}</Organisation>", 1))
    report = load([many], index, clock(NOW), LoadOptions(validate="none"))
    assert (report["organisations"], report["relationships"]) == (1000, 1)


SUCC = '<Succ uniqueSuccId="{}"><Date><Type value="Legal"/><Start value="2001-02-03"/></Date><Type>{}</Type><Target><OrgId extension="{}"/></Target></Succ>'


def test_successions_are_counted_as_each_party_records_them_and_are_one_entry_each(
    index: Index, tmp_path: Path
) -> None:
    path = tiny(tmp_path / "x.xml", date(2026, 1, 29), {"A1": "ONE", "A2": "TWO", "A3": "THREE"})
    held = {
        "A1": SUCC.format(44, "Successor", "A2") + SUCC.format(45, "Successor", "A1"),
        "A2": SUCC.format(44, "Predecessor", "A1") + SUCC.format(46, "Successor", "A3"),
        "A3": "",
    }
    parts = path.read_text().split("</Organisation>")
    ends = [
        f"<Succs>{succs}</Succs></Organisation>" if succs else "</Organisation>" for succs in held.values()
    ]
    path.write_text("".join(part + end for part, end in zip(parts, [*ends, ""], strict=True)))
    report = load([path], index, clock(NOW), LoadOptions(validate="all"))
    assert (report["successions"], report["warnings"]) == (4, {"no_archive": 1})
    for code, count in (("A1", 2), ("A2", 2), ("A3", 0)):
        record = orjson.loads(index.live().get("organisation", code, "ord") or b"")["Organisation"]
        assert len(record.get("Succs", {}).get("Succ", ())) == count
    instances = index.live().search(Query("instance"), "concept").matches
    assert {each.id: orjson.loads(each.document) if each.document else None for each in instances} == {
        **dict.fromkeys(("role/1", "role/2", "role/3")),
        **{
            f"succession/{number}": {
                "predecessor": one,
                "successor": two,
                "legStartDate": "2001-02-03",
                "forwardSuccession": False,
            }
            for number, one, two in ((44, "A1", "A2"), (45, "A1", "A1"), (46, "A2", "A3"))
        },
    }


def rel(unique_id: int | None, kind: str, target: str) -> str:
    """Return a relationship as a release writes it."""
    unique = "" if unique_id is None else f' uniqueRelId="{unique_id}"'
    return f'''<Rel id="{kind}"{unique}><Date><Type value="Legal"/><Start value="2001-02-03"/></Date>
      <Status value="Active"/><Target><OrgId extension="{target}"/></Target></Rel>'''


def test_each_relationship_of_a_record_that_is_kept_is_an_affiliation_with_an_id_of_its_own(
    index: Index, tmp_path: Path
) -> None:
    held = {
        "Archive": {"A1": [(99, "RE6")], "A3": [(20, "RE7"), (5, "RE8")]},
        "Full": {"A2": [(20, "RE1"), (None, "RE2"), (None, "RE2")], "A1": [(100, "RE3"), (20, "RE4"), (10, "RE5")]},
    }  # fmt: skip
    paths = []
    for kind, records in held.items():
        path = tiny(tmp_path / f"{kind}.xml", date(2026, 1, 29), dict.fromkeys(records, "ONE"))
        parts = path.read_text().replace("_Full_", f"_{kind}_").split("</Organisation>")
        ends = [
            f"<Rels>{''.join(rel(*each, 'A1') for each in rels)}</Rels></Organisation>"
            for rels in records.values()
        ]
        path.write_text("".join(part + end for part, end in zip(parts, [*ends, ""], strict=True)))
        paths.append(path)
    report = load(paths, index, clock(NOW), LoadOptions(validate="all"))
    counted = {"no_relationship_id": 2, "repeated_relationship_id": 2}
    assert report["warnings"].items() >= counted.items()
    live = index.live()
    assert [match.id for match in live.search(Query("organisation"), None).matches] == ["A1", "A2", "A3"]
    # The full file is read first, though the archive is named first.
    expected = {
        "10": ("A1", "RE5"), "100": ("A1", "RE3"), "20": ("A2", "RE1"), "5": ("A3", "RE8"),
        "A1-RE4-A1-2001-02-03": ("A1", "RE4"), "A2-RE2-A1-2001-02-03": ("A2", "RE2"),
        "A2-RE2-A1-2001-02-03.2": ("A2", "RE2"), "A3-RE7-A1-2001-02-03": ("A3", "RE7"),
    }  # fmt: skip
    found = live.search(Query("affiliation"), "r4").matches
    documents = {match.id: orjson.loads(match.document) for match in found}
    assert {
        entry_id: (said["organization"]["identifier"]["value"], said["code"][0]["coding"][0]["code"])
        for entry_id, said in documents.items()
    } == expected
    assert list(documents) == sorted(expected)
    unnumbered = Query("affiliation", (Clause((Comparison("unnumbered", Operator.PRESENT),)),))
    assert [match.id for match in live.search(unnumbered, None).matches] == sorted(
        entry_id for entry_id in expected if not entry_id.isdigit()
    )
    types = {f"RE{number}": 1 + (number == 2) for number in (1, 2, 3, 4, 5, 7, 8)}
    assert live.counts("affiliation", (), ("type",)) == {"type": types}


def test_files_of_one_name_are_told_apart_by_their_paths(index: Index, tmp_path: Path) -> None:
    paths = []
    for kind, codes in (("Full", ("A1", "A2")), ("Archive", ("A3",))):
        (tmp_path / kind).mkdir()
        paths.append(tiny(tmp_path / kind / "x.xml", date(2026, 1, 29), dict.fromkeys(codes, "ONE")))
        paths[-1].write_text(paths[-1].read_text().replace("_Full_", f"_{kind}_"))
    report = load(paths, index, clock(NOW), LoadOptions())
    assert [(file["name"], file["records"]) for file in report["files"]] == [
        (str(path), count) for path, count in zip(paths, (2, 1), strict=True)
    ]


@pytest.mark.parametrize(
    ("statement", "warning", "kept"),
    [
        ("PRAGMA user_version=1", "This load finds no deletions, and its lists of deleted roles and successions are empty: ", {"A1": (1, None), "A2": (1, ""), "A3": (1, "2026-02-26")}),
        ("DROP TABLE history", "What earlier loads knew of versions and deletions is lost: ", {"A1": (1, None)}),
    ],
    ids=["the file is of another layout", "the history is damaged"],
)  # fmt: skip
def test_a_load_over_an_index_that_cannot_be_read_keeps_the_history_if_that_can(
    statement: str,
    warning: str,
    kept: dict[str, Any],
    index: Index,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for month, codes in enumerate((("A1", "A2", "A3"), ("A1", "A2")), start=1):
        path = tiny(tmp_path / "x.xml", date(2026, 1, 26), dict.fromkeys(codes, "ONE"))
        path.write_text(
            path.read_text().replace('Date value="2026-01-26"', f'Date value="2026-0{month}-26"', 1)
        )
        load([path], index, clock(NOW), LoadOptions(max_change=50))
    with closing(sqlite3.connect(tmp_path / "var" / "ods.db")) as connection:
        connection.execute(statement)
    path = tiny(tmp_path / "x.xml", date(2026, 1, 26), {"A1": "ONE"})
    load([path], index, clock(NOW), LoadOptions(max_change=50))
    assert [record.message.startswith(warning) for record in caplog.records].count(True) == 1
    rows = [row for row in index.history() if row.kind == "organisation"]
    assert {row.id: (row.version, row.gone) for row in rows} == kept
    assert stated(index.live().get("resource", "List/Organization-deletion", "r4")) == [
        Deleted("A3", "2026-02-26")
    ]


class Killed(BaseException):
    """Stands for whatever ends a load."""


def raising(error: BaseException) -> Callable[..., Any]:
    """Return a function that raises."""

    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


PLACES = [
    (pipeline, "_samples"), (pipeline, "pieces"), (History, "stamp"), (pipeline, "check_count"), (parallel, "read_piece"),
    (Merge, "offer"), (Merge, "records"), (pipeline.stu3, "resources"), (pipeline.stu3, "organization"),
]  # fmt: skip


@pytest.mark.parametrize(("owner", "name"), PLACES, ids=lambda each: getattr(each, "__name__", each))
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Refused("x.xml: it is torn"), "x.xml: it is torn"),
        (Killed(), None),
        (OSError(errno.EAGAIN, "Resource temporarily unavailable"), "The load failed: [Errno 11] Resource temporarily unavailable"),
        (MemoryError(), "There is not enough memory"),
        (NoWorkers("A worker process was ended"), "A worker process was ended"),
    ],
    ids=["refused", "killed", "an error of the system", "no memory", "a worker gone"],
)  # fmt: skip
def test_an_exception_at_any_place_leaves_what_was_live_and_is_told(
    owner: Any,
    name: str,
    error: BaseException,
    told: str | None,
    index: Index,
    small: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load([small], index, clock(NOW), LoadOptions())
    next(tmp_path.rglob("records")).unlink()  # so that every record is read again
    before = sorted(path for path in tmp_path.rglob("*")), everything(index)
    monkeypatch.setattr(owner, name, raising(error))
    swallowed = name == "_samples" and isinstance(error, Refused)
    with pytest.raises((Refused, Killed)) as raised:
        load([small], index, clock(NOW), LoadOptions(validate="none"))
    assert swallowed or told is None or told in str(raised.value)
    monkeypatch.undo()
    after = sorted(path for path in tmp_path.rglob("*") if path.name != "failure.json")
    assert (after, everything(index)) == before
    assert load([small], index, clock(NOW), LoadOptions())["organisations"] == 3


def test_a_file_that_vanishes_while_it_is_loaded_is_told_as_the_release_s(
    index: Index, small: Path, tmp_path: Path
) -> None:
    load([small], index, clock(NOW), LoadOptions())
    before = everything(index)
    copied = tmp_path / "copied.xml"
    copied.write_bytes(small.read_bytes())

    def vanish() -> datetime:  # the time is asked for when the release is open
        copied.unlink(missing_ok=True)
        return NOW

    with pytest.raises(Refused) as raised:
        load([copied], index, vanish, LoadOptions())
    assert str(raised.value) == (
        "copied.xml: it cannot be read (No such file or directory): "
        "leave the release in its place until the load has ended"
    )
    assert everything(index) == before


@pytest.mark.parametrize("gone", ["one", "all"])
def test_a_temporary_folder_that_is_no_more_is_told_as_that(
    gone: str, index: Index, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = str(tmp_path / "nowhere")
    monkeypatch.setattr(tempfile, "tempdir", nowhere if gone == "one" else None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [nowhere])
    with pytest.raises(Refused) as raised:
        load([small], index, clock(NOW), LoadOptions())
    where = nowhere if gone == "one" else "any folder"
    assert str(raised.value).startswith(f"Temporary files cannot be written in {where}: No ")
    with pytest.raises(NotLoaded):
        index.live()
    with pytest.raises(Refused, match=r"^Temporary files cannot be written in "):
        load([SAMPLE], index, clock(NOW), LoadOptions())


def test_a_document_that_is_not_valid_refuses_the_release_by_its_path(
    index: Index, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Validate, "check", raising(Invalid("A1: its STU3 document is not valid FHIR: name is empty"))
    )
    with pytest.raises(Refused, match=r"small\.xml: A1: its STU3 document is not valid FHIR"):
        load([small], index, clock(NOW), LoadOptions(validate="all"))


def test_options_have_defaults_that_load(index: Index, small: Path) -> None:
    assert dataclasses.replace(LoadOptions(), workers=2) != LoadOptions()
    load([small], index, clock(datetime(2026, 1, 1, tzinfo=UTC)), LoadOptions())
    assert index.live().generation.report["organisations"] == 3
