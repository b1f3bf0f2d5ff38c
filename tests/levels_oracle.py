"""A plain, slow reading of what the levels of an organisation are (hierarchy 1 to 6), to compare with.

It reads the indexer's organisations, shares nothing with `app.directory`, and walks day by day where the
specification speaks of days.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from indexer.organisation import Organisation, Period, Relationship, Role

KEYS = ("operator", "pcn", "commissioner", "subIcb", "icb", "region")


class Oracle:
    """The register of some organisations, published on a day, looked at on another."""

    def __init__(self, organisations: list[Organisation], published: str, day: str) -> None:
        self.all = {each.code: each for each in organisations}
        self.published, self.day = published, day

    # 2. When something holds

    def within(self, period: Period, day: str) -> bool:
        return period.start <= day and (period.end is None or day <= period.end)

    def goes_on(self, period: Period) -> bool:
        return period.start < self.published and (period.end is None or period.end > self.published)

    def counting(self, part: Any, first: str) -> Period | str:
        """Return the period that counts, or "always" or "never"."""
        periods = {period.type: period for period in part.periods}
        if not periods:
            return "always" if part.status == "Active" else "never"
        second = "Operational" if first == "Legal" else "Legal"
        period = periods.get(first) or periods[second]
        if part.status == "Inactive" and self.goes_on(period):
            operational = periods.get("Operational")
            if (
                period.type == "Legal"
                and operational
                and operational.end
                and operational.end <= self.published
            ):
                return operational
            return "never"
        return period

    def on(self, period: Period | str, day: str) -> bool:
        return period == "always" if isinstance(period, str) else self.within(period, day)

    def has_role(self, body: Organisation, ids: set[str], day: str) -> bool:
        return any(role.id in ids and self.on(self.counting(role, "Legal"), day) for role in body.roles)

    def primary(self, body: Organisation) -> Role:
        return next(role for role in body.roles if role.primary)

    def own(self, body: Organisation) -> Period | None:
        periods = {period.type: period for period in body.periods}
        return periods.get("Operational") or periods.get("Legal")

    def over(self, body: Organisation, day: str) -> bool:
        periods = [*body.periods, *self.primary(body).periods]
        return any(period.type == "Legal" and period.end and period.end < day for period in periods)

    def lawful(self, body: Organisation, day: str) -> bool:
        return not self.over(body, day) or self.has_role(body, {"RO319"}, day)

    def in_being(self, body: Organisation, day: str) -> bool:
        return self.on(self.counting(body, "Operational"), day) and self.lawful(body, day)

    def to_come(self, body: Organisation) -> bool:
        own = self.own(body)
        return own is not None and self.day < own.start

    def gone(self, body: Organisation) -> bool:
        return not self.in_being(body, self.day) and not self.to_come(body)

    def leading(self, body: Organisation) -> list[Relationship]:
        return [
            each
            for each in body.relationships
            if each.target.code in self.all and each.target.code != body.code
        ]

    def period_of(self, body: Organisation, link: Relationship, day: str) -> Period | str:
        return self.counting(link, "Operational" if self.over(body, day) else "Legal")

    def last(self, body: Organisation) -> str:
        own = self.own(body)
        if own and own.end:
            return min(own.end, self.day)
        if body.status == "Active":
            return self.day
        periods = [(link, self.period_of(body, link, self.published)) for link in self.leading(body)]
        if any(self.on(period, self.published) for _, period in periods):
            return min(self.published, self.day)
        ends = [
            period.end
            for link, period in periods
            if link.id in ("RE4", "RE5", "RE6", "RE8") and isinstance(period, Period)
            if period.end and period.start <= period.end <= self.published
        ]
        return min(max(ends), self.day) if ends else self.day

    def links(self, body: Organisation) -> list[Relationship]:
        if self.to_come(body):
            return []
        day = self.last(body)
        periods = [(link, self.period_of(body, link, day)) for link in self.leading(body)]
        held = [(link, period) for link, period in periods if self.on(period, day)]
        kept = []
        for link, period in held:
            ends = isinstance(period, Period) and period.end == day
            rivals = (
                other
                for rival, other in held
                if rival.id == link.id and isinstance(other, Period) and other.start == day
            )
            if not (ends and any(other[1:] != period[1:] for other in rivals)):
                kept.append(link)
        if body.record_class == "RC1":
            commissioners = {link.target.code for link in kept if link.id == "RE4"}
            kept = [
                link
                for link in kept
                if link.id != "RE6"
                or (
                    link.target.code not in commissioners
                    and self.primary(self.all[link.target.code]).id not in ("RO98", "RO179")
                )
            ]
        return kept

    # 3. The levels

    def recognised(self, body: Organisation, key: str, day: str) -> bool:
        """Return whether a body is one of a level on a day, as far as roles tell."""
        primary = self.primary(body).id
        match key:
            case "operator" | "commissioner":
                return True
            case "pcn":
                return primary == "RO272"
            case "subIcb":
                return primary == "RO98" and not self.has_role(body, {"RO218", "RO327"}, day)
            case "icb":
                return primary == "RO261" and self.has_role(body, {"RO318", "RO262"}, day)
            case "region":
                return primary == "RO209"
            case "office":
                return primary == "RO210"
        raise AssertionError(key)

    def once(self, body: Organisation, key: str) -> bool:
        """Return whether a body was one of a level on any day of its life; looks at every day."""
        own = self.own(body)
        last = own.end if own and own.end else str(date.fromisoformat(self.published) + timedelta(days=400))
        start = own.start if own else str(date.fromisoformat(self.published) - timedelta(days=400))
        day = start
        while day <= last:
            if self.recognised(body, key, day) and self.lawful(body, day):
                return True
            day = str(date.fromisoformat(day) + timedelta(days=1))
        return False

    def role(self, body: Organisation, key: str) -> str:
        for shown in {"subIcb": ["RO319"], "icb": ["RO318", "RO262"]}.get(key, []):
            if self.has_role(body, {shown}, self.day):
                return shown
        return self.primary(body).id

    # 5. Several, and none

    def successors(self, code: str) -> dict[str, str]:
        """Return who succeeds a code, and when first."""
        found: list[tuple[str, str]] = []
        for body in self.all.values():
            for each in body.successions:
                if body.code == code and each.type == "Successor":
                    found.append((each.target.code, each.periods[0].start))
                if each.target.code == code and each.type == "Predecessor":
                    found.append((body.code, each.periods[0].start))
        return {successor: min(day for other, day in found if other == successor) for successor, _ in found}

    def heirs(self, code: str) -> dict[str, str]:
        found, met, ring = {}, {code}, [code]
        while ring:
            step: dict[str, str] = {}
            for each in sorted(ring):
                for successor, day in self.successors(each).items():
                    if day <= self.day and successor not in met and successor not in step:
                        step[successor] = day
            met |= set(step)
            ring = []
            for successor, day in step.items():
                body = self.all.get(successor)
                if body and self.in_being(body, self.day):
                    found[successor] = day
                else:
                    ring.append(successor)
        return dict(sorted(found.items()))

    def stand(self, key: str, code: str) -> Iterator[tuple[str, str | None, bool]]:
        """Yield what a target gives a level: a code, the code it succeeds, and whether it has ended."""
        body = self.all[code]
        if self.to_come(body):
            return
        if self.in_being(body, self.day):
            if self.recognised(body, key, self.day):
                yield code, None, False
            return
        heirs = [heir for heir in self.heirs(code) if self.recognised(self.all[heir], key, self.day)]
        yield from ((heir, code, False) for heir in heirs)
        if not heirs and self.once(body, key):
            yield code, None, True

    # 4. The walk; a set of bodies is a dict from code to (via, successor of)

    def step(self, key: str, starts: dict[str, Any], types: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the bodies of a level that links of these types lead to, and those that have ended."""
        ways = sorted(
            (
                (successor_of is not None, types.split().index(link.id), start, link.target.code, order, code)
                for order, start in enumerate(starts)
                for link in self.links(self.all[start])
                if link.id in types.split()
                for code, successor_of, _ in self.stand(key, link.target.code)
            ),
        )
        found: dict[str, Any] = {}
        for is_heir, rank, start, target, _order, code in ways:
            ended = (code, None, True) in self.stand(key, target)
            via = (*starts[start][0], types.split()[rank])
            found.setdefault((code, ended), (via, target if is_heir else None))
        return (
            {code: way for (code, ended), way in found.items() if not ended},
            {code: way for (code, ended), way in found.items() if ended},
        )

    def itself(self, key: str, body: Organisation) -> tuple[dict[str, Any], dict[str, Any]]:
        if self.gone(body) and not self.once(body, key):
            return {}, {}
        stands = list(self.stand(key, body.code))
        return (
            {code: ((), successor_of) for code, successor_of, ended in stands if not ended},
            {code: ((), None) for code, _, ended in stands if ended},
        )

    def region(self, starts: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        found, ended = self.step("region", starts, "RE5 RE2")
        if found:
            return found, ended
        offices, _ = self.step("office", starts, "RE5 RE2")
        found, later = self.step("region", offices, "RE5 RE2")
        return found, later | ended

    def walk(self, body: Organisation) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
        """Return, for each level, the bodies found and those that have ended."""
        me = {body.code: ((), None)}
        found: dict[str, dict[str, Any]] = {}
        ended: dict[str, dict[str, Any]] = {}

        def first(key: str, *lines: Any) -> None:
            found[key], ended[key] = {}, {}
            for line in lines:
                found[key], gone = line()
                ended[key] = gone | ended[key]
                if found[key]:
                    return

        first("operator", lambda: self.step("operator", me, "RE6"))
        first("pcn", lambda: self.itself("pcn", body), lambda: self.step("pcn", me, "RE8"))
        first("commissioner", lambda: self.step("commissioner", me, "RE4"))
        first("subIcb", lambda: self.itself("subIcb", body), lambda: self.step("subIcb", me, "RE4"))
        first(
            "icb",
            lambda: self.itself("icb", body),
            lambda: self.step("icb", me, "RE4"),
            lambda: self.step("icb", found["subIcb"], "RE5 RE2"),
            lambda: self.step("icb", me, "RE5 RE2"),
        )
        first(
            "region",
            lambda: self.itself("region", body),
            lambda: self.region(found["icb"]),
            lambda: self.region(found["commissioner"] | found["subIcb"]),
            lambda: self.region(me),
        )
        if body.record_class == "RC2":
            self.hand_down(found)
        return found, ended

    def hand_down(self, found: dict[str, dict[str, Any]]) -> None:
        operators = [
            code
            for code in sorted(found["operator"])
            if self.all[code].record_class == "RC1"
            if self.primary(self.all[code]).id in ("RO177", "RO197", "RO107", "RO98")
        ]
        for key in KEYS[1:]:
            if not found[key]:
                ways = sorted(
                    (successor_of is not None, operator, code, via, successor_of or "")
                    for operator in operators
                    for code, (via, successor_of) in self.walk(self.all[operator])[0][key].items()
                )
                for _, _, code, via, successor_of in ways:
                    found[key].setdefault(code, (("RE6", *via), successor_of or None))

    # 6. The answer

    def answer(self, code: str) -> dict[str, Any] | None:
        body = self.all.get(code)
        if body is None:
            return None
        found, ended = self.walk(body)
        own, last = self.own(body), self.last(body)
        levels: dict[str, Any] = {"date": self.day}
        if last != self.day:
            levels["linksOn"] = last
        for key in KEYS:
            if len(found[key]) == 1:
                ((only, way),) = found[key].items()
                levels[key] = self.entry(only, way, self.role(self.all[only], key))
        if body.address and body.address.country:
            levels["country"] = body.address.country
        several = {
            key: [
                self.entry(each, found[key][each], self.role(self.all[each], key))
                for each in sorted(found[key])
            ]
            for key in KEYS
            if len(found[key]) > 1
        }
        none = {
            key: [
                self.entry(each, ended[key][each], self.primary(self.all[each]).id)
                for each in sorted(ended[key])
            ]
            for key in KEYS
            if ended[key] and not found[key]
        }
        levels |= {name: value for name, value in (("ambiguous", several), ("ended", none)) if value}
        answer: dict[str, Any] = {"code": code, "name": body.name, "status": body.status.lower()}
        if own:
            answer["opened"] = own.start
        if own and own.end:
            answer["closed"] = own.end
        answer["levels"] = levels
        if self.gone(body):
            answer["heirs"] = [
                {
                    "code": heir,
                    "name": self.all[heir].name,
                    "role": self.primary(self.all[heir]).id,
                    "date": day,
                }
                for heir, day in self.heirs(code).items()
            ]
        return answer

    def entry(self, code: str, way: Any, role: str) -> dict[str, Any]:
        via, successor_of = way
        entry = {"code": code, "name": self.all[code].name, "role": role, "via": list(via)}
        return entry | ({"successorOf": successor_of} if successor_of else {})
