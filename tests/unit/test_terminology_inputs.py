"""Inputs of terminology operations: the same from an address, JSON and XML, and hostile ones."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.fhir.from_xml import DEEPEST, NotWellFormed, from_xml
from app.fhir.rejected import Rejected
from app.fhir.xml import to_xml
from app.r4.terminology import definitions
from app.r4.terminology.definitions import Definition, Input, Use
from app.r4.terminology.inputs import Coding, read
from app.web.message import Request

DEFINITIONS = (
    definitions.LOOKUP,
    definitions.VALIDATE_IN_SYSTEM,
    definitions.SUBSUMES,
    definitions.EXPAND,
    definitions.VALIDATE_IN_VALUE_SET,
)
JSON, XML = "application/fhir+json", "application/fhir+xml"
VALUES = {
    "boolean": "valueBoolean",
    "integer": "valueInteger",
    "uri": "valueUri",
    "canonical": "valueCanonical",
    "code": "valueCode",
    "string": "valueString",
    "Coding": "valueCoding",
    "CodeableConcept": "valueCodeableConcept",
}


def request(*pairs: tuple[str, str], body: bytes = b"", content_type: str = JSON, **headers: str) -> Request:
    method = "POST" if body else "GET"
    sent = {"content-type": content_type, **headers}
    return Request(method, "/R4", "http://x/R4", pairs, sent, body=body)


def parameters(sent: list[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "Parameters", **({"parameter": sent} if sent else {})}


# The same in every form

# XML has no other characters, and keeps no others in attributes.
text = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
coding = st.fixed_dictionaries({}, optional=dict.fromkeys(Coding._fields, text))
concept = st.lists(coding, min_size=1, max_size=3).map(lambda found: {"coding": found})
BY_TYPE = {
    "boolean": st.booleans(),
    "integer": st.integers(0, 100_000),
    "Coding": coding.filter(bool),
    "CodeableConcept": concept.filter(lambda each: all(each["coding"])),
}


@st.composite
def asked(draw: st.DrawFn, *, primitive: bool) -> tuple[Definition, list[tuple[Input, Any]]]:
    """Draw an operation and some of its inputs, with values."""
    definition = draw(st.sampled_from(DEFINITIONS))
    usable = [
        each
        for each in definition.inputs
        if each.use is Use.READ and each.type in VALUES and (each.is_primitive or not primitive)
    ]
    chosen = draw(st.lists(st.sampled_from(usable), unique=True))
    sent = []
    for each in chosen:
        value = BY_TYPE.get(each.type, text)
        values = draw(st.lists(value, min_size=1, max_size=3)) if each.repeats else [draw(value)]
        sent += [(each, value) for value in values]
    return definition, sent


def expected(definition: Definition, sent: list[tuple[Input, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {each.name: () for each in definition.inputs if each.repeats}
    for each, value in sent:
        if each.type == "Coding":
            value = Coding(**value)  # noqa: PLW2901
        elif each.type == "CodeableConcept":
            value = tuple(Coding(**coding) for coding in value["coding"])  # noqa: PLW2901
        found[each.name] = (*found[each.name], value) if each.repeats else value
    return found


@given(asked(primitive=True))
def test_inputs_in_an_address_are_read_by_their_types(drawn):
    definition, sent = drawn
    written = [
        (each.name, str(value).lower() if isinstance(value, bool) else str(value)) for each, value in sent
    ]
    assert read(request(*written), definition, "4.0") == expected(definition, sent)


@given(asked(primitive=False))
def test_inputs_in_json_and_xml_are_the_same(drawn):
    definition, sent = drawn
    body = parameters([{"name": each.name, VALUES[each.type]: value} for each, value in sent])
    for content_type, written in ((JSON, json.dumps(body).encode()), (XML, to_xml(body))):
        found = read(request(body=written, content_type=content_type), definition, "4.0")
        assert found == expected(definition, sent)


@given(asked(primitive=False))
def test_numbers_and_truths_may_be_texts(drawn):
    definition, sent = drawn
    as_text = [
        (each, str(value).lower() if isinstance(value, (bool, int)) else value) for each, value in sent
    ]
    body = parameters([{"name": each.name, VALUES[each.type]: value} for each, value in as_text])
    assert read(request(body=json.dumps(body).encode()), definition, "4.0") == expected(definition, sent)


def test_inputs_of_the_address_and_of_the_body_count_together():
    body = json.dumps(
        parameters([{"name": "property", "valueCode": "b"}, {"name": "code", "valueCode": "1"}])
    )
    found = read(
        request(("property", "a"), ("_format", "json"), body=body.encode()), definitions.LOOKUP, "4.0"
    )
    assert found == {"property": ("a", "b"), "code": "1"}


def test_a_value_set_in_xml_is_as_in_json():
    value_set = {
        "resourceType": "ValueSet",
        "compose": {
            "inactive": False,
            "include": [
                {
                    "system": "http://s",
                    "filter": [{"property": "town", "op": "=", "value": "LEEDS"}],
                    "valueSet": ["http://v"],
                },
                {"system": "http://s", "concept": [{"code": "A", "display": "a"}, {"code": "B"}]},
            ],
            "exclude": [{"valueSet": ["http://v", "http://w"]}],
        },
    }
    body = parameters([{"name": "valueSet", "resource": value_set}])
    for content_type, written in ((JSON, json.dumps(body).encode()), (XML, to_xml(body))):
        found = read(request(body=written, content_type=content_type), definitions.EXPAND, "4.0")
        assert found["valueSet"] == value_set


def test_the_first_value_of_an_address_without_a_value_is_no_input():
    assert read(request(("code", " "), ("property", "")), definitions.LOOKUP, "4.0") == {"property": ()}


# Whatever is sent

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["coding", "code", "system", "resourceType", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
names = st.sampled_from(sorted({each.name for found in DEFINITIONS for each in found.inputs})) | st.text(
    max_size=5
)
values = st.sampled_from([*VALUES.values(), "resource", "part", "valueDecimal", "value"])
parameter = st.fixed_dictionaries({"name": names}, optional={"valueString": anything}) | st.builds(
    lambda name, key, value: {"name": name, key: value}, names, values, anything
)


@given(st.sampled_from(DEFINITIONS), st.lists(parameter | anything, max_size=5) | anything)
@example(definitions.EXPAND, [{"name": "count", "valueInteger": True}])
@example(definitions.EXPAND, [{"name": "count", "valueInteger": 1e400}])
@example(definitions.EXPAND, [{"name": "activeOnly", "valueBoolean": 1}])
@example(definitions.EXPAND, [{"name": "valueSet", "resource": {"resourceType": ["ValueSet"]}}])
@example(definitions.LOOKUP, [{"name": "coding", "valueCoding": {"system": None}}])
def test_a_body_is_read_or_refused(definition, sent):
    body = json.dumps({"resourceType": "Parameters", "parameter": sent}).encode()
    with suppress(Rejected):
        assert isinstance(read(request(body=body), definition, "4.0"), dict)


@given(
    st.binary(max_size=60) | st.text(max_size=60).map(str.encode), st.sampled_from((JSON, XML, "text/plain"))
)
def test_bytes_are_read_or_refused(body, content_type):
    with suppress(Rejected):
        read(request(body=body, content_type=content_type), definitions.LOOKUP, "4.0")


# XML


def xml(inner: str) -> bytes:
    return f'<Parameters xmlns="http://hl7.org/fhir">{inner}</Parameters>'.encode()


def test_elements_of_other_namespaces_are_passed_over():
    body = xml('<a xmlns="http://other"><parameter value="1"/></a><parameter><name value="n"/></parameter>')
    assert from_xml(body) == {"resourceType": "Parameters", "parameter": [{"name": "n"}]}
    assert from_xml(b"<Parameters/>") == {}


def test_an_id_or_an_extension_of_a_value_does_not_hide_it():
    body = xml('<parameter><name id="1" value="n"><extension url="u"/></name></parameter>')
    assert from_xml(body) == {"resourceType": "Parameters", "parameter": [{"name": "n"}]}


def test_attributes_that_fhir_lacks_are_passed_over():
    body = xml('<parameter part="x" resourceType="Y"><part><name value="n"/></part></parameter>')
    assert from_xml(body) == {"resourceType": "Parameters", "parameter": [{"part": [{"name": "n"}]}]}
    extension = xml('<extension id="1" url="u"/>')
    assert from_xml(extension)["extension"] == [{"id": "1", "url": "u"}]


def test_of_several_resources_in_one_element_the_first_counts():
    many = "".join(f"<A><b{n}/></A>" for n in range(50_000))
    body = xml(f"<parameter><resource>{many}</resource></parameter>")
    assert from_xml(body)["parameter"] == [{"resource": {"resourceType": "A", "b0": {}}}]


def test_xml_may_be_as_deep_as_the_limit():
    inner = DEEPEST - 1
    assert from_xml(xml("<part>" * inner + "</part>" * inner))
    with pytest.raises(NotWellFormed, match=f"more than {DEEPEST} elements in each other"):
        from_xml(xml("<part>" * (inner + 1) + "</part>" * (inner + 1)))


def test_xml_with_a_document_type_is_refused():
    with pytest.raises(NotWellFormed, match="document type declaration"):
        from_xml(b'<!DOCTYPE x [<!ENTITY a "b">]>' + xml("&a;"))
