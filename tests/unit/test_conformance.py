"""The conformance resources of a register: what a release decides, and when their versions change."""

from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from app.clock import clock
from app.engine import open_index
from app.engine.port import Index
from app.register.query import Clause, Operator, Query
from app.register.query import Test as Comparison
from app.register.resources import elements, of_type
from indexer.load import LoadOptions, load
from tests.conftest import NOW
from tests.releases import tiny

Json = dict[str, Any]
RELATED = (
    '<Rels><Rel id="RE99" uniqueRelId="5"><Date><Type value="Operational" /><Start value="2001-02-03" />'
    '</Date><Status value="Active" /><Target><OrgId extension="A1" /></Target></Rel></Rels></Organisation>'
)


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """An index into which nothing was loaded yet."""
    return open_index(f"sqlite:///{tmp_path}/ods.db")


def loaded(index: Index, folder: Path, published: date, *replaced: tuple[str, str]) -> None:
    """Load a release of one organisation with other texts in some places."""
    path = tiny(folder / "full.xml", published, {"A1": "ONE"})
    text = path.read_text()
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    load([path], index, clock(NOW), LoadOptions(validate="all"))


def resource(index: Index, name: str) -> Json:
    """Return the document of a resource."""
    found: Json = orjson.loads(index.live().get("resource", name, "r4") or b"{}")
    return found


def codes(index: Index, name: str) -> list[tuple[str, str | None]]:
    """Return codes and displays of a code system."""
    concepts = resource(index, f"CodeSystem/{name}").get("concept", ())
    return [(each["code"], each.get("display")) for each in concepts]


def test_codes_that_only_records_have_are_added_without_a_display(index: Index, tmp_path: Path) -> None:
    loaded(
        index,
        tmp_path,
        date(2026, 1, 29),
        ('orgRecordClass="RC1"', 'orgRecordClass="RC2"'),
        ('<Role id="RO177"', '<Role id="RO5"'),
        ("</Organisation>", RELATED),
    )
    assert codes(index, "ODSOrganisationRole") == [("RO5", None), ("RO177", "PRESCRIBING COST CENTRE")]
    assert codes(index, "ODSRecordClass") == [("RC1", "HSCOrg"), ("RC2", None)]
    assert codes(index, "ODSRelationship") == [("RE99", None)]
    assert index.live().generation.report["warnings"]["unknown_code"] == 3
    properties = resource(index, "CodeSystem/ods-organization-code")["property"]
    (added,) = (each for each in properties if each["code"].startswith("RE9"))
    assert added["description"] == "Target of an active relationship: RE99"


def test_a_role_of_the_scope_is_primary_though_no_record_holds_it(index: Index, tmp_path: Path) -> None:
    loaded(index, tmp_path, date(2026, 1, 29), ('<Role id="RO177"', '<Role id="RO5"'))
    concepts = resource(index, "CodeSystem/ODSOrganisationRole")["concept"]
    assert [each["property"] for each in concepts] == [[{"code": "primaryRole", "valueBoolean": True}]] * 2


def test_codes_stand_in_order_of_their_numbers(index: Index, tmp_path: Path) -> None:
    more = "".join(f'<concept id="{code}" displayName="{code}" />' for code in ("RE10", "RE9", "RE100"))
    system = f'<CodeSystem name="OrganisationRelationship" oid="3">{more}</CodeSystem></CodeSystems>'
    loaded(index, tmp_path, date(2026, 1, 29), ("</CodeSystems>", system))
    assert codes(index, "ODSRelationship") == [(code, code) for code in ("RE9", "RE10", "RE100")]


def test_a_code_system_that_is_new_in_a_release_is_served_under_its_name(
    index: Index, tmp_path: Path
) -> None:
    system = '<CodeSystem name="{}" oid="9"><concept id="X1" displayName="ONE" /></CodeSystem>'
    both = system.format("OrganisationColour") + system.format("No id")
    loaded(index, tmp_path, date(2026, 1, 29), ("</CodeSystems>", f"{both}</CodeSystems>"))
    body = resource(index, "CodeSystem/OrganisationColour")
    url = "https://digital.nhs.uk/services/organisation-data-service/CodeSystem/OrganisationColour"
    assert (body["url"], body["name"], body["title"]) == (url, "OrganisationColour", "OrganisationColour")
    assert codes(index, "OrganisationColour") == [("X1", "ONE")]
    assert resource(index, "ValueSet/OrganisationColour-vs")["url"] == f"{url}/vs"
    assert resource(index, "NamingSystem/OrganisationColour")["kind"] == "codesystem"
    asked = Query("resource", (Clause((Comparison("type", Operator.EQ, of_type("r4", "NamingSystem")),)),))
    assert [match.id for match in index.live().search(asked, None).matches] == [
        "NamingSystem/ODSOrganisationRole",
        "NamingSystem/ODSRecordClass",
        "NamingSystem/ODSRelationship",
        "NamingSystem/OrganisationColour",
        "NamingSystem/ods-organization-code",
    ]


def test_a_new_release_is_a_new_version_of_what_it_decides_alone(index: Index, tmp_path: Path) -> None:
    def versions() -> dict[str, int]:
        found = {}
        for name in (
            "CodeSystem/ODSRecordClass",
            "CodeSystem/England-PeriodType",
            "ValueSet/England-PeriodType",
            "ValueSet/England-PeriodType-vs",
            "SearchParameter/Organization-name",
            "OperationDefinition/CodeSystem-lookup",
        ):
            match = index.read("resource", name, "r4")[1]
            assert match
            assert match.stamp
            found[name] = match.stamp.version
        return found

    loaded(index, tmp_path, date(2026, 1, 29))
    assert set(versions().values()) == {1}
    loaded(index, tmp_path, date(2026, 1, 29))
    assert set(versions().values()) == {1}
    loaded(index, tmp_path, date(2026, 2, 26))
    assert versions() == {
        "CodeSystem/ODSRecordClass": 2,
        "CodeSystem/England-PeriodType": 1,
        "ValueSet/England-PeriodType": 1,
        "ValueSet/England-PeriodType-vs": 2,
        "SearchParameter/Organization-name": 1,
        "OperationDefinition/CodeSystem-lookup": 1,
    }


def test_a_code_system_that_a_release_lacks_is_gone(index: Index, tmp_path: Path) -> None:
    system = '<CodeSystem name="Colour" oid="9"><concept id="X1" /></CodeSystem></CodeSystems>'
    loaded(index, tmp_path, date(2026, 1, 29), ("</CodeSystems>", system))
    loaded(index, tmp_path, date(2026, 2, 26))
    row = index.live().remembered("resource", "CodeSystem/Colour")
    assert row
    assert row.gone == "2026-02-26"


def test_elements_are_terms_with_and_without_their_values() -> None:
    body = {
        "version": "1",
        "abstract": False,
        "base": ["List", "Organization"],
        "concept": [{"code": "A", "display": "x"}, {"code": "B"}, {"code": "A"}],
        "identifier": [{"system": "s", "value": "v"}],
        "description": "no term",
    }
    assert list(elements(body)) == [
        *("version", "version=1"),
        *("identifier.value", "identifier.value=v"),
        *("concept.code", "concept.code=A", "concept.code=B"),
        *("base", "base=List", "base=Organization"),
        *("abstract", "abstract=false"),
    ]
    assert list(elements({"compose": {"include": [{"valueSet": ["x"]}]}})) == []
