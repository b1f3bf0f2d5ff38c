"""What the OpenAPI document says of lookups, levels and organisations as flat JSON."""

from app.directory.filters import RECORD_CLASSES, STATUSES
from app.directory.kinds import LEVELS
from app.lookup import levels
from app.lookup.lookup import MOST, PARAMETERS
from app.web.openapi import (
    DATE,
    TEXT,
    TRUE_OR_FALSE,
    TRUTH,
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
from app.web.parameters import LONGEST_QUESTION

_STATUS = one_of(STATUSES[:2])
_CLASS = one_of(RECORD_CLASSES)
_VALUES: dict[str, Json] = {
    "q": {"type": "string", "maxLength": LONGEST_QUESTION},
    "status": one_of(STATUSES),
    "record-class": _CLASS,
    "count": whole(1, MOST),
    "facets": TRUE_OR_FALSE,
}
_NUMBER = whole(0)
_SOME: Json = {"type": "string", "minLength": 1}
_PERIOD = {"start?": DATE, "end?": DATE}
_LEVELS = {
    **{f"{level.key}?": ref("Level") for level in LEVELS},
    "country?": TEXT,
    **{
        f"{name}?": record({f"{level.key}?": list_of(ref("Level")) for level in LEVELS}, text)
        for name, text in (
            ("ambiguous", "Levels for which several bodies are possible"),
            ("ended", "Bodies that have gone without an heir"),
        )
    },
}
_SUCCESSION = {"code": TEXT, "name?": TEXT, "date": DATE}

_SCHEMAS = {
    "Role": record({"id": TEXT, "name?": TEXT}),
    "Address": record(
        {"lines?": list_of(TEXT), "town?": TEXT, "county?": TEXT, "postcode?": TEXT, "country?": TEXT}
    ),
    "Result": record(
        {
            "code": TEXT,
            "name": TEXT,
            "status": _STATUS,
            "recordClass": _CLASS,
            "primaryRole": ref("Role"),
            "address?": ref("Address"),
            "parent?": record(
                {"code": TEXT, "name?": TEXT, "relationship": TEXT},
                "What tells equal names apart: the operator, else the commissioner, else the area",
            ),
            "score": {"type": "number", "minimum": 0, "maximum": 1},
            "matched": one_of(["code", "name", "address", "most", "spelling"]),
        }
    ),
    "Lookup": record(
        {
            "query": TEXT,
            "results": list_of(ref("Result")),
            "more": TRUTH,
            "facets?": record(
                {
                    "primaryRole": list_of(record({"id": TEXT, "name?": TEXT, "count": _NUMBER})),
                    "status": record({"active": _NUMBER, "inactive": _NUMBER}),
                }
            ),
        }
    ),
    "Level": record(
        {"code": TEXT, "name": TEXT, "role": TEXT, "via": list_of(TEXT), "successorOf?": TEXT},
        "A body, and the types of the relationships that lead to it",
    ),
    "Levels": record(
        {"date": DATE, "linksOn?": DATE, **_LEVELS},
        "linksOn: the day whose relationships count, if it is not the date",
    ),
    "Placed": record(
        {
            "code": TEXT,
            "name": TEXT,
            "status": _STATUS,
            "opened?": DATE,
            "closed?": DATE,
            "levels": ref("Levels"),
            "heirs?": list_of(record({"code": TEXT, "name": TEXT, "role": TEXT, "date": DATE})),
        }
    ),
    "UnknownCode": record({"code": TEXT, "error": one_of(["unknown code"])}),
    "Organisation": record(
        {
            "code": TEXT,
            "name": TEXT,
            "status": _STATUS,
            "recordClass": _CLASS,
            "primaryRole": ref("Role"),
            "roles": list_of(
                record({"id": TEXT, "name?": TEXT, "status": _STATUS, **_PERIOD, "primary?": {"const": True}})
            ),
            "address?": ref("Address"),
            "uprn?": TEXT,
            "contacts?": list_of(record({"type": TEXT, "value": TEXT})),
            "opened?": DATE,
            "closed?": DATE,
            "lastChange?": DATE,
            "relationships?": list_of(
                record(
                    {
                        "type": TEXT,
                        "name?": TEXT,
                        "status": _STATUS,
                        **_PERIOD,
                        "target": record({"code": TEXT, "name?": TEXT}),
                    }
                )
            ),
            "predecessors?": list_of(record(_SUCCESSION)),
            "successors?": list_of(record({**_SUCCESSION, "active?": TRUTH})),
            "levels?": record({"linksOn?": DATE, **_LEVELS}, "Where it belongs today"),
            "links": record(dict.fromkeys(("stu3", "r4", "ord"), TEXT), "It in other interfaces"),
        }
    ),
}


_QUESTION = needed("q", PARAMETERS["q"], "leeds genral infirmry", _VALUES["q"], where="query")

DESCRIBED = Described(
    "Lookup and levels",
    "Flat JSON and CSV: what a person types, and where organisations belong.",
    {
        ("get", "/lookup"): Operation(
            "Organisations that a text may mean, the best first",
            kept(answer("The results", {"application/json": ref("Lookup")})),
            (
                _QUESTION,
                *(
                    parameter(name, text, _VALUES.get(name, TEXT))
                    for name, text in PARAMETERS.items()
                    if name != "q"
                ),
            ),
        ),
        ("get", "/organisations/{code}"): Operation(
            "One organisation as one flat object, or as a page",
            kept(answer("The organisation", {"application/json": ref("Organisation")})),
            (
                needed("code", "The ODS code, in any case", "RR8"),
                parameter("format", "json or html; overrules Accept", one_of(["json", "html"])),
            ),
            faults=(404,),
        ),
        ("get", "/levels"): Operation(
            "Where organisations belong, on a date",
            kept(
                answer(
                    "An item for each code, in the order asked",
                    {
                        "application/json": list_of({"oneOf": [ref("Placed"), ref("UnknownCode")]}),
                        "text/csv": TEXT,
                    },
                )
            ),
            (
                needed("code", levels.PARAMETERS["code"], "RR801,B86068", _SOME, where="query"),
                parameter("date", levels.PARAMETERS["date"], DATE),
                parameter("format", levels.PARAMETERS["format"], one_of(levels.FORMATS)),
            ),
        ),
        ("post", "/levels"): Operation(
            "The rows of a file, with their levels in added columns",
            {200: answer("The file", {"text/csv": TEXT})},
            (
                needed("code", levels.OF_FILE["code"], "practice", where="query"),
                parameter("date", levels.OF_FILE["date"]),
            ),
            {"text/csv": _SOME},
            faults=(413, 415),
        ),
    },
    schemas=_SCHEMAS,
)
