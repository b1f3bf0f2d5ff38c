"""Synthetic releases: exact form and counts, the same XML for the same arguments, and what changes later."""

import hashlib
import json
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from indexer.report import Refused
from indexer.sources.synthesise.mutate import NotLater, mutate
from indexer.sources.synthesise.release import synthesise
from tests.conftest import SAMPLE

SIZE = 3000
DAY = date(2026, 8, 27)
KINDS = {
    "opened",
    "deleted",
    "closed",
    "renamed",
    "moved",
    "role_added",
    "role_ended",
    "relationship_added",
    "relationship_ended",
    "succeeded",
}


def files(path: Path) -> dict[str, tuple[zipfile.ZipInfo, bytes]]:
    """Return the XML of each inner zip of a release, and its entry, by the name of the inner zip."""
    found = {}
    with zipfile.ZipFile(path) as outer:
        for name in (each for each in outer.namelist() if each.endswith(".zip")):
            with outer.open(name) as packed, zipfile.ZipFile(packed) as inner:
                (member,) = inner.infolist()
                found[name] = member, inner.read(member)
    return found


def roots(path: Path) -> list[Any]:
    return [etree.fromstring(xml) for _, xml in files(path).values()]


def code(record: Any) -> str:
    return record.find("OrgId").get("extension")


def split(root: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return complete records and stubs of a file, by code."""
    records = root.findall("Organisations/Organisation")
    stubs = {code(record): record for record in records if record.get("refOnly")}
    return {code(record): record for record in records if not record.get("refOnly")}, stubs


def register(path: Path) -> dict[str, Any]:
    return {code: record for root in roots(path) for code, record in split(root)[0].items()}


def flat(record: Any) -> Any:
    """Return a record as nested tuples, without white space between elements."""
    text = (record.text or "").strip()
    return record.tag, tuple(sorted(record.attrib.items())), text, tuple(map(flat, record))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("releases") / "first.zip"
    synthesise(path, SIZE, 1, DAY)
    return path


@pytest.fixture(scope="module")
def later(first: Path) -> Path:
    path = first.with_name("later.zip")
    assert mutate(first, path, changes=120, seed=5, published=None) == date(2026, 9, 24)
    return path


def log(path: Path) -> list[dict[str, Any]]:
    lines = path.with_name(f"{path.name}.changes.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_a_release_has_the_form_of_trud_s(first: Path) -> None:
    assert list(files(first)) == ["fullfile.zip", "archive.zip"]
    for (entry, _), root, kind in zip(files(first).values(), roots(first), ("Full", "Archive"), strict=True):
        assert entry.filename == f"HSCOrgRefData_{kind}_20260827.xml"
        assert root.tag == "{http://refdata.hscic.gov.uk/org/v2-0-0}OrgRefData"
        assert [child.tag for child in root] == ["Manifest", "CodeSystems", "Organisations"]
        assert root.find("Manifest/PublicationDate").get("value") == "2026-08-27"
        assert root.find("Manifest/PublicationSource").get("value") == "ods-indexer synthesise"
        assert int(root.find("Manifest/RecordCount").get("value")) == len(root.find("Organisations"))


def test_every_stub_is_referred_to_and_has_its_record_in_the_other_file(first: Path) -> None:
    (full, full_stubs), (archive, archive_stubs) = map(split, roots(first))
    assert len(full) + len(archive) == SIZE
    assert not full.keys() & archive.keys()
    assert full_stubs.keys() <= archive.keys()
    assert archive_stubs.keys() <= full.keys()
    for records, stubs in ((full, full_stubs), (archive, archive_stubs)):
        named = {
            target.get("extension") for one in records.values() for target in one.iterfind(".//Target/OrgId")
        }
        assert stubs.keys() <= named <= records.keys() | stubs.keys()


def test_primary_roles_are_one_each_and_numbers_are_unique(first: Path) -> None:
    records = register(first).values()
    assert all(len(record.findall("Roles/Role[@primaryRole='true']")) == 1 for record in records)
    for path, attribute in (("Roles/Role", "uniqueRoleId"), ("Rels/Rel", "uniqueRelId")):
        numbers = [one.get(attribute) for record in records for one in record.iterfind(path)]
        assert len(numbers) == len(set(numbers)) > 0


def test_the_two_parties_of_a_succession_name_it_by_one_number(first: Path) -> None:
    sides = Counter(
        one.get("uniqueSuccId")
        for record in register(first).values()
        for one in record.iterfind("Succs/Succ")
    )
    assert set(sides.values()) <= {1, 2}
    assert list(sides.values()).count(2) > 10


def test_the_archive_holds_those_who_ended_by_the_cut_off(first: Path) -> None:
    (full, _), (archive, _) = map(split, roots(first))

    def ends(records: dict[str, Any]) -> list[str]:
        found = (record.find("Date[1]/End") for record in records.values())
        return [end.get("value") for end in found if end is not None]

    assert max(ends(archive)) <= "2017-03-31" < min(ends(full))
    assert len(ends(archive)) == len(archive)


@pytest.mark.parametrize("day", [date(2018, 1, 1), DAY, date(2099, 12, 31)])
@pytest.mark.parametrize("size", [100, 1000])
def test_nothing_begins_or_changes_after_the_publication(size: int, day: date, tmp_path: Path) -> None:
    synthesise(tmp_path / "one.zip", size, 2, day)
    records = register(tmp_path / "one.zip")
    assert len(records) == size
    for record in records.values():
        assert record.find("LastChangeDate").get("value") <= day.isoformat()
        assert max(start.get("value") for start in record.iterfind(".//Start")) <= day.isoformat()
        for period in record.iterfind(".//Date"):
            if (end := period.find("End")) is not None:
                assert period.find("Start").get("value") <= end.get("value")


def test_the_same_arguments_give_the_same_xml_on_every_machine(tmp_path: Path) -> None:
    synthesise(tmp_path / "one.zip", 500, 7, DAY)
    digests = {
        name: hashlib.sha256(xml).hexdigest()[:16] for name, (_, xml) in files(tmp_path / "one.zip").items()
    }
    assert digests == {"fullfile.zip": "eb6d6f45578aac77", "archive.zip": "30ecacd54ccb7cae"}
    mutate(tmp_path / "one.zip", tmp_path / "two.zip", changes=60, seed=7, published=date(2026, 10, 1))
    later = {
        name: hashlib.sha256(xml).hexdigest()[:16] for name, (_, xml) in files(tmp_path / "two.zip").items()
    }
    assert later == {"fullfile.zip": "040dde232d9d387d", "archive.zip": "860f7acc1360b51c"}
    times = {entry.date_time for entry, _ in files(tmp_path / "two.zip").values()}
    assert times == {(2026, 10, 1, 1, 0, 0)}


def test_another_seed_gives_another_register(first: Path, tmp_path: Path) -> None:
    synthesise(tmp_path / "other.zip", SIZE, 2, DAY)
    assert register(first).keys() != register(tmp_path / "other.zip").keys()


def test_a_later_release_differs_by_what_its_log_says_and_by_nothing_else(first: Path, later: Path) -> None:
    before, after = register(first), register(later)
    changes = {line["code"]: line for line in log(later)}
    assert len(log(later)) == len(changes) == 120
    assert {line["change"] for line in changes.values()} == KINDS
    assert {line["date"] for line in changes.values()} == {"2026-09-24"}
    assert after.keys() - before.keys() == {one for one in changes if changes[one]["change"] == "opened"}
    assert before.keys() - after.keys() == {one for one in changes if changes[one]["change"] == "deleted"}
    successors = {line["to"] for line in changes.values() if line["change"] == "succeeded"}
    assert not successors & changes.keys()
    differs = {one for one in before.keys() & after.keys() if flat(before[one]) != flat(after[one])}
    assert differs | (before.keys() ^ after.keys()) == changes.keys() | successors
    assert {after[one].find("LastChangeDate").get("value") for one in differs} == {"2026-09-24"}


@pytest.mark.parametrize("source", ["synthetic", "sample"])
def test_each_change_is_the_one_that_its_line_says(source: str, first: Path, tmp_path: Path) -> None:
    release = first if source == "synthetic" else SAMPLE
    mutate(release, tmp_path / "later.zip", changes=200, seed=1, published=None)
    before, after = register(release), register(tmp_path / "later.zip")
    lines = log(tmp_path / "later.zip")
    assert {line["change"] for line in lines} == KINDS
    for line in lines:
        one, old, new = line["code"], line["from"], line["to"]
        was, now = before.get(one), after.get(one)
        match line["change"]:
            case "opened":
                assert (was, old, now.findtext("Name")) == (None, None, new)
            case "deleted":
                assert (now, new, was.findtext("Name").strip()) == (None, None, old)
            case "closed":
                assert (old, new) == ("active", "inactive")
                assert now.find("Status").get("value") == "Inactive"
                assert now.find("Date[1]/End").get("value") == line["date"]
            case "renamed":
                assert (was.findtext("Name").strip(), now.findtext("Name")) == (old, new)
                assert old != new
            case "moved":
                postcodes = [each.findtext("GeoLoc/Location/PostCode").strip() for each in (was, now)]
                assert postcodes == [old, new]
                assert old != new
            case "role_added" | "role_ended" as change:
                path = f"Roles/Role[@id='{new or old}']/Status[@value='Active']"
                difference = len(now.findall(path)) - len(was.findall(path))
                assert difference == (1 if change == "role_added" else -1)
            case "relationship_added" | "relationship_ended" as change:
                assert open_links(now)[key(new or old)] - open_links(was)[key(new or old)] == (
                    1 if change == "relationship_added" else -1
                )
            case "succeeded":
                assert ("Successor", new) in successions(now) - successions(was)
                assert successions(after[new]) - successions(before[new]) == {("Predecessor", one)}


def key(link: dict[str, str]) -> tuple[str, str]:
    return link["type"], link["target"]


def open_links(record: Any) -> Counter[tuple[str, str]]:
    return Counter(
        (rel.get("id"), rel.find("Target/OrgId").get("extension"))
        for rel in record.iterfind("Rels/Rel")
        if rel.find("Status").get("value") == "Active"
    )


def successions(record: Any) -> set[tuple[str, str]]:
    return {
        (one.findtext("Type"), one.find("Target/OrgId").get("extension"))
        for one in record.iterfind("Succs/Succ")
    }


@pytest.mark.parametrize("count", [1, 7, 49, 50])
def test_there_are_exactly_as_many_changes_as_were_asked_for(count: int, first: Path, tmp_path: Path) -> None:
    mutate(first, tmp_path / "later.zip", changes=count, seed=1, published=date(2026, 8, 28))
    lines = log(tmp_path / "later.zip")
    assert len(lines) == count
    assert count < 50 or {line["change"] for line in lines} == KINDS
    for root in roots(tmp_path / "later.zip"):
        assert int(root.find("Manifest/RecordCount").get("value")) == len(root.find("Organisations"))


def test_a_stub_says_what_its_changed_record_says(first: Path, later: Path) -> None:
    (full, full_stubs), (archive, archive_stubs) = map(split, roots(later))
    for stubs, records in ((full_stubs, archive), (archive_stubs, full)):
        for one, stub in stubs.items():
            for path in ("Name", "Status", "LastChangeDate", "GeoLoc/Location/PostCode"):
                assert flat(stub.find(path)) == flat(records[one].find(path))


def test_a_later_release_can_be_changed_again(later: Path, tmp_path: Path) -> None:
    assert mutate(later, tmp_path / "third.zip", changes=60, seed=1, published=None) == date(2026, 10, 22)
    third = register(tmp_path / "third.zip")
    numbers = [one.get("uniqueRelId") for record in third.values() for one in record.iterfind("Rels/Rel")]
    assert len(numbers) == len(set(numbers))


def test_a_later_release_must_be_later(first: Path, tmp_path: Path) -> None:
    with pytest.raises(NotLater, match="must be later than that of 2026-08-27"):
        mutate(first, tmp_path / "x.zip", changes=1, seed=1, published=DAY)


def test_a_release_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"no/one\.zip cannot be written: No such file or directory"):
        synthesise(tmp_path / "no" / "one.zip", 100, 1, DAY)
    assert list(tmp_path.iterdir()) == []
