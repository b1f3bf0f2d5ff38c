"""Where an organisation belongs and what became of it: registers of a few organisations, whole answers."""

# ruff: noqa: E501 - tables

from typing import Any

import pytest

from app.directory.bodies import Bodies
from app.directory.levels import Entry, levels
from indexer.organisation import Organisation
from tests.made import PUBLISHED, Made, link, organisation, role, succession

REGIONS = (
    organisation("Y59", "RO209", "2020-04-01/", name="SOUTH EAST"),
    organisation("Y60", "RO209", "2020-04-01/"),
    organisation("Y62", "RO209", "2020-04-01/"),
    organisation("Y63", "RO209", "2020-04-01/"),
    organisation("Y56", "RO209", "2020-04-01/"),
    organisation("Y54", "RO209", "2013-04-01/2020-03-31"),
)


def icb(code: str, region: str, *more: Any, **states: Any) -> Organisation:
    return organisation(
        code, "RO261", "2020-04-01/",
        role("RO262", "2020-04-01/2022-06-30", status="Inactive"), role("RO318", "2022-07-01/"),
        link("RE5", region, "2020-04-01/"), *more, **states,
    )  # fmt: skip


def sub_icb(code: str, icb_code: str, *more: Any) -> Organisation:
    return organisation(
        code, "RO98", "2013-04-01/", role("RO319", "2022-07-01/"), link("RE5", icb_code, "2020-04-01/"), *more
    )


def ask(
    register: list[Organisation] | tuple[Organisation, ...], code: str, date: str, published: str = PUBLISHED
) -> Any:
    """Return the answer of a register, which must be the same as from records read one by one."""
    return levels(Bodies(Made(register, published)), code, date)


def codes(answer: Any) -> dict[str, Any]:
    """Return the certain levels as codes, and lists of codes under ``ambiguous.KEY`` and ``ended.KEY``."""
    found = {key: entry.code for key, entry in answer.levels.certain.items()}
    for name in ("ambiguous", "ended"):
        found |= {
            f"{name}.{key}": [entry.code for entry in entries]
            for key, entries in getattr(answer.levels, name).items()
        }
    return found


# The examples of the specification (hierarchy 6)


def test_a_practice_belongs_to_its_pcn_sub_icb_location_icb_and_region() -> None:
    register = (
        *REGIONS, icb("QNX", "Y59"), sub_icb("97R", "QNX"), organisation("U36842", "RO272", "2019-07-01/", link("RE4", "97R")),
        organisation("G81086", "RO177", "1974-04-01/", link("RE4", "97R", "2021-04-01/"), link("RE8", "U36842", "2020-07-01/"), role("RO76")),
    )  # fmt: skip
    found = ask(register, "G81086", "2024-03-07")
    assert found.levels.certain == {
        "pcn": Entry("U36842", "NAME OF U36842", "RO272", ("RE8",)),
        "commissioner": Entry("97R", "NAME OF 97R", "RO98", ("RE4",)),
        "subIcb": Entry("97R", "NAME OF 97R", "RO319", ("RE4",)),
        "icb": Entry("QNX", "NAME OF QNX", "RO318", ("RE4", "RE5")),
        "region": Entry("Y59", "SOUTH EAST", "RO209", ("RE4", "RE5", "RE5")),
    }
    assert (found.levels.country, found.levels.links_on, found.heirs) == ("ENGLAND", None, None)
    assert found.levels.ambiguous == found.levels.ended == {}


def test_an_operator_that_repeats_the_commissioner_is_none() -> None:
    register = (
        *REGIONS, icb("QE1", "Y62"), sub_icb("01K", "QE1"), organisation("U59980", "RO272"),
        organisation("A82608", "RO177", "1974-04-01/", link("RE4", "01K"), link("RE6", "01K"), link("RE8", "U59980")),
    )  # fmt: skip
    expected = {"pcn": "U59980", "commissioner": "01K", "subIcb": "01K", "icb": "QE1", "region": "Y62"}
    assert codes(ask(register, "A82608", PUBLISHED)) == expected


CLOSED = (
    *REGIONS, icb("QHM", "Y63"), sub_icb("16C", "QHM", succession("Predecessor", "00K", "2021-04-01")),
    organisation("00K", "RO98", "2013-04-01/2021-03-31", link("RE5", "Q74", "2013-04-01/2020-03-31", status="Inactive"), status="Inactive"),
    organisation("Q74", "RO210", "2013-04-01/2020-03-31", link("RE2", "Y54", "2013-04-01/2020-03-31", status="Inactive"), status="Inactive"),
    organisation("A81003", "RO177", "1974-04-01/2017-10-31", link("RE4", "00K", "2013-04-01/2017-10-31", status="Inactive"), status="Inactive"),
)  # fmt: skip


def test_a_closed_practice_belongs_where_the_heirs_of_its_last_commissioner_do() -> None:
    found = ask(CLOSED, "A81003", "2025-12-11")
    assert found.levels.links_on == "2017-10-31"
    assert found.levels.certain == {
        "commissioner": Entry("16C", "NAME OF 16C", "RO98", ("RE4",), "00K"),
        "subIcb": Entry("16C", "NAME OF 16C", "RO319", ("RE4",), "00K"),
        "icb": Entry("QHM", "NAME OF QHM", "RO318", ("RE4", "RE5")),
        "region": Entry("Y63", "NAME OF Y63", "RO209", ("RE4", "RE5", "RE5")),
    }
    assert (found.heirs, found.body.opened, found.body.closed) == ((), "1974-04-01", "2017-10-31")


def test_before_there_were_stps_a_local_office_leads_to_the_region() -> None:
    found = ask(CLOSED, "A81003", "2016-06-01")
    assert codes(found) == {"commissioner": "00K", "subIcb": "00K", "region": "Y54"}
    assert found.levels.certain["subIcb"].role == "RO98"
    assert found.levels.certain["region"].via == ("RE4", "RE5", "RE2")
    assert (found.levels.links_on, found.heirs) == (None, None)


@pytest.mark.parametrize(
    ("published", "old", "new"), [("2026-03-13", "Active", "Inactive"), ("2026-04-24", "Inactive", "Active")]
)
def test_a_scheduled_move_happens_on_its_day_whichever_day_the_release_was_made(
    published: str, old: str, new: str
) -> None:
    register = (
        organisation("U93165", "RO272"), organisation("U25891", "RO272"),
        organisation("M85171", "RO177", "1974-04-01/", link("RE8", "U93165", "2019-07-01/2026-03-31", status=old), link("RE8", "U25891", "2026-04-01/", status=new)),
    )  # fmt: skip
    assert [codes(ask(register, "M85171", day, published)) for day in ("2026-03-31", "2026-04-01")] == [
        {"pcn": "U93165"},
        {"pcn": "U25891"},
    ]


MERGED = (
    *REGIONS, *(icb(code, "Y59", succession("Predecessor", "QNQ", "2026-04-01")) for code in ("S9B9J", "S0E4D", "QRL")),
    icb("QNQ", "Y59", legal="2022-07-01/2026-03-31"),
)  # fmt: skip


def test_three_heirs_of_an_icb_are_three_and_their_one_region_is_certain() -> None:
    found = ask(MERGED, "QNQ", "2026-07-08", "2026-06-26")
    assert codes(found) == {"ambiguous.icb": ["QRL", "S0E4D", "S9B9J"], "region": "Y59"}
    assert found.levels.ambiguous["icb"][0] == Entry("QRL", "NAME OF QRL", "RO318", (), "QNQ")
    assert found.levels.certain["region"].via == ("RE5",)
    assert [(heir.body.code, heir.date) for heir in found.heirs] == [
        ("QRL", "2026-04-01"),
        ("S0E4D", "2026-04-01"),
        ("S9B9J", "2026-04-01"),
    ]
    assert (found.body.active, found.body.closed) == (True, None)


def test_a_trust_that_is_legally_over_belongs_where_its_open_links_lead() -> None:
    register = (
        *REGIONS, icb("Z9B2Z", "Y56", succession("Predecessor", "QMJ", "2026-04-01")), icb("QMJ", "Y56", legal="2022-07-01/2026-03-31"),
        organisation("RAP", "RO197", "1990-12-21/", link("RE5", "QMJ", "2020-04-01/", legal="2020-04-01/2024-12-31"), succession("Successor", "RAL", "2025-01-01"), legal="1990-12-21/2024-12-31"),
        organisation("RAL", "RO197", "1991-01-01/"),
    )  # fmt: skip
    found = ask(register, "RAP", "2026-07-08", "2026-06-26")
    assert codes(found) == {"icb": "Z9B2Z", "region": "Y56"}
    assert found.levels.certain["icb"] == Entry("Z9B2Z", "NAME OF Z9B2Z", "RO318", ("RE5",), "QMJ")
    assert [(heir.body.code, heir.date) for heir in found.heirs] == [("RAL", "2025-01-01")]
    assert found.levels.links_on is None


def test_a_closed_pharmacy_has_its_last_operator_and_its_icb() -> None:
    register = (
        *REGIONS, icb("QUA", "Y60"), organisation("P07F", "RO181"),
        organisation("FCE71", "RO182", "2005-01-01/2023-04-23", link("RE6", "P07F", "2015-01-01/2023-04-23", status="Inactive"), link("RE5", "QUA", "2020-04-01/2023-04-23", status="Inactive"), status="Inactive"),
    )  # fmt: skip
    found = ask(register, "FCE71", "2025-12-11")
    assert codes(found) == {"operator": "P07F", "icb": "QUA", "region": "Y60"}
    assert found.levels.links_on == "2023-04-23"
    assert found.levels.certain["operator"] == Entry("P07F", "NAME OF P07F", "RO181", ("RE6",))


def test_an_unknown_code_has_no_answer() -> None:
    assert ask(REGIONS, "XXX", PUBLISHED) is None
