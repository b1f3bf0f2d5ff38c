"""Large pages of codes: each portion has the time-out of a request (fhir-r4 10.4)."""

import time
from collections.abc import Collection
from typing import Any

import pytest

from app.engine import open_index
from app.engine.port import asked_at
from app.r4.terminology import portions
from app.r4.terminology.instances import RelationshipInstances
from app.register.query import Query
from tests.interfaces.test_level_filters import Counting


class Reading(Counting):
    """A register that keeps from when the time-outs of reads of documents count, too."""

    def documents(self, kind: str, ids: Collection[str], document: str) -> dict[str, bytes]:
        self.counted_from.append(asked_at.get(0))
        return self._register.documents(kind, ids, document)


def test_each_portion_of_a_page_has_the_time_out_of_a_request(
    terms_index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "_CODES", 3)
    monkeypatch.setattr(portions, "_CONCEPTS", 2)
    register: Any = Reading(open_index(terms_index).live())
    query = Query("affiliation", size=6)
    began = time.monotonic()
    before = asked_at.set(began)
    try:
        found = portions.found(RelationshipInstances(register, {}), register, query, ())
        assert len(list(found.concepts)) == 6
    finally:
        asked_at.reset(before)
    assert len(register.counted_from) == 5  # two searches for codes, three reads of their concepts
    first, *others = register.counted_from
    assert first == others[0] == began
    assert others == sorted(set(others))
