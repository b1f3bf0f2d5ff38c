"""What the OpenAPI document says of a FHIR interface: its addresses, made from the registry of parameters."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from app.engine.port import GENERATION_NAME
from app.fhir.includes import INCLUDES, declared
from app.fhir.negotiation import JSON_TYPES, NAMES, XML_TYPES
from app.fhir.results import MAX_OFFSET, MAX_PAGE, SUMMARIES, TOTALS
from app.fhir.version import ResourceType, Version
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
    "identifier": "The identifier of what is referred to",
    "Organization": "The id of an Organization",
}
_VALUES: dict[str, Json] = {
    "_page": whole(1, MAX_PAGE),
    "_offset": whole(0, MAX_OFFSET),
    "_summary": one_of(SUMMARIES),
    "_total": one_of(TOTALS),
    "_format": one_of(NAMES),
    "_generation": {"type": "string", "pattern": f"^{GENERATION_NAME.pattern}$"},
    "_pretty": TRUE_OR_FALSE,
}
"""The schemas of result parameters; of all others it is a text."""
_ON_READ = one_of(each for each in SUMMARIES if each != "count")
"""The schema of `_summary` on a read."""
PREFER = parameter("Prefer", "handling=lenient: unknown parameters are ignored", where="header")


class Words(NamedTuple):
    """What the document says of one version besides the registry of parameters."""

    name: str
    text: str
    site: str
    """The address of the specification, without a page."""
    examples: dict[str, str]
    """An id of each resource type."""
    schemas: dict[str, Json]
    """The schemas of search parameters; of all others it is a text."""


def described(version: Version, words: Words) -> Described:
    """Return what the document says of the interface of a version."""
    addresses = Addresses(version, words)
    operations, errors = dict(addresses.operations()), addresses.resource("OperationOutcome")
    return Described(words.name, words.text, operations, errors, more=f"{words.site}/http.html")


@dataclass(frozen=True)
class Addresses:
    """Describes the addresses of one version."""

    version: Version
    words: Words

    def operations(self) -> Iterator[tuple[tuple[str, str], Operation]]:
        """Yield each operation under its method and path."""
        prefix = self.version.prefix
        on_read = (*self._not_counted(self.version.on_read), PREFER)
        on_metadata = (*self._not_counted(self.version.on_metadata), PREFER)
        if not self.version.versioned:
            yield ("get", prefix), Operation("Nothing: a search names a type", {}, faults=(404,))
        yield (
            ("get", f"{prefix}/metadata"),
            Operation(
                "What this interface can do",
                kept(
                    answer(
                        f"The {' or '.join(self.version.statements)}", self.resource(*self.version.statements)
                    )
                ),
                on_metadata,
                faults=(406,),
            ),
        )
        for name, statement in self.version.statements.items():
            if statement.id:
                told = kept(answer(f"The {name}", self.resource(name)))
                code = needed("id", "The id", statement.id)
                yield (
                    ("get", f"{prefix}/{name}/{{id}}"),
                    Operation(f"The {name} by its id", told, (code, *on_read), faults=(404, 406)),
                )
        bundle = answer("A Bundle, with a link to the next page", self.resource("Bundle"))
        for name, searched in self.version.types.items():
            address, what = f"{prefix}/{name}", kept(answer(f"The {name}", self.resource(name)))
            code = needed("id", "The id; of an Organization its ODS code", self.words.examples[name])
            gone = (410,) if self.version.versioned else ()
            yield (
                ("get", f"{address}/{{id}}"),
                Operation(f"One {name}", what, (code, *on_read), faults=(404, 406, *gone)),
            )
            if self.version.versioned:
                version = needed("version_id", "The current version", "1")
                yield (
                    ("get", f"{address}/{{id}}/_history/{{version_id}}"),
                    Operation(
                        f"One {name}, if it has this version",
                        what,
                        (code, version, *on_read),
                        faults=(404, 406, 410),
                    ),
                )
            found = tuple(self._search(searched))
            answers = {200: bundle} if self.version.versioned else kept(bundle)
            yield (
                ("get", address),
                Operation(f"Search {name}", answers, (*found, PREFER), faults=(406, 410)),
            )
            yield (
                ("post", f"{address}/_search"),
                Operation(
                    f"Search {name} with a form; parameters of the address count too",
                    {200: bundle},
                    (PREFER,),
                    {"application/x-www-form-urlencoded": _form(found)},
                    faults=(406, 410, 413, 415),
                ),
            )

    def resource(self, *names: str) -> Content:
        """Return the content of an answer that is a resource of one of these types."""
        schema = record({"resourceType": one_of(names)}) | {
            "externalDocs": {"url": f"{self.words.site}/{names[0].lower()}.html"}
        }
        return {**dict.fromkeys(JSON_TYPES, schema), **{each: {} for each in XML_TYPES}}

    def _not_counted(self, names: Iterable[str]) -> Iterator[Json]:
        """Yield the parameters of a read or of `metadata`, which have nothing to count."""
        for name in names:
            said = self.result(name)
            yield said | {"schema": _ON_READ} if name == "_summary" else said

    def _search(self, searched: ResourceType) -> Iterator[Json]:
        """Yield the parameters of a search, each also with its modifiers."""
        for each in searched.search.values():
            values = self.words.schemas.get(each.name, TEXT)
            yield parameter(each.name, each.description, values)
            for modifier in each.modifiers:
                schema = TRUE_OR_FALSE if modifier == "missing" else values
                yield parameter(f"{each.name}:{modifier}", _MODIFIERS[modifier], schema)
        for name in searched.results:
            if name not in INCLUDES:
                yield self.result(name)
            elif possible := self._includes(searched, name):
                yield self.result(name) | {"schema": one_of(possible)}

    def _includes(self, searched: ResourceType, name: str) -> list[str]:
        """Return the values of `_include` or `_revinclude`, without and with the target type."""
        possible = declared(self.version.references, searched, name)
        targets = {asked: each.reference.target.name for asked, each in possible.items()}
        return [value for asked, target in targets.items() for value in (asked, f"{asked}:{target}")]

    def result(self, name: str) -> Json:
        """Return a result parameter."""
        counted = {"_count": whole(0, None if self.version.capped else self.version.max_count)}
        schema = (_VALUES | counted).get(name, TEXT)
        return parameter(name, self.version.result[name][1], schema)


def _form(parameters: Iterable[Json]) -> Json:
    """Return the schema of a form that has these parameters."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            each["name"]: each["schema"] | {"description": each["description"]} for each in parameters
        },
    }
