"""ValueSet/$validate-code (fhir-r4 10.5)."""

# ruff: noqa: E501 - tables

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from tests.interfaces.r4_expand_helpers import of, parameters, post
from tests.interfaces.r4_expand_oracle import ODS, ROLE, SYSTEMS
from tests.interfaces.r4_helpers import ask, check, issue, ok, same_in_xml

ROLES = f"{SYSTEMS}/ODSOrganisationRole"
ACTIVE = of(ODS, ("inactive", "=", "false"))
SEVERAL = {"include": [{"system": ODS}, {"system": ROLES}]}

Json = dict[str, Any]


def verdict(found: Json) -> tuple[Any, ...]:
    """Return result, message and display, as far as they are there and in this order."""
    names = [each["name"] for each in found["parameter"]]
    assert names == [name for name in ("result", "message", "display") if name in names]
    return tuple(each.get("valueBoolean", each.get("valueString")) for each in found["parameter"])


def validated(client: FlaskClient, **inputs: Any) -> tuple[Any, ...]:
    """Return the verdict of a request by GET."""
    sent = {name.replace("_", "-"): value for name, value in inputs.items()}
    return verdict(ok(client, f"ValueSet/$validate-code?{urlencode(sent)}"))


def validated_in(client: FlaskClient, compose: Json, **inputs: Any) -> tuple[Any, ...]:
    """Return the verdict of a request with a definition."""
    response = post(client, "$validate-code", parameters(compose, **inputs))
    assert response.status_code == 200, response.text
    found = json.loads(response.data)
    check(found)
    return verdict(found)


def validated_one_of(client: FlaskClient, compose: Json, *codings: Json) -> tuple[Any, ...]:
    """Return the verdict of a request with several codings."""
    body = parameters(compose)
    body["parameter"].append({"name": "codeableConcept", "valueCodeableConcept": {"coding": codings}})
    response = post(client, "$validate-code", body)
    assert response.status_code == 200, response.text
    return verdict(json.loads(response.data))


def test_a_code_of_a_value_set_is_valid_and_gets_its_display(terms: FlaskClient) -> None:
    assert validated(terms, url=f"{ODS}/vs", system=ODS, code="T01") == (True, "A TRUST")
    assert validated(terms, url=f"{ODS}/vs|2026-01-09", code="T01", display="a trust") == (True, "A TRUST")
    found = same_in_xml(terms, "ValueSet/England-PeriodType/$validate-code?code=Legal")
    assert verdict(found) == (True, "Legal")


def test_a_code_that_is_not_in_a_value_set_is_not_valid(terms: FlaskClient) -> None:
    said = f'The code "NONE" is not in the value set {ODS}/vs'
    assert validated(terms, url=f"{ODS}/vs", code="NONE") == (False, said)
    assert validated(terms, url=f"{ODS}/vs", code="RO76", system=ROLES) == (
        False,
        said.replace("NONE", "RO76"),
    )
    assert validated(terms, url=f"{ODS}/vs", code="1", system="urn:x") == (False, said.replace("NONE", "1"))
    said = 'The code "99K" is not in the value set null'
    assert validated_in(terms, ACTIVE, code="99K") == (False, said)
    assert validated_in(terms, ACTIVE, code="97R") == (True, "NHS SUSSEX ICB - 97R")


def test_a_wrong_display_is_told(terms: FlaskClient) -> None:
    said = 'Wrong display "B TRUST" for code "T01": expected "A TRUST"'
    assert validated(terms, url=f"{ODS}/vs", code="T01", display="B TRUST") == (False, said, "A TRUST")


def test_a_coding_or_one_of_several_is_validated(terms: FlaskClient) -> None:
    coding = {"system": ODS, "code": "T01"}
    assert validated_in(terms, SEVERAL, coding=coding) == (True, "A TRUST")
    first = {"system": "urn:x", "code": "1"}
    assert validated_one_of(terms, SEVERAL, first, {"system": ROLES, "code": "RO76"}) == (True, "GP PRACTICE")


def test_of_several_codes_of_one_code_system_one_has_to_be_valid(terms: FlaskClient) -> None:
    some = [{"system": ODS, "code": "NONE"}, {"code": "99K"}]
    said = 'The code "NONE" is not in the value set null'
    assert validated_one_of(terms, ACTIVE, *some) == (False, said)
    wrong = {"system": ODS, "code": "T01", "display": "B TRUST"}
    assert validated_one_of(terms, ACTIVE, *some, wrong) == (False, said)
    assert validated_one_of(terms, ACTIVE, *some, wrong, {"code": "97R"}) == (True, "NHS SUSSEX ICB - 97R")
    assert validated_one_of(terms, ACTIVE, *[{"code": "NONE"}] * 49, {"code": "T01"}) == (True, "A TRUST")


def test_a_code_needs_its_system_only_where_a_value_set_draws_on_several(terms: FlaskClient) -> None:
    found = issue(post(terms, "$validate-code", parameters(SEVERAL, code="T01")), 400)
    assert found == (
        "required",
        'The value set draws on several code systems: $validate-code needs the "system" of the code',
    )
    assert validated_in(terms, SEVERAL, code="T01", system=ODS) == (True, "A TRUST")
    assert validated_in(terms, of(ROLE, ("opEndDate", "=", "2010-01-01")), code="400") == (True, "NHS TRUST")
    assert validated_in(terms, of(ROLE, ("opEndDate", "=", "2010-01-01")), code="401")[0] is False


@pytest.mark.parametrize(
    ("query", "status", "code", "text"),
    [
        (f"url={ODS}/vs", 400, "required", '$validate-code needs "code" and "system", or "coding" or "codeableConcept"'),
        ("code=T01", 400, "required", '$validate-code needs "url", or a "valueSet", or the address of a value set: ValueSet/ID/$validate-code'),
        ("code=T01&url=urn:x", 404, "not-found", "Unknown value set urn:x"),
        (f"code=T01&url={ODS}/vs&systemVersion=1", 404, "not-found", f'Unknown version "1" of {ODS}: use 2026-01-09'),
        (f"code=T01&url={ODS}/vs&valueSetVersion=1", 404, "not-found", f'Unknown version "1" of {ODS}/vs: use 2026-01-09'),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused(
    terms: FlaskClient, query: str, status: int, code: str, text: str
) -> None:
    assert issue(ask(terms, f"ValueSet/$validate-code?{query}"), status) == (code, text)
