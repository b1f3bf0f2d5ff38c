"""What the OpenAPI document says of the controls of a server for tests."""

from app.controls.controls import PREFIX
from app.controls.fault import KEYS
from app.web.openapi import (
    TEXT,
    Content,
    Described,
    Json,
    Operation,
    answer,
    list_of,
    needed,
    record,
    ref,
    whole,
)

_JSON = "application/json"
_NUMBER = whole(0)
_DONE: dict[int, Json] = {204: {"description": "Done"}}
_LOADED = {200: answer("It is live", {_JSON: ref("Loaded")})}
_KEYS: dict[str, Json] = {
    f"{name}?": {"type": list(kind.types), "description": kind.advice.removeprefix("use ").capitalize()}
    for name, kind in KEYS.items()
}


def _operation(
    summary: str,
    answers: dict[int, Json],
    body: Content | None = None,
    faults: tuple[int, ...] = (),
    parameters: tuple[Json, ...] = (),
) -> Operation:
    """Return an operation; pages of a browser may use none of them."""
    return Operation(summary, answers, parameters, body, (403, *faults))


DESCRIBED = Described(
    "Test controls",
    "Faults on demand, recorded requests, the next release. Requests with an Origin are refused.",
    {
        ("post", f"{PREFIX}/faults"): _operation(
            "Add a fault",
            {201: answer("It was added", {_JSON: record({"id": _NUMBER})})},
            {_JSON: ref("Fault")},
            (413,),
        ),
        ("get", f"{PREFIX}/faults"): _operation(
            "All faults", {200: answer("The faults", {_JSON: list_of(ref("AddedFault"))})}
        ),
        ("delete", f"{PREFIX}/faults"): _operation("Remove all faults", _DONE),
        ("delete", f"{PREFIX}/faults/{{fault_id}}"): _operation(
            "Remove a fault",
            _DONE,
            faults=(404,),
            parameters=(needed("fault_id", "The id of the fault", "1"),),
        ),
        ("get", f"{PREFIX}/requests"): _operation(
            "The last requests, oldest first",
            {200: answer("The requests", {_JSON: list_of(ref("Request"))})},
        ),
        ("delete", f"{PREFIX}/requests"): _operation("Forget the requests", _DONE),
        ("post", f"{PREFIX}/organisations"): _operation(
            "Load a list of organisations", _LOADED, {_JSON: list_of({"type": "object"})}, (413,)
        ),
        ("post", f"{PREFIX}/release"): _operation("Load a release", _LOADED, {"application/zip": {}}, (413,)),
        ("post", f"{PREFIX}/reset"): _operation("Forget all, and make the first release live again", _DONE),
    },
    {_JSON: ref("Error")},
    {
        "Fault": record(_KEYS),
        "AddedFault": record({"id": _NUMBER, "hits": _NUMBER, **_KEYS}),
        "Loaded": record({"release": TEXT, "generation": TEXT, "organisations": _NUMBER}),
        "Request": record(
            {
                "method": TEXT,
                "path": TEXT,
                "query": TEXT,
                "params": {"type": "object", "additionalProperties": list_of(TEXT)},
                "headers": {"type": "object", "additionalProperties": TEXT},
                "body": TEXT,
                "status": {"type": ["integer", "null"]},
                "time": TEXT,
            }
        ),
    },
)
