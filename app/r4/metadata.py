"""The CapabilityStatement of R4 (fhir-r4 12.1)."""

from collections.abc import Mapping
from typing import Any

import orjson

from app.fhir import capability
from app.fhir.version import ResourceType, Served
from app.r4.parameters import FOLDER
from app.settings import DISTRIBUTION

ID = "ods-api-suite-r4"
_BEFORE = {"name": ("url", "version"), "kind": ("date",), "fhirVersion": ("software", "implementation")}

Json = dict[str, Any]


def statement(served: Served, types: Mapping[str, ResourceType]) -> Json:
    """Return the CapabilityStatement: the frame, with what the registry and the server say."""
    frame = orjson.loads((FOLDER / "CapabilityStatement.json").read_bytes())
    (rest,) = frame["rest"]
    rest["resource"] = capability.resources(rest["resource"], types, {})
    installed = served.installed.date().isoformat()
    release = f"ODS release {served.generation.release}" if served.generation else "No release is loaded"
    values = {
        "url": f"{served.base}/CapabilityStatement/{ID}",
        "version": served.software,
        "date": installed,
        "software": {"name": DISTRIBUTION, "version": served.software, "releaseDate": installed},
        "implementation": {"description": release, "url": served.base},
    }
    return capability.inserted(frame, _BEFORE, values)
