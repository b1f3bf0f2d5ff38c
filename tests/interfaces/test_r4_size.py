"""The limit of the size of R4's answers, and that no more is read than it allows (fhir-r4 7.6)."""

from contextlib import suppress
from dataclasses import replace

import orjson
import pytest
from lxml import etree

from app.clock import clock
from app.engine import open_index
from app.fhir.interface import Fhir
from app.fhir.rejected import Rejected, TooLarge
from app.r4.version import r4
from app.web.message import Request
from tests.conftest import NOW
from tests.contract.organisations import affiliation, fill, organisation
from tests.interfaces.helpers import ask
from tests.interfaces.r4_helpers import BASE
from tests.interfaces.r4_relations import PARTICIPATING, PRIMARY, R4

LIMIT = 10_485_760
MANY = 12_000
"""Relationships of one organisation: together they are larger than an answer may be."""
TEXT = "Response exceeds APIM size limit"
OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "too-costly", "details": {"text": TEXT}, "diagnostics": TEXT}],
}
XML_OUTCOME = (
    '<OperationOutcome xmlns="http://hl7.org/fhir"><issue><severity value="error"/>'
    f'<code value="too-costly"/><details><text value="{TEXT}"/></details><diagnostics value="{TEXT}"/>'
    "</issue></OperationOutcome>"
)


def contents(relationships):
    """Return an organisation that states so many relationships of 1,000 bytes to another one."""
    reference = {"organization": {"reference": "Organization/A"}}
    body = orjson.dumps({"extension": [{"url": "x" * 900}], "active": True, **reference})
    stated = (affiliation(str(100_000 + at), "A", "B") for at in range(relationships))
    return {
        "organisation": [
            organisation(code)._replace(documents={"r4": orjson.dumps({"name": code})}) for code in "AB"
        ],
        "affiliation": [each._replace(documents={"r4": body}) for each in stated],
    }


@pytest.fixture(scope="module")
def index(engine):
    """An index of an organisation with too many relationships."""
    made = open_index(engine.new_url())
    fill(made, contents(MANY))
    return made


@pytest.fixture(scope="module")
def large(index, engine, make_client):
    """A client of the application over that index."""
    return make_client(index=engine.made[-1])


def asked(target, **headers):
    name, _, value = target.partition("=")
    return Request("GET", f"{R4}Organization", BASE, ((name, value),), headers)


@pytest.mark.parametrize("how", ["", "&_pretty=true", "&_summary=data", "&_elements=name"])
def test_an_answer_with_too_many_included_resources_is_refused(large, how):
    response = ask(large, f"{R4}Organization?_id=A&_revinclude={PRIMARY}{how}")
    assert (response.status_code, response.json) == (422, OUTCOME)
    assert list(response.json["issue"][0]) == ["severity", "code", "details", "diagnostics"]


def test_it_is_refused_in_xml_too(large):
    response = ask(large, f"{R4}Organization?_id=A&_revinclude={PRIMARY}&_format=xml")
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/fhir+xml;charset=UTF-8"
    assert response.text.endswith(XML_OUTCOME)


def test_a_summary_of_as_many_is_small_enough(large):
    response = ask(large, f"{R4}Organization?_id=A&_revinclude={PRIMARY}&_summary=true")
    assert response.status_code == 200
    assert len(response.json["entry"]) == MANY + 1
    assert len(response.data) < LIMIT


def test_as_many_matches_are_paged_through(large):
    bundle = ask(large, f"{R4}OrganizationAffiliation?primary-organization=A&_count=1000").json
    assert (bundle["total"], len(bundle["entry"])) == (MANY, 1_000)


def test_a_page_of_the_sample_is_refused_only_in_the_format_in_which_it_is_too_large(client):
    page = f"{R4}Organization?_count=1000&_revinclude={PRIMARY}&_revinclude={PARTICIPATING}"
    sizes = {how: ask(client, page + how) for how in ("", "&_format=xml", "&_pretty=true")}
    assert [response.status_code for response in sizes.values()] == [200, 200, 422]
    assert all(len(response.data) <= LIMIT for response in sizes.values())
    assert len(sizes["&_format=xml"].data) > len(sizes[""].data)


# The limit to the byte, and how far is read


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """An index of an organisation with relationships for several portions."""
    made = open_index(f"sqlite:///{tmp_path_factory.mktemp('few')}/ods.db")
    fill(made, contents(2_500))
    return made


def interface(index, **changes):
    return Fhir(index, clock(NOW), "1.0", NOW, replace(r4(), **changes))


FORMATS = ["application/fhir+json", "application/fhir+xml", "text/html"]


@pytest.mark.parametrize("accept", FORMATS)
def test_an_answer_may_be_as_large_as_the_limit_but_no_byte_larger(few, accept):
    request = asked(f"_revinclude={PRIMARY}", accept=accept)
    body = interface(few, max_bytes=None).search(request, "Organization").body
    assert len(interface(few, max_bytes=len(body)).search(request, "Organization").body) == len(body)
    with pytest.raises(Rejected) as refused:
        interface(few, max_bytes=len(body) - 1).search(request, "Organization")
    assert refused.value.problems == (TooLarge(),)


@pytest.mark.parametrize("accept", FORMATS)
@pytest.mark.parametrize("elements", ["", "name"])
def test_a_limit_does_not_change_what_is_written(few, accept, elements):
    pairs = (("_revinclude", PRIMARY), ("_elements", elements), ("_id", "A,B"))
    request = replace(asked("", accept=accept), query=pairs)

    def written(limit):
        body = interface(few, max_bytes=limit).search(request, "Organization").body.decode()
        if accept == "application/fhir+xml":
            root = etree.fromstring(body.encode())
            root.remove(root.find("{*}id"))
            return etree.tostring(root)
        start, _, end = body.partition('"id"')
        return start, end.partition('"meta"')[2]

    assert written(None) == written(LIMIT)


class Counted:
    """An index whose searches are counted."""

    def __init__(self, index):
        self._index, self.searches = index, 0

    def live(self):
        return self

    def search(self, query, document):
        self.searches += 1
        return self._index.live().search(query, document)

    def __getattr__(self, name):
        return getattr(self._index.live(), name)


@pytest.mark.parametrize("accept", FORMATS)
def test_nothing_more_is_read_once_the_limit_is_passed(few, accept):
    counts = []
    for limit in (5_000, 2_200_000, LIMIT):
        index = Counted(few)
        request = asked(f"_revinclude={PRIMARY}", accept=accept)
        with suppress(Rejected):
            interface(index, max_bytes=limit).search(request, "Organization")
        counts.append(index.searches)
    assert counts == [2, 3, 4]


def test_a_read_and_metadata_are_limited_too(few):
    request = asked("")
    with pytest.raises(Rejected):
        interface(few, max_bytes=50).read(request, "Organization", "A")
    with pytest.raises(Rejected):
        interface(few, max_bytes=50).metadata(request)
