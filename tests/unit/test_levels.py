"""Where an organisation belongs and what became of it: registers of a few organisations, whole answers."""

# ruff: noqa: E501 - tables

from typing import Any

import pytest

from app.directory.bodies import Bodies
from app.directory.levels import Asked, answers, levels
from app.directory.placed import Entry
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


# What holds (hierarchy 2)


BOTH = (*REGIONS, icb("QAA", "Y62"), icb("QBB", "Y63"))


def moved(*links: Any, **states: Any) -> tuple[Organisation, ...]:
    return (*BOTH, organisation("X1", "RO197", "2000-01-01/", *links, **states))


def test_the_legal_period_of_a_link_comes_first() -> None:
    register = moved(link("RE5", "QAA", "2021-04-30/", legal="2021-05-01/"))
    assert [codes(ask(register, "X1", day)).get("icb") for day in ("2021-04-30", "2021-05-01")] == [
        None,
        "QAA",
    ]


def test_the_operational_period_comes_first_when_the_organisation_is_legally_over() -> None:
    register = moved(
        link("RE5", "QAA", "2020-04-01/", legal="2020-04-01/2024-12-31"), legal="2000-01-01/2024-12-31"
    )
    assert [codes(ask(register, "X1", day)).get("icb") for day in ("2024-12-31", "2025-01-01")] == [
        "QAA",
        "QAA",
    ]


def test_a_link_that_ends_gives_way_to_one_that_starts_on_the_same_day() -> None:
    register = moved(link("RE5", "QAA", "2020-04-01/2024-03-31"), link("RE5", "QBB", "2024-03-31/"))
    found = [codes(ask(register, "X1", day))["icb"] for day in ("2024-03-30", "2024-03-31")]
    assert found == ["QAA", "QBB"]


@pytest.mark.parametrize(
    "rival",
    [
        link("RE2", "Y62", "2024-03-31/"),
        link("RE5", "LACKED", "2024-03-31/"),
        link("RE5", "X1", "2024-03-31/"),
    ],
)
def test_it_gives_way_to_no_other_link(rival: Any) -> None:
    register = moved(link("RE5", "QAA", "2020-04-01/2024-03-31"), rival)
    assert codes(ask(register, "X1", "2024-03-31")) == {"icb": "QAA", "region": "Y62"}


def test_two_links_of_one_day_are_both_held() -> None:
    register = moved(link("RE5", "QAA", "2024-03-31/2024-03-31"), link("RE5", "QBB", "2024-03-31/2024-03-31"))
    assert codes(ask(register, "X1", "2024-03-31"))["ambiguous.icb"] == ["QAA", "QBB"]


def test_a_link_of_one_day_gives_way_to_one_that_goes_on() -> None:
    register = moved(link("RE5", "QAA", "2024-03-31/2024-03-31"), link("RE5", "QBB", "2024-03-31/"))
    assert codes(ask(register, "X1", "2024-03-31"))["icb"] == "QBB"


def test_a_gap_is_a_gap() -> None:
    register = moved(link("RE5", "QAA", "2020-04-01/2021-03-31"), link("RE5", "QBB", "2022-04-01/"))
    assert codes(ask(register, "X1", "2021-10-01")) == {}


def test_an_organisation_still_to_open_has_its_country_alone() -> None:
    found = ask((*BOTH, organisation("X1", "RO197", "2026-01-01/", link("RE5", "QAA"))), "X1", "2025-12-31")
    assert (codes(found), found.levels.country, found.heirs, found.opens) == (
        {},
        "ENGLAND",
        None,
        "2026-01-01",
    )


INACTIVE = {"status": "Inactive"}


@pytest.mark.parametrize(
    ("links", "day", "links_on", "found"),
    [
        (
            (link("RE5", "QAA"), link("RE5", "QBB", "2020-04-01/2021-03-31", **INACTIVE)),
            "2026-02-01",
            PUBLISHED,
            "QAA",
        ),
        ((link("RE5", "QAA"),), "2024-01-01", None, "QAA"),
        (
            (
                link("RE5", "QAA", "2020-04-01/2021-03-31", **INACTIVE),
                link("RE4", "QBB", "2022-04-01/2023-03-31", **INACTIVE),
            ),
            "2026-02-01",
            "2023-03-31",
            "QBB",
        ),
        (
            (
                link("RE5", "QAA", "2020-04-01/2021-03-31", **INACTIVE),
                link("RE9", "QBB", "2022-04-01/2023-03-31", **INACTIVE),
            ),
            "2026-02-01",
            "2021-03-31",
            "QAA",
        ),
        (
            (
                link("RE5", "QAA", "2020-04-01/2021-03-31", **INACTIVE),
                link("RE5", "QBB", "2026-01-01/2026-01-31", **INACTIVE),
            ),
            "2026-02-01",
            "2021-03-31",
            "QAA",
        ),
        (
            (link("RE5", "QAA", "2020-04-01/2021-03-31", **INACTIVE), link("RE5", "LACKED")),
            "2026-02-01",
            "2021-03-31",
            "QAA",
        ),
        ((link("RE5", "QAA", "2020-04-01/", **INACTIVE),), "2026-02-01", None, None),
    ],
)
def test_an_inactive_organisation_without_an_end_is_dated_by_its_links(
    links: Any, day: str, links_on: str | None, found: str | None
) -> None:
    answer = ask(moved(*links, status="Inactive"), "X1", day)
    assert (answer.levels.links_on, codes(answer).get("icb"), answer.heirs) == (links_on, found, ())


# The walk (hierarchy 4)


PRACTICE = organisation("P1", "RO177", "2000-01-01/", link("RE4", "01A"), link("RE8", "U1"))
UPPER = (
    *BOTH,
    sub_icb("01A", "QAA"),
    organisation("U1", "RO272", "2019-07-01/", link("RE4", "02B")),
    sub_icb("02B", "QBB"),
)


def test_a_site_has_what_its_practice_has_and_says_so() -> None:
    site = organisation("P1001", "RO96", "2000-01-01/", link("RE6", "P1"), site=True)
    found = ask((*UPPER, PRACTICE, site), "P1001", PUBLISHED)
    assert codes(found) == {
        "operator": "P1",
        "pcn": "U1",
        "commissioner": "01A",
        "subIcb": "01A",
        "icb": "QAA",
        "region": "Y62",
    }
    assert {key: entry.via for key, entry in found.levels.certain.items()} == {
        "operator": ("RE6",), "pcn": ("RE6", "RE8"), "commissioner": ("RE6", "RE4"), "subIcb": ("RE6", "RE4"),
        "icb": ("RE6", "RE4", "RE5"), "region": ("RE6", "RE4", "RE5", "RE5"),
    }  # fmt: skip


def test_what_a_site_states_comes_before_all_that_its_operator_hands_down() -> None:
    site = organisation("P1001", "RO96", "2000-01-01/", link("RE6", "P1"), link("RE5", "QBB"), site=True)
    found = codes(ask((*UPPER, PRACTICE, site), "P1001", PUBLISHED))
    assert (found["subIcb"], found["icb"], found["region"]) == ("01A", "QBB", "Y63")


@pytest.mark.parametrize(
    ("operator", "site"),
    [
        (organisation("P1", "RO181", "2000-01-01/", link("RE4", "01A")), True),
        (organisation("P1", "RO177", "2000-01-01/", link("RE4", "01A"), site=True), True),
        (organisation("P1", "RO177", "2000-01-01/", link("RE4", "01A")), False),
    ],
    ids=["a company", "a site", "not to an organisation"],
)
def test_others_hand_nothing_down(operator: Organisation, site: bool) -> None:
    asked = organisation("X1", "RO182", "2000-01-01/", link("RE6", "P1"), site=site)
    assert codes(ask((*UPPER, operator, asked), "X1", PUBLISHED)) == {"operator": "P1"}


def test_what_has_ended_above_the_operator_is_not_handed_down() -> None:
    practice = organisation("P1", "RO177", "2000-01-01/", link("RE4", "OLD"))
    old = organisation("OLD", "RO98", "2000-01-01/2020-03-31")
    site = organisation("X1", "RO96", "2000-01-01/", link("RE6", "P1"), site=True)
    assert codes(ask((practice, old), "P1", PUBLISHED)) == {
        "ended.commissioner": ["OLD"],
        "ended.subIcb": ["OLD"],
    }
    assert codes(ask((practice, old, site), "X1", PUBLISHED)) == {"operator": "P1"}


def test_a_cost_centre_keeps_the_trust_that_runs_it_as_its_operator() -> None:
    trust = organisation("T1", "RO197", "2000-01-01/")
    centre = organisation("X1", "RO177", "2000-01-01/", link("RE4", "01A"), link("RE6", "T1"))
    assert codes(ask((*UPPER, trust, centre), "X1", PUBLISHED))["operator"] == "T1"


@pytest.mark.parametrize(
    ("primary", "site", "found"),
    [("RO179", False, None), ("RO98", False, None), ("RO98", True, "C1"), ("RO197", False, "C1")],
)
def test_a_commissioner_is_no_operator_of_an_organisation(
    primary: str, site: bool, found: str | None
) -> None:
    register = (
        organisation("C1", primary),
        organisation("X1", "RO177", "2000-01-01/", link("RE6", "C1"), site=site),
    )
    assert codes(ask(register, "X1", PUBLISHED)).get("operator") == found


@pytest.mark.parametrize(
    ("roles", "keys"),
    [
        ((), ["commissioner", "subIcb"]),
        (("RO218",), ["commissioner"]),
        (("RO327",), ["commissioner"]),
        (("RO319", "RO326"), ["commissioner", "subIcb"]),
    ],
)
def test_what_is_a_sub_icb_location(roles: tuple[str, ...], keys: list[str]) -> None:
    register = (
        organisation("C1", "RO98", "2000-01-01/", *map(role, roles)),
        organisation("X1", "RO177", "2000-01-01/", link("RE4", "C1")),
    )
    found = ask(register, "X1", PUBLISHED).levels.certain
    assert list(found) == keys
    assert found.get("subIcb", found["commissioner"]).role == ("RO319" if "RO319" in roles else "RO98")


@pytest.mark.parametrize(
    ("day", "shown"), [("2021-01-01", "RO262"), ("2022-07-01", "RO318"), ("2019-01-01", None)]
)
def test_an_icb_was_an_stp_before_and_no_icb_before_that(day: str, shown: str | None) -> None:
    old = icb("QAA", "Y62")._replace(periods=organisation("", "").periods)
    register = (*REGIONS, old, organisation("X1", "RO197", "2000-01-01/", link("RE5", "QAA")))
    found = ask(register, "X1", day).levels.certain.get("icb")
    assert (found and found.role) == shown


def test_of_two_types_to_one_body_re5_is_named() -> None:
    assert ask(moved(link("RE2", "QAA"), link("RE5", "QAA")), "X1", PUBLISHED).levels.certain["icb"].via == (
        "RE5",
    )


def test_links_that_lead_in_a_circle_end() -> None:
    register = (
        organisation("X1", "RO198", "2000-01-01/", link("RE6", "X2"), link("RE5", "X2"), site=True),
        organisation("X2", "RO197", "2000-01-01/", link("RE6", "X1"), link("RE5", "X1")),
    )
    assert codes(ask(register, "X1", PUBLISHED)) == {"operator": "X2"}


def test_a_link_to_itself_or_to_nothing_is_as_if_it_were_not_there() -> None:
    assert codes(ask(moved(link("RE6", "X1"), link("RE4", "LACKED")), "X1", PUBLISHED)) == {}


# Several, and none (hierarchy 5)


def test_two_links_held_at_once_are_two_answers() -> None:
    found = codes(
        ask(moved(link("RE5", "QAA", "2000-01-01/"), link("RE5", "QBB", "2024-01-01/")), "X1", PUBLISHED)
    )
    assert found == {"ambiguous.icb": ["QAA", "QBB"], "ambiguous.region": ["Y62", "Y63"]}


def test_a_target_that_has_closed_without_heirs_has_ended_if_nothing_else_gives_the_level() -> None:
    closed = organisation("H1", "RO181", "2000-01-01/2020-03-31")
    other = organisation("H2", "RO181")
    assert codes(
        ask((closed, organisation("X1", "RO182", "2000-01-01/", link("RE6", "H1"))), "X1", PUBLISHED)
    ) == {"ended.operator": ["H1"]}
    both = organisation("X1", "RO182", "2000-01-01/", link("RE6", "H1"), link("RE6", "H2"))
    assert codes(ask((closed, other, both), "X1", PUBLISHED)) == {"operator": "H2"}


def test_under_ended_the_role_is_the_primary_one() -> None:
    old = organisation("OLD", "RO98", "2000-01-01/2023-03-31", role("RO319", "2022-07-01/2023-03-31"))
    (entry,) = ask(
        (old, organisation("X1", "RO177", "2000-01-01/", link("RE4", "OLD"))), "X1", PUBLISHED
    ).levels.ended["subIcb"]
    assert entry.role == "RO98"


def test_a_target_still_to_open_gives_nothing() -> None:
    register = (
        organisation("C1", "RO98", "2026-04-01/", succession("Predecessor", "C0", "2026-04-01")),
        organisation("C0", "RO98"),
        organisation("X1", "RO177", "2000-01-01/", link("RE4", "C1")),
    )
    assert codes(ask(register, "X1", PUBLISHED)) == {}
    assert codes(ask(register, "X1", "2026-04-01"))["subIcb"] == "C1"


def heirs_of(register: tuple[Organisation, ...], day: str = PUBLISHED) -> list[tuple[str, str]]:
    return [(heir.body.code, heir.date) for heir in ask(register, "X1", day).heirs]


SHUT = "2000-01-01/2015-03-31"


def test_heirs_are_found_from_either_side_and_through_those_that_have_gone() -> None:
    register = (
        organisation("X1", "RO197", SHUT, succession("Successor", "A", "2015-04-01")),
        organisation("A", "RO197", "2015-04-01/2019-03-31"),
        organisation("B", "RO197", "2019-04-01/", succession("Predecessor", "A", "2019-04-01")),
        organisation("C", "RO197", "2015-04-01/", succession("Predecessor", "X1", "2015-04-01")),
    )
    assert heirs_of(register) == [("B", "2019-04-01"), ("C", "2015-04-01")]
    assert heirs_of(register, "2016-01-01") == [("A", "2015-04-01"), ("C", "2015-04-01")]


def test_successions_later_than_the_day_are_not_followed() -> None:
    register = (
        organisation("X1", "RO197", SHUT, succession("Successor", "A", "2026-04-01")),
        organisation("A", "RO197"),
    )
    assert (heirs_of(register), heirs_of(register, "2026-04-01")) == ([], [("A", "2026-04-01")])


def test_successions_in_a_circle_end_and_nobody_is_its_own_heir() -> None:
    register = (
        organisation(
            "X1",
            "RO197",
            SHUT,
            succession("Successor", "X1", "2015-04-01"),
            succession("Successor", "A", "2015-04-01"),
        ),
        organisation("A", "RO197", SHUT, succession("Successor", "X1", "2015-04-01")),
    )
    assert heirs_of(register) == []


def test_of_several_successions_the_earliest_counts_and_of_several_ways_the_shortest() -> None:
    register = (
        organisation(
            "X1",
            "RO197",
            SHUT,
            succession("Successor", "A", "2015-05-01"),
            succession("Successor", "A", "2015-04-01"),
            succession("Successor", "B", "2015-04-01"),
        ),
        organisation(
            "A",
            "RO197",
            "2015-04-01/",
            succession("Predecessor", "X1", "2015-06-01"),
            succession("Predecessor", "B", "2014-01-01"),
        ),
        organisation("B", "RO197", SHUT),
    )
    assert heirs_of(register) == [("A", "2015-04-01")]


def test_of_two_ways_of_one_length_the_lower_code_gives_the_date() -> None:
    register = (
        organisation(
            "X1",
            "RO197",
            SHUT,
            succession("Successor", "C", "2015-04-01"),
            succession("Successor", "B", "2015-04-01"),
        ),
        organisation("B", "RO197", SHUT, succession("Successor", "D", "2018-04-01")),
        organisation("C", "RO197", SHUT, succession("Successor", "D", "2017-04-01")),
        organisation("D", "RO197"),
    )
    assert heirs_of(register) == [("D", "2018-04-01")]


def test_a_body_that_is_legally_over_is_no_heir() -> None:
    register = (
        organisation("X1", "RO197", SHUT, succession("Successor", "A", "2015-04-01")),
        organisation(
            "A",
            "RO197",
            "2015-04-01/",
            succession("Successor", "B", "2024-04-01"),
            legal="2015-04-01/2024-03-31",
        ),
        organisation("B", "RO197"),
    )
    assert heirs_of(register) == [("B", "2024-04-01")]


# How it is read


def test_a_thousand_organisations_are_read_in_a_handful_of_batches() -> None:
    practices = [
        organisation(
            f"P{at}", "RO177", SHUT if at % 2 else "2000-01-01/", link("RE4", "01A"), link("RE8", "U1")
        )
        for at in range(1_000)
    ]
    made = Made((*UPPER, *practices))
    found = answers(
        Bodies(made), [Asked(each.code, f"20{10 + at % 15}-05-01") for at, each in enumerate(practices)]
    )
    assert sum("subIcb" in each.levels.certain for each in found if each) > 700
    assert made.calls <= 8
