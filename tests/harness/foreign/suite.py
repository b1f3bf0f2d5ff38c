"""The suite of a project that uses the plugin."""

import sys
from urllib.error import HTTPError

import pytest

import app

ONE = [{"code": "A1", "name": "ONE SURGERY"}]


def test_the_sample_is_served_and_the_project_keeps_its_own_package(ods_server):
    assert app.organisation(ods_server.stu3, "RR8")["name"] == "LEEDS TEACHING HOSPITALS NHS TRUST"
    assert "foreign" in app.__file__
    assert "indexer" not in sys.modules
    (request,) = ods_server.requests
    assert (request.method, request.path, request.status) == ("GET", "/STU3/Organization/RR8", 200)
    assert request.headers["APIKEY"] == "***"
    assert request.time.tzinfo


def test_a_fault_counts_its_hits_and_ends_with_its_block(ods_server):
    assert ods_server.requests == []
    with ods_server.fail(path="/STU3/*", method="GET", status=429, retry_after=2) as fault:
        assert fault.hits == 0
        with pytest.raises(HTTPError) as error:
            app.organisation(ods_server.stu3, "RR8")
        assert (error.value.code, error.value.headers["Retry-After"]) == (429, "2")
        error.value.close()
    assert fault.hits == 1
    app.organisation(ods_server.stu3, "RR8")
    fault.remove()
    assert [request.status for request in ods_server.requests] == [429, 200]
    ods_server.fail(path="*", status=500)


def test_each_test_begins_without_faults(ods_server):
    assert app.organisation(ods_server.stu3, "RR8")["active"]


@pytest.mark.parametrize(
    "fault", [{}, {"status": 200}, {"colour": "red"}, {"status": object()}, {"delay": float("nan")}]
)
def test_a_wrong_fault_is_a_value_error(ods_server, fault):
    with pytest.raises(ValueError, match=r".+"):
        ods_server.fail(**fault)


def test_the_next_release_is_swapped_in(ods_server):
    ods_server.load(organisations=ONE)
    assert app.found(ods_server.stu3, "one%20surgery") == 1
    with pytest.raises(ValueError, match="code"):
        ods_server.load(organisations=[{"name": "NAMELESS"}])
    with pytest.raises(ValueError, match="organisations or a release"):
        ods_server.load()
    ods_server.reset()
    assert app.found(ods_server.stu3, "one%20surgery") == 0
    ods_server.load(organisations=ONE)


def test_each_test_begins_with_the_first_release(ods_server):
    assert app.found(ods_server.stu3, "one%20surgery") == 0


def test_the_same_arguments_give_the_same_server(ods_server, ods_server_of):
    assert ods_server_of() is ods_server
    one = ods_server_of(organisations=ONE, now="2026-02-03T04:05Z", stu3_shape="legacy")
    assert ods_server_of(organisations=list(ONE), now="2026-02-03T04:05Z", stu3_shape="legacy") is one
    assert one is not ods_server
    assert app.found(one.stu3, "one%20surgery") == 1
    assert one.url != ods_server.url


def test_a_list_that_cannot_be_loaded_ends_the_test(ods_server_of):
    with pytest.raises(pytest.fail.Exception, match="code"):
        ods_server_of(organisations=[{"name": "NAMELESS"}])
