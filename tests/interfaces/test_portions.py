"""Large pages of codes: each portion has the time-out of a request (fhir-r4 10.4)."""

from typing import Any

import pytest

from app.engine import open_index
from app.engine.port import asked_at
from app.r4.terminology import portions
from app.r4.terminology.instances import RoleInstances
from app.register.query import Query
from tests.interfaces.test_level_filters import Counting


def test_each_portion_of_a_page_has_the_time_out_of_a_request(
    terms_index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "_CODES", 6)
    monkeypatch.setattr(portions, "_CONCEPTS", 3)
    register: Any = Counting(open_index(terms_index).live())
    query = Query("instance", size=12)  # roles: their ids come first
    before = asked_at.set(1)
    try:
        found = portions.found(RoleInstances(register, {}), register, query, (), "role/")
        assert len(list(found.concepts)) == 12
    finally:
        asked_at.reset(before)
    assert len(register.counted_from) == 6  # two searches for codes, four for their concepts
    first, *others = register.counted_from
    assert first == others[0] == 1
    assert others == sorted(set(others))
