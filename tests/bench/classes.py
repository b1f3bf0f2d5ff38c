"""All classes of requests, the mixed load that is made of them, and all dear requests."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from tests.bench import dearest, dearest_r4, r4, terminology, traffic
from tests.bench.traffic import requests_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.client import Request
    from tests.bench.corpus import Corpus

CLASSES = (*traffic.CLASSES, *r4.CLASSES, *terminology.CLASSES)
STU3_AND_ORD = tuple(one for one in CLASSES if one.base in {traffic.BASE, traffic.ORD})
"""The share that the mixed load must reach was set when there were no others."""
DEAREST = (*dearest.DEAREST, *dearest_r4.DEAREST)


def mixed(
    corpus: Corpus, count: int, seed: int, chosen: Sequence[traffic.TrafficClass] = CLASSES
) -> list[Request]:
    """`count` requests of the chosen classes by their shares, in random order."""
    shared = [one for one in chosen if one.share]
    whole = sum(one.share for one in shared)
    found = [
        request
        for one in shared
        for request in requests_of(one, corpus, max(1, count * one.share // whole), seed)
    ]
    Random(seed).shuffle(found)
    return found
