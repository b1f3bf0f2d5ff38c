"""Records as XML: how the standard writes down what plan and facts say of an organisation."""

from collections.abc import Callable
from random import Random

from indexer.sources.synthesise.facts import DAYS, Y2013, Draw, Facts, day
from indexer.sources.synthesise.kinds import FURTHER, kinds
from indexer.sources.synthesise.naming import pick
from indexer.sources.synthesise.plan import ACTIVE, Plan

ROOT = 'root="2.16.840.1.113883.2.1.3.2.4.18.48" assigningAuthorityName="HSCIC"'
ROLES_EACH = 4
"""uniqueRoleId = FIRST_ROLE + ROLES_EACH * number + place in the list."""
FIRST_ROLE = 10_001
FIRST_RELATIONSHIP = 10_001
_UPRNS = (10**9, 10**10, 10**11)


class Writer:
    """Writes the records of a plan, in any order, each as XML text indented by four blanks."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.today = day(plan.published)
        self.rng = Random()
        self.rnd: Callable[[], float] = self.rng.random
        self._draw = Draw(plan)

    def record(self, number: int) -> str:
        """Return the complete record."""
        facts = self._facts(number)
        rnd = self.rnd
        has_legal = rnd() < (0.06 if self.plan.state[number] == ACTIVE else 0.373)
        legal = self._legal(facts, number) if has_legal else ""
        uprn = (
            f"\n          <UPRN>{10_000_000 + int(rnd() * pick(rnd, _UPRNS))}</UPRN>" if rnd() < 0.6 else ""
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
        """Return the skeleton that stands in the other file."""
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
        self.rng.seed(self.plan.seed * 10_000_019 + number)
        return self._draw.facts(number, self.rnd)

    def _legal(self, facts: Facts, number: int) -> str:
        """Return a legal period: mostly the operational one; over on some that are still Active."""
        later, share = self.rnd(), self.rnd()
        start = facts.start if later < 0.7 else max(facts.start, min(Y2013, facts.end or Y2013))
        end = facts.end
        if self.plan.state[number] == ACTIVE and share < 0.38 and start < self.today:
            end = start + int((self.today - start) * share / 0.38)
        return _date("Legal", start, end)

    def _head(self, facts: Facts, number: int, legal: str, uprn: str) -> str:
        """Return everything up to the address."""
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
            f'      <LastChangeDate value="{DAYS[facts.changed]}" />\n'
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
                    start = max(start, Y2013)
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
        begin = facts.start or min(Y2013, latest)
        types = plan.rel_type[first:last]
        for at, relation in enumerate(types):
            turn, count = at - types.index(relation), types.count(relation)
            start = begin + (latest - begin) * turn // count
            end: int | None = begin + (latest - begin) * (turn + 1) // count
            if plan.rel_open[first + at]:
                end = None if facts.status == "Active" else facts.end
            rows.append(self._relationship(first + at, relation, (start, end)))
        return f"      <Rels>\n{''.join(rows)}      </Rels>\n"

    def _relationship(self, row: int, relation: int, period: tuple[int, int | None]) -> str:
        start, end = period
        dates = f'<Start value="{DAYS[start]}" />'
        if end is not None:
            dates += f'\n            <End value="{DAYS[end]}" />'
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
    ended = f'{pad}  <End value="{DAYS[end]}" />\n' if end is not None else ""
    begun = f'{pad}  <Start value="{DAYS[start]}" />\n'
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
