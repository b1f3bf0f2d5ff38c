"""Records as XML: what seed and number of an organisation say of it, and how the standard writes it down."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING

from tests.bench.kinds import FURTHER, MANX, NORTHERN_IRISH, SCOTTISH, WELSH, kinds
from tests.bench.naming import name, pick, place, street
from tests.bench.plan import ACTIVE, ARCHIVED, CUT_OFF
from tests.bench.words import HOUSES, THINGS, TOWNS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.plan import Plan
    from tests.bench.words import Town

ROOT = 'root="2.16.840.1.113883.2.1.3.2.4.18.48" assigningAuthorityName="HSCIC"'
ROLES_EACH = 4  # uniqueRoleId = FIRST_ROLE + ROLES_EACH * number + place in the list
FIRST_ROLE = 10_001
FIRST_RELATIONSHIP = 10_001
POSTCODES = 0.45  # postcodes to draw from, for each organisation

_EPOCH = date(1900, 1, 1).toordinal()
_DAYS = [date.fromordinal(_EPOCH + n).isoformat() for n in range(50_000)]
_INWARD = "ABDEFGHJLNPQRSTUWXYZ"
_MIX = 0x9E3779B97F4A7C15


def day(value: date) -> int:
    """A date as the number of days since 1900-01-01."""
    return value.toordinal() - _EPOCH


LAST_ARCHIVED = day(CUT_OFF)
_Y1974, _Y1999, _Y2013 = (day(date(year, 4, 1)) for year in (1974, 1999, 2013))
_REORGANISATIONS = tuple(
    day(date(*when))
    for when in ((1974, 4, 1), (1991, 4, 1), (1998, 4, 1), (2001, 4, 1), (2006, 10, 1), (2011, 4, 1))
)


@cache
def _towns(country: str) -> tuple[tuple[float, ...], tuple[Town, ...]]:
    towns = TOWNS[country]
    return tuple(accumulate(town.weight for town in towns)), towns


def address(country: str, entry: int, seed: int) -> tuple[Town, str]:
    """Town and postcode that the entry of the list of addresses stands for."""
    bits = ((entry + 1) * _MIX ^ (seed + 77) * 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF
    bits ^= bits >> 31
    bits = bits * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    bits ^= bits >> 29
    weights, towns = _towns(country)
    town = towns[bisect_right(weights, (bits & 0xFFFF) / 65536 * weights[-1])]
    bits >>= 16
    district = 1 + bits % town.districts
    bits >>= 10
    letters = _INWARD[bits // 9 % 20] + _INWARD[bits // 180 % 20]
    outward = f"{town.area}{district}"
    if town.area in {"EC", "WC"}:
        outward += "AMNRVY"[bits // 3600 % 6]
    return town, f"{outward} {1 + bits % 9}{letters}"


def _country(role: str, roll: float) -> str:
    for holders, country in ((WELSH, "WALES"), (SCOTTISH, "SCOTLAND"), (NORTHERN_IRISH, "NORTHERN IRELAND")):
        if role in holders:
            return country
    if role in MANX:
        return "ISLE OF MAN"
    for limit, country in (
        (0.012, "WALES"),
        (0.0132, "SCOTLAND"),
        (0.0142, "ISLE OF MAN"),
        (0.0145, "CHANNEL ISLANDS"),
    ):
        if roll < limit:
            return country
    return "ENGLAND"


@dataclass(slots=True)
class Facts:
    """What every form of a record says; days since 1900-01-01, `end` None while open."""

    role: str
    record_class: str
    name: str
    start: int
    end: int | None
    status: str
    changed: int
    country: str
    county: str
    town: Town
    lines: list[str]
    postcode: str


class Writer:
    """Writes the records of a plan, in any order, each as XML text indented by four blanks."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        # The facts of an organisation must not move from edition to edition: they are drawn as of the first.
        self.today = day(plan.first)
        self.rng = Random()
        self.rnd: Callable[[], float] = self.rng.random
        self.entries = max(1000, int(POSTCODES * (len(plan.codes) - len(plan.born))))

    def record(self, number: int) -> str:
        """The complete record."""
        facts = self._facts(number)
        rnd = self.rnd
        has_legal = rnd() < (0.06 if self.plan.state[number] == ACTIVE else 0.373)
        legal = self._legal(facts, number) if has_legal else ""
        uprn = (
            f"\n          <UPRN>{10_000_000 + int(rnd() * 1e11 ** (0.75 + rnd() / 4))}</UPRN>"
            if rnd() < 0.6
            else ""
        )
        return (
            f'    <Organisation orgRecordClass="{facts.record_class}">\n'
            + self._head(facts, number, legal, uprn)
            + _contacts(rnd, facts)
            + self._roles(facts, number, has_legal=has_legal)
            + self._relationships(facts, number)
            + self._successions(number)
            + "    </Organisation>\n"
        )

    def stub(self, number: int) -> str:
        """The skeleton that stands in the other file."""
        facts = self._facts(number)
        role = _role(
            facts.role, FIRST_ROLE + ROLES_EACH * number, (facts.start, facts.end), facts.status, primary=True
        )
        return (
            f'    <Organisation orgRecordClass="{facts.record_class}" refOnly="true">\n'
            + self._head(facts, number, "", "")
            + f"      <Roles>\n{role}      </Roles>\n    </Organisation>\n"
        )

    def _facts(self, number: int) -> Facts:
        plan, rnd = self.plan, self.rnd
        self.rng.seed(plan.seed * 10_000_019 + number)
        kind = kinds()[plan.kind[number]]
        country = _country(kind.role, rnd())
        town, postcode = address(country, int(rnd() * self.entries), plan.seed)
        called = name(rnd, kind.role, kind.display, town.name)
        start, end, changed = self._period(number, kind.role)
        facts = Facts(
            role=kind.role,
            record_class=kind.record_class,
            name=called,
            start=start,
            end=end,
            status="Active" if plan.state[number] == ACTIVE else "Inactive",
            changed=changed,
            country=country,
            county=town.county if rnd() < 0.55 else "",
            town=town,
            lines=_lines(rnd, called),
            postcode=postcode,
        )
        if number in plan.edits:
            self._edit(facts, number)
        return facts

    def _period(self, number: int, role: str) -> tuple[int, int | None, int]:
        """Start, end and last change of an organisation."""
        rnd, state = self.rnd, self.plan.state[number]
        if number in self.plan.born:
            published = day(self.plan.born[number])
            return published - int(rnd() * 120), None, published - int(rnd() * 25)
        if rnd() < (0.31 if role == "RO221" else 0.001):
            start = 0
        elif rnd() < 0.3:
            start = pick(rnd, _REORGANISATIONS)
        else:
            latest = day(date(2009, 1, 1)) if state == ARCHIVED else day(date(2016, 1, 1))
            start = _Y1974 + int((latest - _Y1974 + 3700 * (state == ACTIVE)) * rnd() ** 0.6)
        if state == ACTIVE:
            changed = _Y2013 + int((self.today - _Y2013) * rnd() ** 0.55)
            return start, self.today + int(rnd() * 700) if rnd() < 0.0029 else None, max(start, changed)
        first, last = (_Y1999, LAST_ARCHIVED) if state == ARCHIVED else (LAST_ARCHIVED + 1, self.today - 30)
        end = max(start, first) + int((last - max(start, first)) * rnd())
        return start, end, max(end, _Y2013) + int((self.today - max(end, _Y2013)) * rnd() ** 2)

    def _edit(self, facts: Facts, number: int) -> None:
        what, after, until = self.plan.edits[number]
        rng = Random(self.plan.seed * 31 + number)
        facts.changed = day(after) + 1 + int(rng.random() * (until - after).days)
        if what == "rename":
            fresh = name(rng.random, facts.role, kinds()[self.plan.kind[number]].display, facts.town.name)
            facts.name = fresh if fresh != facts.name else f"THE {fresh}"
        elif what == "postcode":
            entry = int(rng.random() * self.entries)
            facts.town, facts.postcode = address(facts.country, entry, self.plan.seed)
            facts.county = facts.county and facts.town.county
        else:
            facts.end, facts.status = facts.changed, "Inactive"

    def _legal(self, facts: Facts, number: int) -> str:
        """A legal period: mostly the operational one; over on some that are still Active."""
        later, share = self.rnd(), self.rnd()
        start = facts.start if later < 0.7 else max(facts.start, min(_Y2013, facts.end or _Y2013))
        end = facts.end
        if self.plan.state[number] == ACTIVE and share < 0.38 and start < self.today:
            end = start + int((self.today - start) * share / 0.38)
        return _date("Legal", start, end)

    def _head(self, facts: Facts, number: int, legal: str, uprn: str) -> str:
        """Everything up to the address."""
        lines = "".join(
            [
                f"          <AddrLn{at}>{_text(line)}</AddrLn{at}>\n"
                for at, line in enumerate(facts.lines, 1)
                if line
            ]
        )
        town = facts.town
        county = f"          <County>{facts.county}</County>\n" if facts.county else ""
        return (
            f"      <Name>{_text(facts.name)}</Name>\n{_date('Operational', facts.start, facts.end)}{legal}"
            f'      <OrgId {ROOT} extension="{self.plan.codes[number]}" />\n'
            f'      <Status value="{facts.status}" />\n'
            f'      <LastChangeDate value="{_DAYS[facts.changed]}" />\n'
            f"      <GeoLoc>\n        <Location>\n{lines}          <Town>{_text(town.name)}</Town>\n{county}"
            f"          <PostCode>{facts.postcode}</PostCode>\n"
            f"          <Country>{facts.country}</Country>{uprn}\n"
            f"        </Location>\n      </GeoLoc>\n"
        )

    def _roles(self, facts: Facts, number: int, *, has_legal: bool) -> str:
        rnd = self.rnd
        unique = FIRST_ROLE + ROLES_EACH * number
        legal = (facts.start, facts.end) if has_legal and rnd() < 0.6 else None
        rows = [_role(facts.role, unique, (facts.start, facts.end), facts.status, primary=True, legal=legal)]
        chances, choices = FURTHER.get(facts.role, ((), ()))
        for chance in chances:
            if rnd() < chance:
                start, end, status = facts.start, facts.end, facts.status
                if self.plan.state[number] == ACTIVE:
                    start = max(start, _Y2013)
                    share = rnd()  # below 0.06 the role has ended
                    if share < 0.06 and start < self.today:
                        end, status = start + int((self.today - start) * share / 0.06), "Inactive"
                rows.append(_role(pick(rnd, choices), unique + len(rows), (start, end), status))
        if len(rows) > 1 and rnd() < 0.05:
            rows.append(rows.pop(0))
        return f"      <Roles>\n{''.join(rows)}      </Roles>\n"

    def _relationships(self, facts: Facts, number: int) -> str:
        plan = self.plan
        first, last = plan.rel_at[number], plan.rel_at[number + 1]
        if first == last:
            return ""
        rows = []
        latest = self.today if facts.end is None else min(facts.end, self.today)
        begin = facts.start or min(_Y2013, latest)
        types = plan.rel_type[first:last]
        for at, relation in enumerate(types):
            turn, count = at - types.index(relation), types.count(relation)
            start = begin + (latest - begin) * turn // count
            end = begin + (latest - begin) * (turn + 1) // count
            if plan.rel_open[first + at]:
                end = None if facts.status == "Active" else facts.end
            rows.append(self._relationship(first + at, relation, (start, end)))
        return f"      <Rels>\n{''.join(rows)}      </Rels>\n"

    def _relationship(self, row: int, relation: int, period: tuple[int, int | None]) -> str:
        start, end = period
        dates = f'<Start value="{_DAYS[start]}" />'
        if end is not None:
            dates += f'\n            <End value="{_DAYS[end]}" />'
        return (
            f'        <Rel id="RE{relation}" uniqueRelId="{FIRST_RELATIONSHIP + row}">\n          <Date>\n'
            f'            <Type value="Operational" />\n            {dates}\n          </Date>\n'
            f'          <Status value="{"Active" if end is None else "Inactive"}" />\n'
            f"{self._target(self.plan.rel_target[row])}        </Rel>\n"
        )

    def _target(self, number: int) -> str:
        role = kinds()[self.plan.kind[number]].role
        return (
            f'          <Target>\n            <OrgId {ROOT} extension="{self.plan.codes[number]}" />\n'
            f'            <PrimaryRoleId id="{role}" uniqueRoleId="{FIRST_ROLE + ROLES_EACH * number}" />\n'
            f"          </Target>\n"
        )

    def _successions(self, number: int) -> str:
        rows = []
        for succession in self.plan.successions.get(number, ()):
            forward = ' forwardSuccession="true"' if succession.forward else ""
            rows.append(
                f'        <Succ uniqueSuccId="{succession.id}"{forward}>\n          <Date>\n'
                f'            <Type value="Legal" />\n'
                f'            <Start value="{succession.day.isoformat()}" />\n'
                f"          </Date>\n"
                f"          <Type>{'Predecessor' if succession.predecessor else 'Successor'}</Type>\n"
                f"{self._target(succession.other)}        </Succ>\n"
            )
        return f"      <Succs>\n{''.join(rows)}      </Succs>\n" if rows else ""


def _text(value: str) -> str:
    return value.replace("&", "&amp;").replace("'", "&apos;")


def _date(kind: str, start: int, end: int | None, pad: str = "      ") -> str:
    ended = f'{pad}  <End value="{_DAYS[end]}" />\n' if end is not None else ""
    begun = f'{pad}  <Start value="{_DAYS[start]}" />\n'
    return f'{pad}<Date>\n{pad}  <Type value="{kind}" />\n{begun}{ended}{pad}</Date>\n'


def _role(
    role: str,
    unique: int,
    period: tuple[int, int | None],
    status: str,
    *,
    primary: bool = False,
    legal: tuple[int, int | None] | None = None,
) -> str:
    mark = ' primaryRole="true"' if primary else ""
    dates = _date("Operational", *period, "          ") + (
        _date("Legal", *legal, "          ") if legal else ""
    )
    return (
        f'        <Role id="{role}" uniqueRoleId="{unique}"{mark}>\n{dates}'
        f'          <Status value="{status}" />\n        </Role>\n'
    )


def _lines(rnd: Callable[[], float], called: str) -> list[str]:
    """Up to three address lines of at most 35 characters; an empty one is left out."""
    number = f"{1 + int(rnd() * 240)} {street(rnd)}"
    roll = rnd()
    if roll < 0.4:
        return [number]
    locality = place(rnd) if rnd() < 0.4 else ""
    if roll < 0.65:
        return [called[:35].strip(), number[:35], locality]
    if roll < 0.7:
        return [number, "", locality or place(rnd)]
    return [f"{pick(rnd, THINGS)} {pick(rnd, HOUSES)}", number[:35], locality]


def _contacts(rnd: Callable[[], float], facts: Facts) -> str:
    roll = rnd()
    if roll > 0.66:
        return ""
    dial = facts.town.dial
    rest = str(int(rnd() * 10 ** (11 - len(dial)))).zfill(11 - len(dial))
    gap = " " if roll < 0.55 else ""
    rows = [f'        <Contact type="tel" value="{dial}{gap}{rest}" />\n']
    if roll < 0.2:
        host = "".join(c for c in facts.name if c.isalnum())[:28]
        tail = ".NHS.UK" if roll < 0.06 else ".CO.UK"
        rows.append(f'        <Contact type="http" value="HTTPS://WWW.{host}{tail}" />\n')
    if 0.2 <= roll < 0.23:
        rows.insert(0, f'        <Contact type="fax" value="{dial} {rest[::-1]}" />\n')
    return f"      <Contacts>\n{''.join(rows)}      </Contacts>\n"
