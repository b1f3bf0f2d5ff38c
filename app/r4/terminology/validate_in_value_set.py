"""`ValueSet/$validate-code`: whether a code is in a value set (fhir-r4 10.5)."""

from typing import Any

from app.fhir.rejected import Rejected
from app.r4.terminology import judged, words
from app.r4.terminology.asked import Asked
from app.r4.terminology.compose import Composer
from app.r4.terminology.inputs import Coding
from app.r4.terminology.judged import Verdict
from app.r4.terminology.system import Both, OneOf, Selection
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

    def judge(coding: Coding) -> Verdict:
        if not coding.system and len(conditions) > 1:
            raise Rejected(words.missing(_SEVERAL))
        url, _, canonical = (coding.system or next(iter(conditions), "")).partition("|")
        if url in conditions:
            system = systems.find(url, coding.version or canonical or inputs.get("systemVersion", ""))
            condition = Both((OneOf(frozenset([coding.code])), conditions[url]))
            selected = system.select(Selection(condition, systems.now), 0, 1, ())
            for concept in selected.concepts:
                return judged.of_concept(concept, coding)
        of = words.named(value_set.url) if value_set.url else "null"
        return Verdict(f'The code "{quote(coding.code)}" is not in the value set {of}')

    return judged.best(judge, found)
