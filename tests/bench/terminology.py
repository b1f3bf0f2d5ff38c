"""Classes of requests of R4's terminology. Their limits are multiples of the empty route."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.bench.r4 import R4, SYSTEM
from tests.bench.report import Times
from tests.bench.traffic import Target, TrafficClass, records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tests.bench.corpus import Corpus

EXPAND = f"{R4}/ValueSet/$expand"
VALUE_SET = f"{SYSTEM}/vs"
PAGE = 20

LOOKED_UP = Target(Times(4), Times(20))
VALIDATED = Target(Times(3))
EXPANDED = Target(Times(15), Times(60))
THOUSAND = Target(Times(40))


def _lookup(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    """All that is known of an organisation's code."""
    for record in records(corpus, rng):
        yield {"system": SYSTEM, "code": record.code}


def _validated(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    """A code with its display, or with that of another."""
    for record in records(corpus, rng):
        display = rng.choice((record, rng.choice(corpus.records))).name
        yield {"url": SYSTEM, "code": record.code, "display": display}


def _typed(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    """What a type-ahead asks: a name, and often the beginning of its next word."""
    for record in records(corpus, rng):
        text = record.name[: rng.randint(4, 20)].strip().lower()
        if len(text) >= 3:
            yield {"url": VALUE_SET, "filter": text, "count": str(PAGE)}


def _filtered(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    """Two properties, of which each alone may have very many codes."""
    for record in records(corpus, rng):
        state = ("status", "active" if record.active else "inactive")
        role = ("primaryRole", f"RO{record.primary}")
        changed = ("lastChangeDate", f"ge{record.changed}")
        town = ("town", record.town)
        pairs = ((role, town), (state, town), (role, changed), (state, role))
        filters = [
            {"property": name, "op": "=", "value": value} for name, value in rng.choice(pairs) if value
        ]
        compose = {"include": [{"system": SYSTEM, "filter": filters}]}
        value_set = {"resourceType": "ValueSet", "status": "active", "compose": compose}
        yield {"valueSet": json.dumps(value_set), "count": str(PAGE), "offset": str(rng.randrange(3))}


def _thousand(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    while True:
        offset = str(rng.randrange(corpus.count * 9 // 10))
        yield {"url": VALUE_SET, "count": "1000", "offset": offset}


CLASSES = (
    TrafficClass("R4: $lookup", LOOKED_UP, 2, _lookup, f"{R4}/CodeSystem/$lookup"),
    TrafficClass("R4: $validate-code", VALIDATED, 2, _validated, f"{R4}/CodeSystem/$validate-code"),
    TrafficClass("R4: $expand, a text", EXPANDED, 2, _typed, EXPAND),
    TrafficClass("R4: $expand, two properties", EXPANDED, 1, _filtered, EXPAND, as_inputs=True),
    TrafficClass("R4: $expand, 1,000 codes", THOUSAND, 0, _thousand, EXPAND),
)
