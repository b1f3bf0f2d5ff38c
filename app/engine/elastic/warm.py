"""Asks a new generation what requests will ask, before it becomes live.

Right after a load a node has compiled little of the code that answers searches, and read little of the new
files: the first hundreds of requests would take several times as long as later ones. Entries of the
generation, evenly spread, say what to ask for.
"""

import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from app.engine.elastic.register import ElasticRegister
from app.engine.elastic.schema import folded
from app.engine.port import EngineError
from app.register.fields import KINDS, Field, Kind, Type
from app.register.query import Clause, Operator, Query, Referring, Test, Weight

log = logging.getLogger(__name__)

SPREAD = 1_000
"""Of so many entries of a kind one is asked about: what is small needs none of this."""
_MOST = 200
"""Entries of a kind that are asked about."""
_SETS = 10
"""Those of them of which references are followed: that takes longer than the rest."""
_THREADS = 2
_SECONDS = 15
"""After which no more is asked."""
_CANDIDATES = 60
"""Matches that a search with a score returns."""
_BEGINNING = 6
"""Characters of the beginning of a text."""

Source = Mapping[str, Any]


def warm(register: ElasticRegister) -> None:
    """Ask about some entries of each kind; what fails is left to the first requests."""
    until = time.monotonic() + _SECONDS
    with ThreadPoolExecutor(_THREADS) as threads:
        for kind in KINDS.values():
            count = min(register.ranks[kind.name]["id"] // SPREAD, _MOST)
            try:
                found = register.spread(kind.name, count)
                deque(threads.map(partial(_ask, register, kind, until), range(count), found), 0)
                for entry in found[:_SETS] if time.monotonic() < until else ():
                    _follow(register, kind, entry)
            except EngineError as error:
                log.warning("The new generation could not be asked before it became live: %s", error)
                return


def _ask(register: ElasticRegister, kind: Kind, until: float, place: int, entry: Source) -> None:
    """Ask for an entry in the ways of requests; its place decides which of its values is asked for alone."""
    if time.monotonic() > until:
        return
    whole, brief = kind.documents[0].name, kind.documents[-1].name
    register.get(kind.name, entry["id"], whole)
    tests = [*_of_terms(kind.of(Type.TOKEN), entry), *_of_texts(kind, entry)]
    if tests:
        register.search(Query(kind.name, (Clause((tests[place % len(tests)],)),)), whole)
    names = {name for summary in kind.summaries for name in summary.of}
    if words := list(_of_terms(map(kind.field, sorted(names)), entry)):
        score = tuple(
            Weight((test,), points) for points, test in enumerate([*words, *_of_texts(kind, entry)], 1)
        )
        every = tuple(Clause((test,)) for test in words[:2])
        asked = Query(kind.name, every, size=_CANDIDATES, score=score)
        register.searches([replace(asked, size=1, total=False, score=()), asked], brief)
        register.search(replace(asked, clauses=(Clause(tuple(words)),), total=False), brief)


def _follow(register: ElasticRegister, kind: Kind, entry: Source) -> None:
    """Follow references of entries like one, both ways."""
    alike = tuple(Clause((test,)) for test in _of_terms(kind.of(Type.TOKEN), entry))
    for field in kind.of(Type.REFERENCE):
        there = Test("id", Operator.REFERRED, Referring(kind.name, field.name, alike))
        register.search(Query(field.of, (Clause((there,)),)), KINDS[field.of].documents[0].name)
        back = Test(field.name, Operator.REFERS, (Clause((there,)),))
        register.search(Query(kind.name, (Clause((back,)),)), kind.documents[0].name)


def _of_texts(kind: Kind, entry: Source) -> Iterator[Test]:
    """Yield tests of the texts of an entry: how they begin, and what they contain."""
    for field in kind.of(Type.TEXT):
        text = entry.get(folded(field.name), "")
        if isinstance(text, str) and text:
            yield Test(field.name, Operator.PREFIX, text[:_BEGINNING])
            yield Test(field.name, Operator.CONTAINS, text[-_BEGINNING:])


def _of_terms(fields: Iterable[Field], entry: Source) -> Iterator[Test]:
    """Yield tests of the first terms that an entry has in some fields."""
    for field in fields:
        for term in entry.get(field.name, ())[:2]:
            yield Test(field.name, Operator.EQ, term)
