"""The CapabilityStatement of STU3 (fhir-stu3 8)."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from app.fhir import capability
from app.settings import DISTRIBUTION
from app.stu3.parameters import FOLDER, RESULT, SEARCH

_BEFORE = {"publisher": ("date",), "fhirVersion": ("software", "implementation"), "name": ("url", "version")}

Json = dict[str, Any]


def statement(base: str, version: str, date: str, interactions: Mapping[str, Iterable[str]]) -> Json:
    """Return the CapabilityStatement of the server at `base`.

    `version` is the software's, `date` (``YYYY-MM-DD``) the live release's; `interactions` holds the codes of
    the interactions that have a route, by resource type.
    """
    frame = orjson.loads((FOLDER / "CapabilityStatement.json").read_bytes())
    (rest,) = frame["rest"]
    rest["resource"] = capability.resources(rest["resource"], interactions, SEARCH, RESULT)
    values = {
        "url": f"{base}/metadata",
        "version": version,
        "date": date,
        "software": {"name": DISTRIBUTION, "version": version},
        "implementation": {"description": "A self-hosted register of NHS organisations (ODS)", "url": base},
    }
    filled: Json = {}
    for key, value in frame.items():
        filled |= {name: values[name] for name in _BEFORE.get(key, ())}
        filled[key] = value
    return filled
