"""`ValueSet/$validate-code`: whether a code is in a value set (fhir-r4 10.5)."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.fhir.rejected import Rejected
from app.r4.terminology import judged, words
from app.r4.terminology.asked import Asked
from app.r4.terminology.compose import Composer, Conditions
from app.r4.terminology.inputs import Coding
from app.r4.terminology.judged import Verdict
from app.r4.terminology.system import Both, Concept, OneOf, Selection
from app.r4.terminology.systems import Systems
from app.r4.terminology.value_sets import ValueSets
from app.web.message import quote

_NEEDED = '$validate-code needs "code" and "system", or "coding" or "codeableConcept"'
_SEVERAL = 'The value set draws on several code systems: $validate-code needs the "system" of the code'


def validate(asked: Asked) -> dict[str, Any]:
    """Return the Parameters that say whether a value set has a code; raises Rejected."""
    systems, inputs = asked.systems, asked.inputs
    value_sets = ValueSets(systems.register, inputs)
    value_set = value_sets.asked(asked.resource_id, "validate-code")
    conditions = Composer(systems, value_sets, systems.now).conditions(value_set)
    found = judged.codings(inputs, inputs.get("system", ""), _NEEDED)
    only = next(iter(conditions), "")
    held = _held(systems, conditions, (coding._replace(system=coding.system or only) for coding in found))

    def judge(coding: Coding) -> Verdict:
        if not coding.system and len(conditions) > 1:
            raise Rejected(words.missing(_SEVERAL))
        url, _, canonical = (coding.system or only).partition("|")
        if url in conditions:
            systems.find(url, coding.version or canonical or inputs.get("systemVersion", ""))
            if concept := held[url].get(coding.code):
                return judged.of_concept(concept, coding)
        of = words.named(value_set.url) if value_set.url else "null"
        return Verdict(f'The code "{quote(coding.code)}" is not in the value set {of}')

    return judged.best(judge, found, lenient=inputs.get("lenient-display-validation", False))


def _held(
    systems: Systems, conditions: Conditions, codings: Iterable[Coding]
) -> Mapping[str, Mapping[str, Concept]]:
    """Return the concepts that a value set has of some codes, by code system and code; raises Rejected.

    All codes of a code system are selected together, since conditions may be dear.
    """
    codes: dict[str, set[str]] = {}
    for coding in codings:
        codes.setdefault(coding.system.partition("|")[0], set()).add(coding.code)
    held = {}
    for url in codes.keys() & conditions.keys():
        asked = Selection(Both((OneOf(frozenset(codes[url])), conditions[url])), systems.now)
        selected = systems.find(url).select(asked, 0, len(codes[url]), ())
        held[url] = {concept.code: concept for concept in selected.concepts}
    return held
