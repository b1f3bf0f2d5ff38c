"""Which levels of an organisation searches and code systems show."""

import pytest

from app.directory.bodies import Bodies
from app.directory.settled import settled_of
from tests.made import Made, link, organisation, role, succession
from tests.unit.test_levels import REGIONS, icb, sub_icb

TODAY = "2025-12-11"
BOARDS = (*REGIONS, icb("QWO", "Y63"), icb("QE1", "Y62"), sub_icb("15F", "QWO"), organisation("U1", "RO272"))
OPERATORS = (
    organisation("RR8", "RO197", "1998-04-01/", link("RE5", "QWO")),
    organisation("TAD", "RO107", "1998-04-01/", link("RE5", "QWO")),
    organisation("B86001", "RO177", "1974-04-01/", link("RE4", "15F"), link("RE8", "U1")),
)


def site(*operators: str, own: str = "") -> dict[str, str]:
    """Return what is shown of a site of some operators, with its own RE5."""
    links = [link("RE6", code) for code in operators] + [link("RE5", own)] * bool(own)
    register = (*BOARDS, *OPERATORS, organisation("S", "RO198", "2000-01-01/", *links, site=True))
    (found,) = settled_of(Bodies(Made(register)), ["S"], TODAY)
    return {key: entry.code for key, entry in found.items()}


PRACTICE = {"icb": "QWO", "region": "Y63", "pcn": "U1", "subIcb": "15F"}


@pytest.mark.parametrize(
    ("operators", "own", "expected"),
    [
        (["B86001"], "", PRACTICE),
        (["RR8"], "", {}),
        (["TAD"], "", {}),
        (["RR8"], "QE1", {"icb": "QE1", "region": "Y62"}),
        (["B86001", "RR8"], "", {}),
        ([], "QE1", {"icb": "QE1", "region": "Y62"}),
    ],
)
def test_what_a_trust_hands_down_is_not_shown(
    operators: list[str], own: str, expected: dict[str, str]
) -> None:
    assert site(*operators, own=own) == expected


def test_a_level_that_is_ambiguous_is_not_shown_and_one_above_that_is_certain_is() -> None:
    parts = (icb(code, "Y59", succession("Predecessor", "QNQ", "2025-04-01")) for code in ("QRL", "S0E4D"))
    gone = organisation(
        "QNQ", "RO261", "2020-04-01/2025-03-31", role("RO318", "2022-07-01/"), link("RE5", "Y59")
    )
    (found,) = settled_of(Bodies(Made((*REGIONS, *parts, gone))), ["QNQ"], TODAY)
    assert {key: entry.code for key, entry in found.items()} == {"region": "Y59"}


def test_many_are_read_together_and_an_unknown_code_has_no_levels() -> None:
    register = Made((*BOARDS, *OPERATORS))
    found = settled_of(Bodies(register), ["B86001", "NONE", "RR8"], TODAY)
    assert [sorted(each) for each in found] == [["icb", "pcn", "region", "subIcb"], [], ["icb", "region"]]
    assert found[0]["icb"].name == "NAME OF QWO"
