"""Searches whose matches are found and ordered by a text: `_text` and `_content` (fhir-r4 15.4).

This module does not know how entries are ranked: the version gives the function.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

from app.engine.port import Register
from app.fhir.readers import Sent
from app.fhir.rejected import Rejected, Unexpected
from app.fhir.values import unescape
from app.register.query import Clause, Operator, Page, Query, Test
from app.web.parameters import LONGEST_QUESTION

MOST = 1_000
"""Entries that are found, at most."""
_TEXTS = 3
"""Alternative texts of a search: each is looked for by itself, which may take 60 ms."""


class Best(NamedTuple):
    """What is found for a text: scores from 0 to 1 by id, the best first, and how many there are in all."""

    scores: Mapping[str, float]
    total: int


Rank = Callable[[Register, str, tuple[Clause, ...], int], Best]
"""Finds entries that match clauses by a text, MOST at most; `scores` has at least the first so many."""


@dataclass(frozen=True)
class Ranked:
    """Reads the texts of a parameter that orders what it finds."""

    rank: Rank
    once: ClassVar[bool] = False
    present: ClassVar[tuple[Test, ...]] = (Test("id", Operator.PRESENT),)

    def clauses(self, _sent: Sent) -> tuple[Clause, ...]:
        """Return no clause: what is found depends on the other parameters."""
        return ()

    def joined(self, asked: "Texts | None", sent: Sent) -> "Texts":
        """Return texts that also have the words of one of the alternatives; raises Rejected, BadValue."""
        before = asked.texts if asked else ("",)
        alternatives = list(filter(None, (unescape(part).strip() for part in sent.alternatives)))
        texts = tuple(f"{text} {part}".strip() for text in before for part in alternatives)
        if len(texts) > _TEXTS:
            raise Rejected(Unexpected(sent.name, sent.value, f"at most {_TEXTS} alternatives"))
        if max(map(len, texts)) > LONGEST_QUESTION:
            raise Rejected(Unexpected(sent.name, sent.value, f"at most {LONGEST_QUESTION} characters"))
        return Texts(texts, self.rank)


class Texts(NamedTuple):
    """The texts of a search, of which any may be found, and what ranks."""

    texts: tuple[str, ...]
    rank: Rank

    def search(self, register: Register, query: Query, document: str) -> "Found":
        """Return the page of a query among what is found: the best first, unless the query has an order."""
        end = query.offset + (query.size or 0)
        best = self._best(register, query.clauses, MOST if query.order else end)
        if query.order:
            page = register.search(replace(query, clauses=(_with(best.scores),)), document)
            return Found(page, best.scores)
        ids = list(best.scores)[query.offset : end]
        unordered = replace(query, clauses=(_with(ids),), size=len(ids), offset=0, total=False)
        matches = {match.id: match for match in register.search(unordered, document).matches}
        total = best.total if query.total else None
        return Found(Page([matches[each] for each in ids], total, end < best.total), best.scores)

    def _best(self, register: Register, clauses: tuple[Clause, ...], wanted: int) -> Best:
        if len(self.texts) == 1:
            return self.rank(register, self.texts[0], clauses, wanted)
        found = [self.rank(register, text, clauses, wanted) for text in self.texts]
        # Few of a text are scored at first, and MOST only where others of it may be among the wanted ones, or
        # where all are to be counted.
        reached = [score for _, score in _joined(found)[:wanted]]
        least = min(reached, default=1) if len(reached) == wanted else 0
        is_most = any(best.total == MOST for best in found)
        for at, (text, best) in enumerate(zip(self.texts, found, strict=True)):
            if best.total > len(best.scores) and (not is_most or min(best.scores.values()) >= least):
                found[at] = self.rank(register, text, clauses, MOST)
        ordered = _joined(found)[:MOST]
        return Best(dict(ordered), MOST if is_most else len(ordered))


def _joined(found: Iterable[Best]) -> list[tuple[str, float]]:
    """Return what is found for any of some texts with its best score, the best first."""
    scores: dict[str, float] = {}
    for best in found:
        for each, score in best.scores.items():
            scores[each] = max(score, scores.get(each, 0))
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


class Found(NamedTuple):
    """A page, and the scores of its matches by id."""

    page: Page
    scores: Mapping[str, float]


def _with(ids: Iterable[str]) -> Clause:
    return Clause(tuple(Test("id", Operator.EQ, each) for each in ids))
