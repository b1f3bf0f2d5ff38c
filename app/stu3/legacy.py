"""The legacy shape, the retired service's JSON (fhir-stu3 1): single objects where FHIR has arrays."""

import json
from typing import Any

Json = dict[str, Any]


def legacy(resource: Json) -> Json:
    """Return an Organization, OperationOutcome or Bundle in the legacy shape, others unchanged."""
    match resource["resourceType"]:
        case "Organization":
            return _organization(resource)
        case "OperationOutcome":
            issues = [_issue(issue) for issue in resource["issue"]]
            return resource | {"meta": _one_profile(resource["meta"]), "issue": issues}
        case "Bundle":
            return _bundle(resource)
    return resource


def dumps(resource: Json, *, pretty: bool = False) -> bytes:
    """Write a resource as the retired service: ASCII, blanks after commas and colons."""
    return json.dumps(legacy(resource), indent=2 if pretty else None).encode()


def _organization(resource: Json) -> Json:
    changed: Json = {"meta": _one_profile(resource["meta"])}
    if "identifier" in resource:
        changed["identifier"] = resource["identifier"][0]
    if "type" in resource:
        changed["type"] = {"coding": resource["type"][0]["coding"][0]}
    if "address" in resource:
        changed["address"] = resource["address"][0]
    return resource | changed


def _issue(issue: Json) -> Json:
    return issue | {"details": {"coding": issue["details"]["coding"][0]}}


def _one_profile(meta: Json) -> Json:
    return meta | {"profile": meta["profile"][0]} if "profile" in meta else meta


def _bundle(resource: Json) -> Json:
    changed = resource | {"total": str(resource["total"])} if "total" in resource else dict(resource)
    if "link" in resource:  # a count has neither links nor entries
        changed["entry"] = [
            entry | {"resource": legacy(entry["resource"])} for entry in resource.get("entry", ())
        ]
    return changed
