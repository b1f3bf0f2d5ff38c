"""What `$validate-code` says of codes, whether of a code system or a value set (fhir-r4 10.2 and 10.5)."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from app.fhir.rejected import Rejected
from app.r4.terminology import words
from app.r4.terminology.inputs import Coding, Values
from app.r4.terminology.system import Concept
from app.web.message import quote

_WAYS = ("code", "coding", "codeableConcept")


class Verdict(NamedTuple):
    """What is wrong with a code, None: nothing; and the display that it should have, if it is known."""

    message: str | None
    display: str | None = None


def codings(inputs: Values, system: str, needed: str) -> tuple[Coding, ...]:
    """Return the codes of which one should be valid, from whichever input has them; raises Rejected.

    `system` is the code system of the input `code`; `needed` says which inputs the operation needs.
    """
    sent = [name for name in _WAYS if name in inputs]
    if len(sent) > 1:
        raise Rejected(words.contradiction(f'Send "{sent[0]}" or "{sent[1]}", not both'))
    display = inputs.get("display", "")
    match sent:
        case ["code"]:
            found: tuple[Coding, ...] = (Coding(system, inputs["code"], display=display),)
        case ["coding"]:
            found = (inputs["coding"],)
        case _:
            found = inputs.get("codeableConcept", ())
    if not found or not all(coding.code for coding in found):
        raise Rejected(words.missing(needed))
    return tuple(coding._replace(display=coding.display or display) for coding in found)


def of_concept(concept: Concept, coding: Coding) -> Verdict:
    """Return the verdict on a code that is where it should be: its display may be wrong."""
    right = concept.display or concept.code
    if not coding.display or _folded(coding.display) == _folded(right):
        return Verdict(None, right)
    wrong = f'Wrong display "{quote(coding.display)}" for code "{quote(coding.code)}"'
    return Verdict(f'{wrong}: expected "{right}"', right)


def best(judge: Callable[[Coding], Verdict], found: Iterable[Coding], *, lenient: bool) -> dict[str, Any]:
    """Return the Parameters with the first verdict without a fault, else with the first one.

    `judge` raises Rejected for a code that it cannot judge; so does this if none can be judged.
    `lenient`: a wrong display leaves a code valid.
    """
    verdicts: list[Verdict] = []
    refused: list[Rejected] = []
    for coding in found:
        try:
            verdicts.append(judge(coding))
        except Rejected as rejected:
            refused.append(rejected)
    if not verdicts:
        raise refused[0]

    def valid(verdict: Verdict) -> bool:
        return verdict.message is None or (lenient and verdict.display is not None)

    verdict = min(verdicts, key=lambda each: (not valid(each), each.message is not None))
    message, display = verdict
    said: list[dict[str, Any]] = [{"name": "result", "valueBoolean": valid(verdict)}]
    if message is not None:
        said.append({"name": "message", "valueString": message})
    if display is not None:
        said.append({"name": "display", "valueString": display})
    return {"resourceType": "Parameters", "parameter": said}


def _folded(display: str) -> str:
    return " ".join(display.split()).casefold()
