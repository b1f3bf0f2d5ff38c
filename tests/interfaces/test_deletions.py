"""The Lists of what was deleted, from one release to the next, on both engines (fhir-r4 2, 8 and 16)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from app.clock import clock, milliseconds
from app.engine import open_index
from app.engine.options import EngineOptions
from app.register import query
from app.register.query import Clause, Operator, Query, Stamp
from app.register.resources import of_type
from indexer.load import LoadOptions, load
from indexer.verify import verify
from tests.releases import tiny

JANUARY, FEBRUARY, MARCH, APRIL, MAY = (f"2026-0{month}-26" for month in range(1, 6))

_DATE = '<Date><Type value="Legal"/><Start value="2001-02-03"/></Date>'
_ROLE = f'<Role id="{{}}" uniqueRoleId="{{}}">{_DATE}<Status value="Active"/></Role>'
_REL = (
    f'<Rel id="RE4" uniqueRelId="{{}}">{_DATE}<Status value="Active"/>'
    '<Target><OrgId extension="{}"/></Target></Rel>'
)
_SUCC = f'<Succ uniqueSuccId="{{}}">{_DATE}<Type>{{}}</Type><Target><OrgId extension="{{}}"/></Target></Succ>'


class Organisation(NamedTuple):
    """An organisation of a release, with role `role`, and more of these."""

    code: str
    role: int
    roles: tuple[tuple[str, int], ...] = ()
    relationships: tuple[tuple[int, str], ...] = ()
    """Numbers and targets."""
    successions: tuple[tuple[int, str, str], ...] = ()
    """Numbers, types and targets."""
    name: str = "ONE"

    def complete(self, text: str) -> str:
        """Return the text of its record, up to its end, with what it has."""
        head, number, tail = text.partition(' uniqueRoleId="')
        text = f"{head}{number}{self.role}{tail[tail.index(chr(34)) :]}"
        text = text.replace("</Roles>", "".join(_ROLE.format(*each) for each in self.roles) + "</Roles>")
        text += f"<Rels>{''.join(_REL.format(*each) for each in self.relationships)}</Rels>"
        return text + f"<Succs>{''.join(_SUCC.format(*each) for each in self.successions)}</Succs>"


@dataclass
class Loads:
    """Releases loaded one after the other, and the Lists that came of the last one."""

    url: str
    folder: Path

    def load(self, published: str, *held: Organisation, archive: bool = False) -> None:
        paths = [self.write("full", published, held)]
        if archive:
            paths.append(self.write("archive", published, [Organisation("Z9", 99)]))
        now = datetime.fromisoformat(f"{published}T06:00:00.123+00:00")
        load(paths, open_index(self.url, EngineOptions(keep=3)), clock(now), LoadOptions(validate="all"))

    def write(self, kind: str, published: str, held: Any) -> Path:
        """Write a file; the LastChangeDate of its organisations is always the same."""
        names = {each.code: each.name for each in held}
        path = tiny(self.folder / f"{kind}.xml", datetime.fromisoformat(JANUARY).date(), names)
        text = path.read_text().replace("_Full_", f"_{kind}_")
        text = text.replace(f'PublicationDate value="{JANUARY}"', f'PublicationDate value="{published}"')
        *records, end = text.split("</Organisation>")
        completed = [each.complete(record) for each, record in zip(held, records, strict=True)]
        path.write_text("</Organisation>".join([*completed, end]))
        return path

    def rollback(self) -> None:
        open_index(self.url).rollback(datetime(2026, 1, 1, tzinfo=UTC))

    def listed(self, name: str) -> list[tuple[str, ...]]:
        """Return day and id of the entries of a List, and the display of those that have one."""
        return [
            (
                each["date"].removesuffix("T00:00:00+00:00"),
                each["item"]["identifier"]["value"],
                *([each["item"]["display"]] if "display" in each["item"] else []),
            )
            for each in self.body(name).get("entry", ())
        ]

    def lists(self) -> list[list[tuple[str, ...]]]:
        return [self.listed(name) for name in NAMES]

    def body(self, name: str) -> dict[str, Any]:
        document = open_index(self.url).live().get("resource", f"List/{name}", "r4")
        return orjson.loads(document or b"")

    def stamp(self, kind: str, entry_id: str) -> tuple[int, str]:
        """Return the version of an entry, and the day when it came."""
        _, found = open_index(self.url).read(kind, entry_id, "r4")
        assert found is not None
        assert found.stamp is not None
        moment = datetime.fromtimestamp(found.stamp.updated / 1_000, UTC)
        assert moment.time().isoformat() == "06:00:00.123000"
        return found.stamp.version, moment.date().isoformat()


NAMES = (
    "Organization-deletion",
    "OrganizationAffiliation-deletion",
    "Organization-role-deletion",
    "Organization-succession-deletion",
)


@pytest.fixture
def loads(new_url: Callable[[], str], tmp_path: Path) -> Loads:
    return Loads(new_url(), tmp_path)


A = Organisation("A1", 1, (("RO98", 2), ("RO76", 3)), ((10, "B1"), (9, "C1")), ((5, "Predecessor", "C1"),))
B = Organisation("B1", 4, (), ((11, "A1"),))
C = Organisation("C1", 5, (), (), ((5, "Successor", "A1"), (6, "Successor", "B1"), (7, "Predecessor", "B1")))
C_LESS = C._replace(successions=C.successions[:1])


def test_the_first_load_makes_four_empty_lists(loads: Loads) -> None:
    loads.load(JANUARY, A, B)
    live = open_index(loads.url).live()
    lists = Clause((query.Test("type", Operator.EQ, of_type("r4", "List")),))
    found = live.search(Query("resource", (lists,)), "r4").matches
    assert [each.id for each in found] == sorted(f"List/{name}" for name in NAMES)
    assert [(each.stamp, b"entry" in each.document) for each in found] == [
        (Stamp(1, milliseconds(datetime(2026, 1, 26, 6, 0, 0, 123_000, UTC))), False)
    ] * 4


def test_a_list_is_as_published(loads: Loads) -> None:
    loads.load(JANUARY, A, B)
    loads.load(FEBRUARY, B)
    assert loads.body("Organization-deletion") == {
        "status": "current",
        "mode": "working",
        "title": "List of Organization Resource Deletions",
        "date": "2026-02-26T00:00:00+00:00",
        "note": [
            {"text": "A list of complete Organisation records which have been deleted from the ODS Dataset"}
        ],
        "entry": [
            {
                "date": "2026-02-26T00:00:00+00:00",
                "item": {
                    "type": "Organization",
                    "identifier": {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "A1"},
                },
            }
        ],
    }


def test_lists_say_what_was_deleted_the_newest_first(loads: Loads) -> None:
    loads.load(JANUARY, A, B, C)
    loads.load(
        FEBRUARY,
        A._replace(roles=(), relationships=((10, "B1"),)),
        B,
        C_LESS,
    )
    february = [
        [],
        [(FEBRUARY, "9")],
        [(FEBRUARY, "2", "A1 RO98"), (FEBRUARY, "3", "A1 RO76")],
        [(FEBRUARY, "6", "C1 B1"), (FEBRUARY, "7", "B1 C1")],
    ]
    assert loads.lists() == february
    loads.load(MARCH, A._replace(roles=(), relationships=(), role=100), B._replace(relationships=()))
    assert loads.lists() == [
        [(MARCH, "C1")],
        [(MARCH, "10"), (MARCH, "11"), (FEBRUARY, "9")],
        [(MARCH, "1", "A1 RO177"), *february[2]],
        february[3],
    ]


def test_relationships_of_a_deleted_organisation_are_listed_but_not_its_roles_and_successions(
    loads: Loads,
) -> None:
    loads.load(JANUARY, A, B, C)
    loads.load(FEBRUARY, B)
    assert loads.lists() == [
        [(FEBRUARY, "A1"), (FEBRUARY, "C1")],
        [(FEBRUARY, "10"), (FEBRUARY, "9")],
        [],
        [],
    ]


def test_what_another_organisation_has_now_is_not_deleted(loads: Loads) -> None:
    loads.load(JANUARY, A, B, C)
    moved = A._replace(roles=(), relationships=(), successions=())
    to = B._replace(roles=A.roles, relationships=(*B.relationships, *A.relationships))
    loads.load(FEBRUARY, moved, to, C)
    assert loads.lists() == [[], [], [], []]


def test_what_is_back_is_no_longer_listed_and_goes_on_counting(loads: Loads) -> None:
    loads.load(JANUARY, A, B, C)
    loads.load(FEBRUARY, A._replace(roles=(), relationships=(), successions=()), C._replace(successions=()))
    assert loads.lists() == [
        [(FEBRUARY, "B1")],
        [(FEBRUARY, "10"), (FEBRUARY, "11"), (FEBRUARY, "9")],
        [(FEBRUARY, "2", "A1 RO98"), (FEBRUARY, "3", "A1 RO76")],
        [(FEBRUARY, "5", "C1 A1"), (FEBRUARY, "6", "C1 B1"), (FEBRUARY, "7", "B1 C1")],
    ]
    loads.load(MARCH, A, B, C)
    assert loads.lists() == [[], [], [], []]
    assert [loads.stamp("organisation", code) for code in ("A1", "B1", "C1")] == [
        (3, MARCH), (2, MARCH), (1, JANUARY)
    ]  # fmt: skip
    assert [loads.stamp("affiliation", each) for each in ("9", "10", "11")] == [(2, MARCH)] * 3


def test_versions_count_the_contents_of_each_resource(loads: Loads) -> None:
    loads.load(JANUARY, A, B, C)
    loads.load(FEBRUARY, A._replace(relationships=((10, "C1"), (9, "C1"))), B._replace(name="TWO"), C)
    loads.load(MARCH, A, B._replace(name="TWO"), C)
    assert [loads.stamp("organisation", code) for code in ("A1", "B1", "C1")] == [
        (1, JANUARY), (2, FEBRUARY), (1, JANUARY)
    ]  # fmt: skip
    assert [loads.stamp("affiliation", each) for each in ("9", "10", "11")] == [
        (1, JANUARY), (3, MARCH), (1, JANUARY)
    ]  # fmt: skip
    assert {loads.stamp("resource", f"List/{name}") for name in NAMES} == {(3, MARCH)}  # their dates differ
    loads.load(MARCH, A, B._replace(name="TWO"), C)
    assert {loads.stamp("resource", f"List/{name}") for name in NAMES} == {(3, MARCH)}


def test_after_a_rollback_versions_are_as_before_and_then_never_mean_two_contents(loads: Loads) -> None:
    loads.load(JANUARY, A, B)
    loads.load(FEBRUARY, A._replace(name="TWO"))
    loads.load(MARCH, A._replace(name="THREE", relationships=((10, "C1"),)), B)
    loads.rollback()
    loads.rollback()
    assert [loads.stamp("organisation", "A1"), loads.stamp("affiliation", "10")] == [(1, JANUARY)] * 2
    assert loads.lists() == [[], [], [], []]
    loads.load(APRIL, A._replace(name="FOUR", relationships=((10, "Y1"), (9, "C1"))), B)
    assert loads.stamp("organisation", "A1") == (4, APRIL)
    assert loads.stamp("organisation", "B1") == (1, JANUARY)
    assert [loads.stamp("affiliation", each) for each in ("10", "9", "11")] == [
        (3, APRIL), (1, JANUARY), (1, JANUARY)
    ]  # fmt: skip
    assert loads.stamp("resource", "List/Organization-deletion") == (4, APRIL)
    assert loads.lists() == [[], [], [], []]


GONE = [
    [(FEBRUARY, "B1")],
    [(FEBRUARY, "11"), (FEBRUARY, "9")],
    [(FEBRUARY, "3", "A1 RO76")],
    [(FEBRUARY, "6", "C1 B1"), (FEBRUARY, "7", "B1 C1")],
]
LEFT = (
    A._replace(roles=A.roles[:1], relationships=A.relationships[:1]),
    C_LESS,
)


def test_an_older_release_leaves_the_lists_as_they_are_and_the_next_one_brings_them_up_to_date(
    loads: Loads, caplog: pytest.LogCaptureFixture
) -> None:
    loads.load(JANUARY, A, B, C)
    loads.load(FEBRUARY, *LEFT)
    assert loads.lists() == GONE
    loads.load(JANUARY, A._replace(role=100), B)  # what was deleted is back, C is gone
    assert loads.lists() == GONE
    assert loads.body("Organization-deletion")["date"].startswith(JANUARY)
    assert "finds no deletions" in caplog.text
    loads.load(MARCH, *LEFT)
    assert loads.lists() == [
        GONE[0],
        GONE[1],
        [(MARCH, "100", "A1 RO177"), *GONE[2]],
        GONE[3],
    ]
    loads.load(APRIL, A, B, C)
    assert loads.lists() == [[], [], [(MARCH, "100", "A1 RO177")], []]


def test_no_deletions_are_found_when_only_one_release_has_an_archive(loads: Loads) -> None:
    loads.load(JANUARY, A, B, C, archive=True)
    loads.load(FEBRUARY, *LEFT, archive=True)
    assert loads.lists() == GONE
    for day in (MARCH, APRIL):
        loads.load(day, C_LESS)
        assert loads.lists() == GONE


def test_the_lists_of_a_generation_are_no_difference_to_its_release(loads: Loads) -> None:
    loads.load(JANUARY, A, B, C)
    loads.load(FEBRUARY, *LEFT)
    loads.load(JANUARY, A, B, C)
    path = loads.write("full", JANUARY, (A, B, C))
    found = verify([path], open_index(loads.url), 1, lambda _read, _total: None)
    assert found.named == []
