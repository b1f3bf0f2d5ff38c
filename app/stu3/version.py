"""STU3 as a version of FHIR: everything in which it differs from others (fhir-stu3)."""

from dataclasses import replace
from functools import cache

from app.fhir import systems
from app.fhir.subset import Definitions
from app.fhir.version import Statement, Version
from app.stu3 import legacy
from app.stu3.links import PageLinks
from app.stu3.metadata import statement
from app.stu3.parameters import FOLDER, ON_READ, RESULT, rank, together, types
from app.stu3.words import outcome

PREFIX = "/STU3"
_MAX_COUNT = 20


@cache
def stu3(*, shape: str) -> Version:
    """Return the version in a shape: ``conformant``, or ``legacy``, the retired service's (fhir-stu3 1)."""
    is_legacy = shape == "legacy"
    found = types(legacy=is_legacy)
    conformant = Version(
        name="stu3",
        prefix=PREFIX,
        fhir_version="3.0",
        types=found,
        result=RESULT,
        on_read=ON_READ,
        on_metadata=ON_READ,
        max_count=_MAX_COUNT,
        capped=False,
        definitions=Definitions.read((FOLDER / "elements.json").read_bytes(), systems.STU3_SUBSETTED),
        links=PageLinks(is_legacy),
        outcome=outcome,
        statements={"CapabilityStatement": Statement(lambda served: statement(served, found))},
        rank=rank,
        together=together,
    )
    return (
        replace(conformant, dumps=legacy.dumps, with_modes=False, as_stored=False)
        if is_legacy
        else conformant
    )
