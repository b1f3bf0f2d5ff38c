"""Chains of relationships: what an organisation belongs to on the day of a release."""

import pytest

from indexer.belonging import Belonging, Targets, held, lived
from indexer.organisation import Organisation, Period, Relationship, Role, Target

DAY = "2026-01-30"
OPEN = (Period("Operational", "2000-01-01", None),)
ENDED = (Period("Operational", "2000-01-01", "2025-12-31"),)
ENDING = (Period("Operational", "2000-01-01", DAY),)
BEGINNING = (Period("Operational", DAY, None),)
THAT_DAY = (Period("Operational", DAY, DAY),)


def relationship(
    code: str, type_id: str = "RE4", periods: tuple[Period, ...] = OPEN, status: str = "Active"
) -> Relationship:
    """Return a relationship to a target."""
    return Relationship(type_id, None, periods, status, Target(code, None, None))


def organisation(*relationships: Relationship, periods: tuple[Period, ...] = OPEN) -> Organisation:
    """Return an organisation that has relationships."""
    role = Role("RO177", None, True, periods, "Active")
    return Organisation(
        "A1", None, None, "RC1", False, "A", "Active", None, periods, None, (), (role,), relationships, ()
    )


@pytest.mark.parametrize(
    ("relationships", "expected"),
    [
        ([relationship("X"), relationship("Y", "RE8")], ("X", "Y")),
        ([relationship("X"), relationship("X", "RE6")], ("X",)),
        ([relationship("X", periods=ENDED)], ()),
        ([relationship("X", periods=ENDING)], ("X",)),
        ([relationship("X", periods=ENDING), relationship("Y", periods=BEGINNING)], (("X", "Y"), "Y")),
        ([relationship("X", periods=ENDING), relationship("Y", "RE8", BEGINNING)], ("X", "Y")),
        ([relationship("X", periods=THAT_DAY), relationship("Y", periods=BEGINNING)], (("X", "Y"), "Y")),
        ([relationship("X", periods=ENDING), relationship("Y", periods=THAT_DAY)], (("X", "Y"), "Y")),
        ([relationship("X", periods=THAT_DAY), relationship("Y", periods=THAT_DAY)], ("X", "Y")),
        ([relationship("X", periods=ENDING), relationship("A1", periods=BEGINNING)], ("X",)),
        ([relationship("X", status="Inactive")], ()),
    ],
)
def test_the_relationships_held_on_the_day_lead_on(
    relationships: list[Relationship], expected: Targets
) -> None:
    found = organisation(*relationships)
    assert held(found, lived(found, DAY), DAY) == expected


def test_an_organisation_that_is_not_in_being_belongs_nowhere() -> None:
    found = organisation(relationship("X"), periods=ENDED)
    assert held(found, lived(found, DAY), DAY) is None


CHAIN = {f"N{number}": (f"N{number + 1}",) for number in range(9)}


@pytest.mark.parametrize(
    ("targets", "code", "expected"),
    [
        (CHAIN, "N0", ["N1", "N2", "N3", "N4", "N5"]),
        (CHAIN | {"N3": None}, "N0", ["N1", "N2"]),
        ({"A": ("B",), "B": ("A", "C"), "C": ()}, "A", ["B", "C"]),
        ({"A": ("A", "B"), "B": ()}, "A", ["B"]),
        ({"A": ("B", "C"), "B": ("D",), "C": ("D",), "D": ()}, "A", ["B", "C", "D"]),
        ({"A": ("none",)}, "A", []),
        ({"A": None}, "A", []),
    ],
)
def test_chains_have_five_relationships_at_most_and_end_where_nothing_is_in_being(
    targets: dict[str, Targets | None], code: str, expected: list[str]
) -> None:
    assert Belonging(targets.get, targets).of(code) == expected


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ({"A": (("B", "C"), "C"), "B": (), "C": ()}, ["C"]),
        ({"A": (("B", "C"), "C"), "B": (), "C": None}, []),
        ({"A": (("B", "none"), "none"), "B": ()}, ["B"]),
        ({"A": (("B", "none", "C"), "none", "C"), "B": (), "C": ()}, ["C"]),
        ({"A": ("D",), "D": (("B", "C"), ("B", "none")), "B": (), "C": ()}, ["D", "B"]),
    ],
)
def test_a_relationship_gives_way_only_to_one_whose_target_is_in_the_register(
    targets: dict[str, Targets | None], expected: list[str]
) -> None:
    assert Belonging(targets.get, targets).of("A") == expected
