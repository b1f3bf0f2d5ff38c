"""Refuses a release that lacks many organisations of the live one: it may be an incomplete file."""

import json
from collections.abc import Iterator, Sequence
from math import ceil

from app.engine.port import MAX_IDS, Register
from app.register.query import Query
from indexer.report import Refused


def check(live: Register, gone: Sequence[str], percent: float) -> None:
    """Raise Refused if `gone` are more than so many per cent of the live generation's organisations.

    Stubs are not counted. The sample and what this software made are not compared with.
    """
    report = live.generation.report
    if report.get("made_by"):
        return
    every = live.search(Query("organisation", size=0), None).total or 0
    whole = every - report.get("warnings", {}).get("stub_without_record", 0)
    if len(gone) * 100 <= percent * whole:
        return
    lacking = len(gone) - sum(_stubs(live, gone))
    if lacking * 100 > percent * whole:
        enough = min(100, ceil(lacking * 100 / whole))
        raise Refused(
            f"{lacking:,} of the {whole:,} organisations of the live release of {live.generation.release} "
            f"would be gone, more than {percent:g} %: if that is right, allow it with --max-change {enough}"
        )


def _stubs(live: Register, codes: Sequence[str]) -> Iterator[bool]:
    for at in range(0, len(codes), MAX_IDS):
        for document in live.documents("organisation", codes[at : at + MAX_IDS], "ord").values():
            yield "refOnly" in json.loads(document)["Organisation"]
