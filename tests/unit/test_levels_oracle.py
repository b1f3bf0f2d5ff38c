"""The levels of made registers are those of a plain, slow reading of the specification."""

from collections.abc import Sequence
from random import Random
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
EARLY = "2025-12-01"
KINDS = {
    "S": ("RO198", "RO177", "RO182", "RO261", "RO98", "RO272"),
    "T": ("RO197", "RO177", "RO181", "RO107"),
    "U": ("RO197", "RO98"),
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
NOWHERE = "LACKED"
WAYS = {
    "S": ("RE6 T", "RE6 T", "RE6 U", "RE6 C", "RE8 P", "RE4 C", "RE4 D", "RE4 I", "RE5 I", "RE5 O", "RE2 R"),
    "T": ("RE4 C", "RE4 D", "RE8 P", "RE5 I", "RE5 J", "RE2 I", "RE6 U", "RE3 R"),
    "U": ("RE5 I", "RE5 R", "RE4 D"),
    "P": ("RE4 C", "RE9 T"),
    "C": ("RE5 I", "RE5 J", "RE2 I", "RE5 O"),
    "D": ("RE5 J", "RE2 R", "RE5 O"),
    "I": ("RE5 R", "RE2 R", "RE5 O"),
    "J": ("RE5 R", "RE2 Q", "RE2 O"),
    "O": ("RE5 R", "RE2 Q"),
    "R": (),
    "Q": (),
}  # fmt: skip
"""Where the relationships of each lead as a rule."""


class Dice:
    """Makes the parts of organisations by chance."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.oddness = self.random.choice((0.05, 0.3, 0.6))
        """How often a part is not what it is as a rule."""

    def odd(self) -> bool:
        return self.random.random() < self.oddness

    def one_of(self, values: Sequence[Any]) -> Any:
        return self.random.choice(values)

    def periods(self) -> tuple[Period, ...]:
        if not self.odd():
            return (Period("Operational", EARLY, None),)
        types = self.one_of(
            ((), ("Operational",), ("Operational", "Legal"), ("Legal", "Operational"), ("Legal",))
        )
        return tuple(Period(each, self.one_of((EARLY, *DAYS)), self.one_of((None, *DAYS))) for each in types)

    def status(self) -> str:
        return self.one_of(("Active", "Inactive")) if self.odd() else "Active"

    def role(self, role_id: str, *, primary: bool = False) -> Role:
        return Role(role_id, None, primary, self.periods(), self.status())

    def roles(self, code: str) -> tuple[Role, ...]:
        others = ["RO318"] if code in "IJ" and not self.odd() else []
        while self.random.random() < 0.4:
            others.append(self.one_of(("RO218", "RO262", "RO318", "RO319", "RO327", "RO76")))
        return (*map(self.role, others), self.role(self.one_of(KINDS[code]), primary=True))

    def relationships(self, code: str) -> list[Relationship]:
        ways = [self.one_of(WAYS[code]).split() for _ in range(self.random.randrange(6)) if WAYS[code]]
        return [
            Relationship(
                kind,
                None,
                self.periods(),
                self.status(),
                Target(self.one_of((*CODES, NOWHERE)) if self.odd() else target, None, None),
            )
            for kind, target in ways
        ]

    def successions(self, code: str) -> list[Succession]:
        return [
            Succession(
                None,
                False,
                (Period("Legal", self.one_of(DAYS), None),),
                self.one_of(("Predecessor", "Successor")),
                Target(self.one_of((*CODES, NOWHERE)) if self.odd() else partner, None, None),
            )
            for partner in ({"C": "D", "D": "C", "I": "J", "J": "I", "R": "Q", "T": "U"}.get(code, code),)
            if self.random.random() < 0.6
        ]

    def organisation(self, code: str) -> Organisation:
        return Organisation(
            code=code,
            root=None,
            assigning_authority=None,
            record_class="RC2" if self.random.random() < {"S": 0.7, "T": 0.1}.get(code, 0) else "RC1",
            ref_only=False,
            name=f"NAME OF {code}",
            status=self.status(),
            last_change=None,
            periods=self.periods(),
            address=self.one_of((None, Address(*[None] * 6, "WALES", None))),
            contacts=(),
            roles=self.roles(code),
            relationships=tuple(self.relationships(code)),
            successions=tuple(self.successions(code)),
        )


Register = tuple[Organisation, ...]
registers = st.integers(0, 2**32).map(lambda seed: tuple(map(Dice(seed).organisation, CODES)))
day = st.sampled_from(DAYS)


def expected(register: Register, code: str, date: str) -> Any:
    return Oracle(list(register), PUBLISHED, date).answer(code)


def shown(answer: Any) -> Any:
    return answer and answer_json(answer)


@settings(max_examples=500)
@given(registers, day)
def test_every_answer_is_that_of_the_specification(register: Register, date: str) -> None:
    made = Made(register, PUBLISHED)
    for code in (*CODES, NOWHERE):
        assert shown(levels(Bodies(made), code, date)) == expected(register, code, date), code


@settings(max_examples=100)
@given(registers, st.lists(st.tuples(st.sampled_from((*CODES, NOWHERE)), day), max_size=20))
def test_many_answers_are_those_of_each_alone(register: Register, asked: list[tuple[str, str]]) -> None:
    bodies = Bodies(Made(register, PUBLISHED))
    for _ in range(2):
        found = answers(bodies, [Asked(*each) for each in asked])
        assert [shown(each) for each in found] == [expected(register, *each) for each in asked]
