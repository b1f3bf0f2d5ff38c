"""Postings of token fields: the same whether they are made in this process or in one of their own."""

import marshal
import multiprocessing
import os
import signal

import pytest
from pyroaring import BitMap

from app.engine.sqlite.handed import Posting
from app.engine.sqlite.tokens import Tokens
from app.engine.workers import NoWorkers
from app.register.fields import KINDS

KIND = KINDS["organisation"]
MANY = 3_000


def filled(few: int | None) -> Tokens:
    """Return tokens that have taken many entries."""
    tokens = Tokens(KIND, few)
    for number in range(1, MANY + 1):
        values = {"name_word": ("RD",) * (number % 3), "role": (f"RO{number % 7}", "RO9", "RO9")}
        packed = marshal.dumps([values.get(name, ()) for name in KIND.values])
        tokens.add(packed, {"within": [f"W{number % 2}"] if number > 10 else []})
    return tokens


def postings(few: int | None) -> list[Posting]:
    """Return the postings of many entries."""
    return [Posting(*each) for each in filled(few).postings()]


def test_another_process_gives_the_postings_that_this_one_does() -> None:
    made = postings(None)
    assert postings(few=500) == made
    found = {(each.list, each.term): BitMap.deserialize(each.rids) for each in made}
    with_words = BitMap(number for number in range(1, MANY + 1) if number % 3)
    assert found["organisation.name_word", "ROAD"] == found["organisation.beginning", "RD"] == with_words
    assert found["organisation.beginning.missing", ""] == BitMap(range(1, MANY + 1)) - with_words
    assert found["organisation.role", "RO9"] == BitMap(range(1, MANY + 1))
    assert found["organisation.within", "W1"] == BitMap(range(11, MANY + 1, 2))
    assert found["organisation.within.missing", ""] == BitMap(range(1, 11))
    assert all(each.holders == len(BitMap.deserialize(each.rids)) for each in made)


def test_entries_that_hold_the_same_few_values_are_all_found() -> None:
    kind = KINDS["affiliation"]
    tokens = Tokens(kind, None)
    for number in range(1, MANY + 1):
        values = {"status": ("Active",), "odd": ("last",) if number % 3 else ()}
        further = {"unnumbered": ("true",)} if number % 2 else {}
        tokens.add(marshal.dumps([values.get(name, ()) for name in kind.values]), further)
    found = {(each.list, each.term): BitMap.deserialize(each.rids) for each in tokens.postings()}
    everything = BitMap(range(1, MANY + 1))
    assert found["affiliation.status", "Active"] == everything == found["affiliation.type.missing", ""]
    assert found["affiliation.odd.missing", ""] == BitMap(range(3, MANY + 1, 3))
    assert found["affiliation.odd", "last"] == everything - found["affiliation.odd.missing", ""]
    assert found["affiliation.unnumbered", "true"] == BitMap(range(1, MANY + 1, 2))
    assert found["affiliation.unnumbered.missing", ""] == BitMap(range(2, MANY + 1, 2))


def test_a_process_that_is_killed_is_told_in_a_sentence() -> None:
    tokens = filled(few=500)
    (process,) = multiprocessing.active_children()
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(NoWorkers, match="A worker process was killed"):
        list(tokens.postings())
    tokens.close()
