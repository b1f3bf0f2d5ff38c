"""What the OpenAPI document says of STU3: its addresses, made from the registry of parameters."""

from collections.abc import Iterator

from app.engine.port import GENERATION_NAME
from app.stu3.checks import TEXTS
from app.stu3.interface import INTERACTIONS
from app.stu3.parameters import ON_READ, PRIMARY_ROLE, RESULT, SEARCH, result_parameters
from app.stu3.results import MAX_COUNT, MAX_PAGE, SUMMARIES, TOTALS
from app.stu3.routes import PREFIX
from app.web.negotiation import JSON_TYPES, NAMES, XML_TYPES
from app.web.openapi import (
    TEXT,
    TRUE_OR_FALSE,
    Content,
    Described,
    Json,
    Operation,
    answer,
    kept,
    needed,
    one_of,
    parameter,
    record,
    whole,
)

_MODIFIERS = {
    "contains": "The value contains this text",
    "exact": "The value is this text, letter for letter",
    "missing": "true: only what has no value; false: only what has one",
    "not": "Not this one",
}
_VALUES: dict[str, Json] = {
    "_count": whole(0, MAX_COUNT),
    "_page": whole(1, MAX_PAGE),
    "_summary": one_of(SUMMARIES),
    "_total": one_of(TOTALS),
    "_format": one_of(NAMES),
    "_generation": {"type": "string", "pattern": f"^{GENERATION_NAME.pattern}$"},
    "_pretty": TRUE_OR_FALSE,
    "active": TRUE_OR_FALSE,
    PRIMARY_ROLE: TRUE_OR_FALSE,
    **{name: {"type": "string", "minLength": each.least} for name, each in TEXTS.items()},
}
"""The schemas of parameters; of all others it is a text."""
_PREFER = parameter("Prefer", "handling=lenient: unknown parameters are ignored", where="header")
_EXAMPLES = {
    "Organization": "RR8",
    "CodeSystem": "ODSAPI-OrganizationRole-1",
    "ValueSet": "ODSAPI-OrganizationRole-1",
}


def _resource(name: str) -> Content:
    schema = record({"resourceType": {"const": name}}) | {
        "externalDocs": {"url": f"https://hl7.org/fhir/STU3/{name.lower()}.html"}
    }
    return {**dict.fromkeys(JSON_TYPES, schema), **{each: {} for each in XML_TYPES}}


def _result(name: str) -> Json:
    return parameter(name, RESULT[name][1], _VALUES.get(name, TEXT))


def _on_read() -> Iterator[Json]:
    """Yield the parameters of a read, which has nothing to count."""
    for name in ON_READ:
        said = _result(name)
        is_summary = name == "_summary"
        yield said | {"schema": one_of(each for each in SUMMARIES if each != "count")} if is_summary else said


def _search(resource_type: str) -> Iterator[Json]:
    """Yield the parameters of a search, each also with its modifiers."""
    for each in SEARCH[resource_type].values():
        values = _VALUES.get(each.name, TEXT)
        yield parameter(each.name, each.description, values)
        for modifier in each.modifiers:
            schema = TRUE_OR_FALSE if modifier == "missing" else values
            yield parameter(f"{each.name}:{modifier}", _MODIFIERS[modifier], schema)
    yield from map(_result, result_parameters(resource_type))


def _operations() -> Iterator[tuple[tuple[str, str], Operation]]:
    on_read = (*_on_read(), _PREFER)
    yield ("get", PREFIX), Operation("Nothing: a search names a type", {}, faults=(404,))
    yield (
        ("get", f"{PREFIX}/metadata"),
        Operation(
            "What this interface can do",
            kept(answer("A CapabilityStatement", _resource("CapabilityStatement"))),
            on_read,
            faults=(406,),
        ),
    )
    bundle = answer("A Bundle, with a link to the next page", _resource("Bundle"))
    for name in INTERACTIONS:
        code = needed("id", "The id; of an Organization its ODS code, in any case", _EXAMPLES[name])
        yield (
            ("get", f"{PREFIX}/{name}/{{id}}"),
            Operation(
                f"One {name}",
                kept(answer(f"The {name}", _resource(name))),
                (code, *on_read),
                faults=(404, 406),
            ),
        )
        found = tuple(_search(name))
        yield (
            ("get", f"{PREFIX}/{name}"),
            Operation(f"Search {name}", kept(bundle), (*found, _PREFER), faults=(406, 410)),
        )
        form: Json = {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                each["name"]: each["schema"] | {"description": each["description"]} for each in found
            },
        }
        yield (
            ("post", f"{PREFIX}/{name}/_search"),
            Operation(
                f"Search {name} with a form; parameters of the address count too",
                {200: bundle},
                (_PREFER,),
                {"application/x-www-form-urlencoded": form},
                faults=(406, 410, 413, 415),
            ),
        )


DESCRIBED = Described(
    "FHIR STU3",
    "The ODS Lookup API: Organization, CodeSystem and ValueSet. A parameter that is repeated must hold each "
    "time; commas in a value mean or.",
    dict(_operations()),
    _resource("OperationOutcome"),
    more="https://hl7.org/fhir/STU3/http.html",
)
