"""The levels of made registers are those of a plain, slow reading of the specification."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.directory.bodies import Bodies
from app.directory.forms import answer_json
from app.directory.levels import Asked, answers, levels
from indexer.organisation import Address, Organisation, Period, Relationship, Role, Succession, Target
from tests.levels_oracle import Oracle
from tests.made import Made

PUBLISHED = "2026-01-10"
DAYS = (
    "2025-12-30",
    "2025-12-31",
    "2026-01-01",
    "2026-01-09",
    PUBLISHED,
    "2026-01-11",
    "2026-01-20",
    "2026-01-21",
)
KINDS = {
    "S": ("RO177", "RO198", "RO182", "RO261", "RO98"),
    "T": ("RO197", "RO177", "RO181", "RO107"),
    "P": ("RO272",),
    "C": ("RO98", "RO98", "RO179"),
    "D": ("RO98",),
    "I": ("RO261",),
    "J": ("RO261",),
    "O": ("RO210",),
    "R": ("RO209",),
    "Q": ("RO209",),
}
"""The organisations of a made register, and the primary roles that each may have."""
CODES = tuple(KINDS)
WAYS = {
    "RE2": "ICDORQ",
    "RE4": "CDIJ",
    "RE5": "CDIJORQ",
    "RE6": "TTCS",
    "RE8": "PCD",
    "RE9": "PT",
}
"""The types of relationships, and where they lead as a rule."""

day = st.sampled_from(DAYS)


@st.composite
def spans(draw: Any) -> tuple[str, str | None]:
    return draw(day), draw(st.one_of(st.none(), day))


@st.composite
def periods(draw: Any) -> tuple[Period, ...]:
    stated = draw(st.sampled_from(("", "O", "O", "O", "O", "OL", "LO", "L")))
    return tuple(Period({"O": "Operational", "L": "Legal"}[each], *draw(spans())) for each in stated)


status = st.sampled_from(("Active", "Active", "Active", "Inactive"))
role_ids = st.sampled_from(("RO218", "RO262", "RO318", "RO319", "RO327", "RO76"))
roles = st.builds(Role, role_ids, st.none(), st.just(False), periods(), status)


@st.composite
def relationships(draw: Any) -> Relationship:
    kind = draw(st.sampled_from(tuple(WAYS)))
    target = draw(st.one_of(st.sampled_from(WAYS[kind]), st.sampled_from((*CODES, "LACKED"))))
    return Relationship(kind, None, draw(periods()), draw(status), Target(target, None, None))


@st.composite
def successions(draw: Any) -> Succession:
    kind = draw(st.sampled_from(("Predecessor", "Successor")))
    target = draw(st.sampled_from((*CODES, "LACKED")))
    return Succession(None, False, (Period("Legal", draw(day), None),), kind, Target(target, None, None))


@st.composite
def organisations(draw: Any, code: str) -> Organisation:
    primary = Role(draw(st.sampled_from(KINDS[code])), None, True, draw(periods()), draw(status))
    return Organisation(
        code=code,
        root=None,
        assigning_authority=None,
        record_class=draw(st.sampled_from(("RC2", "RC1") if code in "ST" else ("RC1",))),
        ref_only=False,
        name=f"NAME OF {code}",
        status=draw(status),
        last_change=None,
        periods=draw(periods()),
        address=draw(st.sampled_from((None, Address(*[None] * 6, "WALES", None)))),
        contacts=(),
        roles=(*draw(st.lists(roles, max_size=3)), primary),
        relationships=tuple(draw(st.lists(relationships(), max_size=5))),
        successions=tuple(draw(st.lists(successions(), max_size=2))),
    )


registers = st.tuples(*(organisations(code) for code in CODES))


def expected(register: tuple[Organisation, ...], code: str, date: str) -> Any:
    return Oracle(list(register), PUBLISHED, date).answer(code)


def shown(answer: Any) -> Any:
    return answer and answer_json(answer)


@settings(max_examples=400)
@given(registers, day)
def test_every_answer_is_that_of_the_specification(register: tuple[Organisation, ...], date: str) -> None:
    made = Made(register, PUBLISHED)
    for code in (*CODES, "LACKED"):
        assert shown(levels(Bodies(made), code, date)) == expected(register, code, date), code


@settings(max_examples=100)
@given(registers, st.lists(st.tuples(st.sampled_from((*CODES, "LACKED")), day), max_size=20))
def test_many_answers_are_those_of_each_alone(
    register: tuple[Organisation, ...], asked: list[tuple[str, str]]
) -> None:
    bodies = Bodies(Made(register, PUBLISHED))
    for _ in range(2):
        found = answers(bodies, [Asked(*each) for each in asked])
        assert [shown(each) for each in found] == [expected(register, *each) for each in asked]
