"""What the OpenAPI document says of ORD: its addresses, made from the tables of parameters."""

from collections.abc import Iterator, Mapping

from app.ord.parameters import (
    FORMATS,
    ID,
    MAX_LIMIT,
    NAME,
    READ,
    RECORD_CLASS,
    SEARCH,
    SYNC,
    Parameter,
)
from app.ord.routes import PREFIX
from app.ord.systems import SYSTEMS
from app.register.relationship import STATUSES
from app.web.openapi import (
    DATE,
    TEXT,
    Content,
    Described,
    Json,
    Operation,
    answer,
    kept,
    list_of,
    needed,
    one_of,
    parameter,
    record,
    ref,
    whole,
)

_TOTAL = {"X-Total-Count": "How many there are"}
_PAGES = {
    "Returned-Records": "How many are on this page",
    "Next-Page": "The address of the next page",
    "Previous-Page": "The address of the page before",
}


def _pattern(shape: str) -> Json:
    return {"type": "string", "pattern": f"^({shape})$"}


_ROLE = f"{ID.pattern}|[0-9]{{1,2}}"  # without letters: 76 is RO76
_VALUES: dict[str, Json] = {
    "Name": _pattern(NAME.pattern) | {"minLength": 3, "maxLength": 100},
    "PostCode": {"type": "string", "minLength": 2},
    "PrimaryRoleId": _pattern(_ROLE),
    "NonPrimaryRoleId": _pattern(_ROLE),
    "Roles": _pattern(f"({_ROLE})(,({_ROLE}))*"),
    "OrgRecordClass": _pattern(RECORD_CLASS.pattern),
    "RelTypeId": _pattern(f"{ID.pattern}(,{ID.pattern})*"),
    "TargetOrgId": _pattern(ID.pattern),
    "LastChangeDate": DATE,
    "Status": one_of(STATUSES),
    "RelStatus": one_of(STATUSES),
    "Limit": whole(1, MAX_LIMIT),
    "Offset": whole(1),
    "_format": one_of(FORMATS[True]),
}
_EXAMPLES = {"roles": "RO197", "rels": "RE4", "recordclasses": "RC1"}
_CODE = needed("code", "The ODS code, in any case", "RR8")
_ANY: Json = {"type": "object"}


def _asked(table: Mapping[str, Parameter]) -> tuple[Json, ...]:
    return tuple(parameter(name, each.says, _VALUES.get(name, TEXT)) for name, each in table.items())


def _listed(container: str, *, xml: bool = True) -> Content:
    """Return the content of a list, whose rows have a container."""
    return {
        "application/json": record({container: list_of(_ANY)}),
        **({"application/xml": {}} if xml else {}),
    }


def _operations() -> Iterator[tuple[tuple[str, str], Operation]]:
    found = answer("Summaries in order of name", _listed("Organisations"), _TOTAL | _PAGES)
    record_of = {"application/json": record({"Organisation": _ANY}), "application/xml": {}}
    links = answer("A link to each", _listed("Organisations"), _TOTAL)
    deleted = answer("Codes and dates", _listed("DeletedOrganisations", xml=False))
    day, *format_ = _asked(SYNC)
    yield (
        ("get", f"{PREFIX}/organisations"),
        Operation("Search organisations", kept(found), _asked(SEARCH), faults=(406,)),
    )
    yield (
        ("get", f"{PREFIX}/organisations/{{code}}"),
        Operation(
            "One organisation's record",
            kept(answer("The record", record_of)),
            (_CODE, *_asked(READ)),
            faults=(404, 406),
        ),
    )
    yield (
        ("get", f"{PREFIX}/sync"),
        Operation(
            "What changed since a day", kept(links), (day | {"required": True}, *format_), faults=(406,)
        ),
    )
    for name, system in SYSTEMS.items():
        code_id = needed("id", "The id of the code", _EXAMPLES[name])
        codes = kept(answer(f"{system.container} of the release", _listed(system.container)))
        yield (
            ("get", f"{PREFIX}/{name}"),
            Operation(f"The code list {name}", codes, _asked(READ), faults=(404, 406)),
        )
        yield (
            ("get", f"{PREFIX}/{name}/{{id}}"),
            Operation(f"One code of {name}", codes, (code_id, *_asked(READ)), faults=(404, 406)),
        )
    in_json = parameter("_format", "json, text/json or application/json", one_of(FORMATS[False]))
    yield (
        ("get", f"{PREFIX}/notifications"),
        Operation("Organisations deleted lately", kept(deleted), (in_json,), faults=(406,)),
    )


DESCRIBED = Described(
    "ORD",
    "The ODS ORD API, version 2-0-0. A Content-Type in the request wins over _format.",
    dict(_operations()),
    {"application/json": ref("OrdError")},
    {"OrdError": record({"errorCode": {"type": "integer"}, "errorText": TEXT})},
    more="https://digital.nhs.uk/developer/api-catalogue/organisation-data-service-ord",
)
