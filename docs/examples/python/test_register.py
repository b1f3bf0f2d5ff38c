"""The suite: the fixture `ods_server` of ods-testing starts a register, and lets it fail on demand."""

import asyncio

import pytest
from register import Register, Unavailable


@pytest.fixture
def register(ods_server):
    return Register(ods_server.url, pause=0.01)


def test_a_name_is_found_by_code(register):
    assert asyncio.run(register.name("RR8")) == "LEEDS TEACHING HOSPITALS NHS TRUST"
    assert asyncio.run(register.name("NONE1")) is None


def test_all_pages_are_read(register, ods_server):
    codes = asyncio.run(register.codes("leeds"))
    assert len(codes) == len(set(codes)) > 5
    assert len(ods_server.requests) == -(-len(codes) // 5)


def test_what_a_trust_operates_is_read_in_r4_with_the_names(register, ods_server):
    operated = asyncio.run(register.operated("RR8"))
    assert operated["RR813"] == "ST JAMES'S UNIVERSITY HOSPITAL"
    assert len(ods_server.requests) == 1


@pytest.mark.parametrize(
    "fault", [{"status": 429, "retry_after": 1}, {"status": 503}, {"close": True}, {"cut": 40}]
)
def test_a_fault_is_survived(register, ods_server, fault):
    with ods_server.fail(path="/STU3/*", times=2, **fault) as failing:
        assert asyncio.run(register.name("RR8"))
    assert failing.hits == 2


def test_three_faults_are_too_many(register, ods_server):
    ods_server.fail(status=503)
    with pytest.raises(Unavailable):
        asyncio.run(register.name("RR8"))
    assert [request.status for request in ods_server.requests] == [503] * 3


def test_what_was_typed_is_understood(register, ods_server):
    assert "RR8" in asyncio.run(register.suggestions("leeds teaching hosp"))
    ods_server.fail(path="/lookup", empty=True)
    assert asyncio.run(register.suggestions("leeds teaching hosp")) == []


def test_a_new_release_is_seen(register, ods_server):
    ods_server.load(organisations=[{"code": "RR8", "name": "LEEDS HOSPITALS"}])
    assert asyncio.run(register.name("RR8")) == "LEEDS HOSPITALS"
