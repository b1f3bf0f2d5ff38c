"""The synthetic release: exact form, exact counts, the same bytes for a seed, and months that follow."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from tests.bench.corpus import read_corpus
from tests.bench.plan import publication_dates
from tests.bench.release import make_release
from tests.bench.traffic import CLASSES, requests_of

SIZE = 3000
DAY = date(2026, 8, 27)


def parse(path):
    """Kind of file -> root element."""
    found = {}
    with zipfile.ZipFile(path) as outer:
        for name in outer.namelist():
            with outer.open(name) as packed, zipfile.ZipFile(packed) as inner:
                (member,) = inner.namelist()
                found[name] = etree.fromstring(inner.read(member))
    return found


def code(record):
    return record.find("OrgId").get("extension")


def split(root):
    """Complete records and stubs of a file, by code."""
    records = root.findall("Organisations/Organisation")
    stubs = {code(record): record for record in records if record.get("refOnly")}
    return {code(record): record for record in records if not record.get("refOnly")}, stubs


@pytest.fixture(scope="module")
def editions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("releases")
    return [make_release(folder, SIZE, 1, DAY, edition) for edition in (1, 2)]


def test_the_release_has_the_form_of_trud(editions):
    assert editions[0].path.endswith("/hscorgrefdataxml_data_8.0.0_20260828000001.zip")
    roots = parse(editions[0].path)
    assert list(roots) == ["fullfile.zip", "archive.zip"]
    for root in roots.values():
        assert root.tag == "{http://refdata.hscic.gov.uk/org/v2-0-0}OrgRefData"
        assert [child.tag for child in root] == ["Manifest", "CodeSystems", "Organisations"]
        assert root.find("Manifest/PublicationDate").get("value") == "2026-08-27"
        assert int(root.find("Manifest/RecordCount").get("value")) == len(root.find("Organisations"))


def test_every_stub_is_referred_to_and_has_its_record_in_the_other_file(editions):
    (full, full_stubs), (archive, archive_stubs) = map(split, parse(editions[0].path).values())
    assert len(full) + len(archive) == SIZE
    assert not full.keys() & archive.keys()
    assert full_stubs.keys() <= archive.keys()
    assert archive_stubs.keys() <= full.keys()
    for records, stubs in ((full, full_stubs), (archive, archive_stubs)):
        named = {
            target.get("extension") for one in records.values() for target in one.iterfind(".//Target/OrgId")
        }
        assert stubs.keys() <= named <= records.keys() | stubs.keys()


def test_primary_roles_are_one_each_and_numbers_are_unique(editions):
    roots = parse(editions[0].path).values()
    records = [record for root in roots for record in split(root)[0].values()]
    assert all(len(record.findall("Roles/Role[@primaryRole='true']")) == 1 for record in records)
    for path, attribute in (
        ("Roles/Role", "uniqueRoleId"),
        ("Rels/Rel", "uniqueRelId"),
        ("Succs/Succ", "uniqueSuccId"),
    ):
        numbers = [one.get(attribute) for record in records for one in record.iterfind(path)]
        assert len(numbers) == len(set(numbers)) > 0


def test_the_archive_holds_those_who_ended_by_the_cut_off(editions):
    (full, _), (archive, _) = map(split, parse(editions[0].path).values())

    def ends(records):
        found = (record.find("Date[1]/End") for record in records.values())
        return [end.get("value") for end in found if end is not None]

    assert max(ends(archive)) <= "2017-03-31" < min(ends(full))
    assert len(ends(archive)) == len(archive)


def test_the_same_arguments_give_the_same_bytes(editions, tmp_path):
    again = make_release(tmp_path, SIZE, 1, DAY)
    assert Path(again.path).read_bytes() == Path(editions[0].path).read_bytes()


def test_an_edition_is_the_register_a_month_later(editions):
    before, after = (
        {
            code: etree.tostring(record, with_tail=False)
            for root in parse(made.path).values()
            for code, record in split(root)[0].items()
        }
        for made in editions
    )
    assert editions[1].published == "2026-09-24"
    assert len(after.keys() - before.keys()) == 7
    assert len(before.keys() - after.keys()) == 1
    changed = [code for code in before.keys() & after.keys() if before[code] != after[code]]
    assert len(changed) == 8
    assert (
        editions[1].full_records
        == len(split(parse(editions[1].path)["fullfile.zip"])[0]) + editions[1].full_stubs
    )


def test_later_editions_are_published_before_last_fridays():
    assert publication_dates(DAY, 6)[1:] == [
        date(2026, 9, 24),
        date(2026, 10, 29),
        date(2026, 11, 26),
        date(2026, 12, 24),
        date(2027, 1, 28),
    ]


def test_every_class_finds_values_to_ask_for(editions):
    corpus = read_corpus(editions[0].path, 1)
    for traffic in CLASSES:
        requests = requests_of(traffic, corpus, 30, 1)
        assert len(requests) == 30
        assert requests == requests_of(traffic, corpus, 30, 1)
