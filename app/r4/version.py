"""R4 as a version of FHIR: everything in which it differs from others (fhir-r4)."""

from functools import cache

import orjson

from app.fhir import stored, systems
from app.fhir.subset import Definitions
from app.fhir.version import ResourceType, Statement, Version
from app.r4 import words
from app.r4.links import OffsetLinks
from app.r4.metadata import ID, TERMINOLOGY_ID, capability_statement, terminology_capabilities
from app.r4.operation_definitions import TYPE as DEFINED
from app.r4.parameters import FOLDER, ON_METADATA, ON_READ, PREFIXES, RESULT, types
from app.register.query import Match

_MAX_COUNT = 1_000
_MAX_BYTES = 10_485_760


@cache
def r4(prefix: str = PREFIXES[0]) -> Version:
    """Return the version as it is served under one of its prefixes."""
    found = types()
    statements = {
        "CapabilityStatement": Statement(lambda served: capability_statement(served, found), ID),
        "TerminologyCapabilities": Statement(terminology_capabilities, TERMINOLOGY_ID),
    }
    known = (*found, *statements)
    return Version(
        name="r4",
        prefix=prefix,
        fhir_version="4.0",
        types=found,
        result=RESULT,
        on_read=ON_READ,
        on_metadata=ON_METADATA,
        max_count=_MAX_COUNT,
        capped=True,
        definitions=Definitions.read((FOLDER / "elements.json").read_bytes(), systems.R4_SUBSETTED),
        links=OffsetLinks(),
        outcome=lambda error, request: words.outcome(error, request, known),
        statements=statements,
        modes={"terminology": "TerminologyCapabilities"},
        complete=_complete,
        versioned=True,
        timespec="milliseconds",
        max_bytes=_MAX_BYTES,
    )


def _complete(found: ResourceType, match: Match, base: str) -> bytes:
    assert match.stamp  # noqa: S101 - all kinds with R4's documents are versioned
    document = match.document
    if found.name == DEFINED:  # its url is its address, which the load does not know
        document = b'{"url":%b,%b' % (orjson.dumps(f"{base}/{match.id}"), document[1:])
    return stored.whole(found.name, found.resource_id(match.id), match.stamp, found.profiles, document)
