"""The CapabilityStatement of STU3 (fhir-stu3 8)."""

from collections.abc import Mapping
from typing import Any

import orjson

from app.fhir import capability
from app.fhir.version import ResourceType, Served
from app.settings import DISTRIBUTION
from app.stu3.parameters import FOLDER, RESULT

_BEFORE = {"publisher": ("date",), "fhirVersion": ("software", "implementation"), "name": ("url", "version")}

Json = dict[str, Any]


def statement(served: Served, types: Mapping[str, ResourceType]) -> Json:
    """Return the CapabilityStatement; its date is that of the release, without one the software's."""
    frame = orjson.loads((FOLDER / "CapabilityStatement.json").read_bytes())
    (rest,) = frame["rest"]
    rest["resource"] = capability.resources(rest["resource"], types, RESULT)
    release = served.register.generation.release if served.register else served.installed.date().isoformat()
    values = {
        "url": f"{served.base}/metadata",
        "version": served.software,
        "date": release,
        "software": {"name": DISTRIBUTION, "version": served.software},
        "implementation": {
            "description": "A self-hosted register of NHS organisations (ODS)",
            "url": served.base,
        },
    }
    return capability.inserted(frame, _BEFORE, values)
