"""`CodeSystem/$validate-code`: whether a code is in a code system (fhir-r4 10.2)."""

from typing import Any

from app.fhir.rejected import Rejected
from app.r4.terminology import judged, words
from app.r4.terminology.asked import Asked
from app.r4.terminology.inputs import Coding
from app.r4.terminology.judged import Verdict
from app.web.message import quote

_NEEDED = '$validate-code needs "url" and "code", or "coding" or "codeableConcept" with "system" and "code"'


def validate(asked: Asked) -> dict[str, Any]:
    """Return the Parameters that say whether a code system has a code; raises Rejected."""
    version = asked.inputs.get("version", "")
    only = asked.system("url", version)
    url = only.url if only else ""
    found = judged.codings(asked.inputs, url, _NEEDED)

    def judge(coding: Coding) -> Verdict:
        if url and coding.system not in ("", url):
            of = f'The code "{quote(coding.code)}" is of code system {quote(coding.system)}'
            return Verdict(f"{of}, not of {url}")
        if not (url or coding.system):
            raise Rejected(words.missing(_NEEDED))
        system = asked.systems.find(coding.system or url, coding.version or version)
        concepts = system.concepts([coding.code], ())
        if coding.code in concepts:
            return judged.of_concept(concepts[coding.code], coding)
        return Verdict(words.unknown_code(coding.code, system.url).diagnostics)

    return judged.best(judge, found, lenient=asked.inputs.get("lenient-display-validation", False))
