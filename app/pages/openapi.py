"""What the OpenAPI document says of the pages, and of what they and `app.lookup` answer together."""

from app.directory.filters import DOCUMENTATION, RECORD_CLASSES, STATUSES
from app.directory.members import Direction
from app.pages import asked, table
from app.web.openapi import TEXT, Described, Json, Operation, answer, kept, needed, one_of, parameter, whole
from app.web.parameters import LONGEST_QUESTION

_HTML = answer("The page", {"text/html": {}})
_VALUES: dict[str, Json] = {"status": one_of(STATUSES), "record-class": one_of(RECORD_CLASSES)}
_PAGE = parameter(
    "page",
    "The number of the page, from 1; default 1",
    whole(1, asked.LAST_PAGE),
)
_SEARCH = (
    parameter("q", "What was typed", {"type": "string", "maxLength": LONGEST_QUESTION}),
    *(parameter(name, text, _VALUES.get(name, TEXT)) for name, text in DOCUMENTATION.items()),
    _PAGE,
)
_SYSTEM = needed("system_id", "The id of the CodeSystem", "ODSOrganisationRole")

DESCRIBED = Described(
    "Pages",
    "For people.",
    {
        ("get", "/"): Operation("The start page", kept(_HTML)),
        ("get", "/about"): Operation("About this server", kept(_HTML)),
        ("get", "/docs"): Operation("The OpenAPI document as a page", {200: _HTML}),
        ("get", "/search"): Operation("A page of results, and filters", kept(_HTML), _SEARCH),
        ("get", "/search.csv"): Operation(
            "All that a search finds",
            kept(answer(f"At most {table.LONGEST:,} rows", {"text/csv": TEXT})),
            _SEARCH,
        ),
        ("get", "/organisations/{code}"): Operation(
            "An organisation",
            kept(_HTML),
            (
                parameter("relationships", "On the page: only relationships of this type, such as RE6"),
                parameter(
                    "direction",
                    "On the page: out (relationships that it states) or in",
                    one_of(each.value for each in Direction),
                ),
                _PAGE,
            ),
            faults=(404,),
        ),
        ("get", "/codes"): Operation("The code systems", kept(_HTML)),
        ("get", "/codes/{system_id}"): Operation("A code system", kept(_HTML), (_SYSTEM,), faults=(404,)),
        ("get", "/codes/{system_id}/{code}"): Operation(
            "A code, and what has it",
            kept(_HTML),
            (_SYSTEM, needed("code", "A code of it", "RO197")),
            faults=(404,),
        ),
        ("get", "/levels"): Operation("A form, and a table of levels", kept(_HTML)),
        ("get", "/static/{name}"): Operation(
            "A file that pages use",
            {200: answer("The file", {"text/css": TEXT, "text/javascript": TEXT, "image/svg+xml": {}})},
            (needed("name", "The name of the file", "pages.css"),),
            faults=(404,),
        ),
    },
)
