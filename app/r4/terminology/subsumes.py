"""`CodeSystem/$subsumes`: how two codes of one code system lie to each other (fhir-r4 10.3)."""

from typing import Any

from app.fhir.rejected import Rejected
from app.r4.terminology import words
from app.r4.terminology.asked import Asked
from app.r4.terminology.inputs import Coding

_NEEDED = '$subsumes needs "codeA", "codeB" and "system", or "codingA" and "codingB"'


def subsumes(asked: Asked) -> dict[str, Any]:
    """Return the Parameters with the outcome: the code systems are flat; raises Rejected."""
    inputs = asked.inputs
    version = inputs.get("version", "")
    only = asked.system("system", version)
    url = only.url if only else ""
    found = [_coding(asked, letter, url) for letter in "AB"]
    others = {coding.system for coding in found}
    if len(others) > 1:
        raise Rejected(words.contradiction("The two codes are of different code systems: send two of one"))
    for coding in found:
        system = asked.systems.find(coding.system, coding.version or version)
        if coding.code not in system.concepts([coding.code], ()):
            raise Rejected(words.unknown_code(coding.code, system.url))
    outcome = "equivalent" if found[0].code == found[1].code else "not-subsumed"
    return {"resourceType": "Parameters", "parameter": [{"name": "outcome", "valueCode": outcome}]}


def _coding(asked: Asked, letter: str, url: str) -> Coding:
    """Return one of the two codes; `url` is the code system of the inputs; raises Rejected."""
    code, coding = asked.inputs.get(f"code{letter}"), asked.inputs.get(f"coding{letter}")
    if code and coding:
        raise Rejected(words.contradiction(f'Send "code{letter}" or "coding{letter}", not both'))
    found = coding or Coding(url, code or "")
    if not (found.system or url) or not found.code:
        raise Rejected(words.missing(_NEEDED))
    if url and found.system not in ("", url):
        raise Rejected(
            words.contradiction(f'"coding{letter}" is of another code system than {url}: send a code of that')
        )
    return found._replace(system=found.system or url)
