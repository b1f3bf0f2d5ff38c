"""Where bodies come from: a register, read in batches, each body once in a request."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from app.directory.body import Body, body
from app.directory.met import Met
from app.engine.port import Register
from app.register.query import Clause, Operator, Query, Test

SUCCESSOR, PREDECESSOR = "Successor", "Predecessor"
_OTHER_SIDE = {SUCCESSOR: PREDECESSOR, PREDECESSOR: SUCCESSOR}
_met = Met[Body](4_096)
"""The bodies that walks come to: some 15 MB of a full register."""
_succeeded = {kind: Met[Mapping[str, str]](4_096) for kind in _OTHER_SIDE}
"""Their successions by kind, as `successions` returns them: some 2 MB."""


class Known(Protocol):
    """What a walk knows of organisations: those of a register, or of a release that is being loaded."""

    @property
    def published(self) -> str:
        """The release's PublicationDate."""
        ...

    def read(self, codes: Iterable[str]) -> None:
        """Read organisations that are asked for next, where that saves time."""
        ...

    def get(self, code: str) -> Body | None:
        """Return an organisation, or None if there is none."""
        ...

    def read_successions(self, codes: Iterable[str], *kinds: str) -> None:
        """Read successions that are asked for next, where that saves time."""
        ...

    def successions(self, code: str, kind: str = SUCCESSOR) -> Mapping[str, str]:
        """Return who succeeds an organisation (or whom it succeeds): the earliest date by code."""
        ...


class Bodies:
    """The organisations of a register, for the time of one request."""

    def __init__(self, register: Register) -> None:
        self.register, self.published = register, register.generation.release
        self._bodies: dict[str, Body | None] = {}
        self._successions: dict[str, dict[str, Mapping[str, str]]] = {SUCCESSOR: {}, PREDECESSOR: {}}

    def add(self, code: str, document: bytes | None) -> None:
        """Take an organisation whose ORD document was read elsewhere; None: the register lacks it."""
        if code not in self._bodies:
            self._bodies[code] = body(document, self.published) if document else None

    def read(self, codes: Iterable[str], *, to_answer: bool = False) -> None:
        """Read those of the organisations that were not read yet.

        `to_answer`: they are asked about themselves, and hardly again by the next request.
        """
        if unread := [code for code in dict.fromkeys(codes) if code not in self._bodies]:
            found = {} if to_answer else _met.known(self.register, unread)
            if missing := [code for code in unread if code not in found]:
                documents = self.register.documents("organisation", missing, "ord")
                read = {code: body(document, self.published) for code, document in documents.items()}
                found |= read
                if not to_answer:
                    _met.keep(self.register, read)
            self._bodies.update((code, found.get(code)) for code in unread)

    def get(self, code: str) -> Body | None:
        """Return an organisation, or None if the register lacks it."""
        if code not in self._bodies:
            self.read([code])
        return self._bodies[code]

    def name(self, code: str) -> str | None:
        """Return the name of an organisation if it was read."""
        body = self._bodies.get(code)
        return body.name if body else None

    def read_successions(self, codes: Iterable[str], *kinds: str) -> None:
        """Read who succeeds each organisation (or, as `kinds` say, whom it succeeds), from both parties."""
        unread = {
            kind: [code for code in dict.fromkeys(codes) if code not in self._successions[kind]]
            for kind in kinds or (SUCCESSOR,)
        }
        stated: dict[str, dict[str, dict[str, str]]] = {}
        tests: list[Test] = []
        for kind, asked in unread.items():
            kept = _succeeded[kind].known(self.register, asked)
            self._successions[kind].update(kept)
            some = [code for code in asked if code not in kept]
            self.read(some)
            stated[kind] = {code: _by_date(self._bodies[code], kind) for code in some}
            tests += (Test("succession", Operator.EQ, f"{_OTHER_SIDE[kind]}/{code}") for code in some)
        if not tests:
            return
        query = Query("organisation", (Clause(tuple(tests)),), size=None, total=False)
        for match in self.register.search(query, "ord").matches:
            self.add(match.id, match.document)
            for kind, known in stated.items():
                for code, date in _by_date(self._bodies[match.id], _OTHER_SIDE[kind]).items():
                    if code in known:
                        known[code][match.id] = min(date, known[code].get(match.id, date))
        for kind, known in stated.items():
            self._successions[kind].update(known)
            _succeeded[kind].keep(self.register, known)

    def successions(self, code: str, kind: str = SUCCESSOR) -> Mapping[str, str]:
        """Return who succeeds an organisation (or whom it succeeds): the earliest date by code."""
        if code not in self._successions[kind]:
            self.read_successions([code], kind)
        return self._successions[kind][code]

    def forget(self, code: str) -> None:
        """Drop an organisation that is not needed any more: a long list of them would fill the memory."""
        self._bodies.pop(code, None)
        for known in self._successions.values():
            known.pop(code, None)


def _by_date(stating: Body | None, kind: str) -> dict[str, str]:
    """Return the earliest date of the successions of a kind that a body states, by the other party's code."""
    dates: dict[str, str] = {}
    for each in stating.successions if stating else ():
        if each.type == kind:
            dates[each.target] = min(each.date, dates.get(each.target, each.date))
    return dates
