"""The inputs of the terminology operations (fhir-r4 10): the one table that reads and describes them."""

from enum import Enum
from typing import NamedTuple


class Use(Enum):
    """What becomes of an input."""

    READ = "read"
    IGNORED = "accepted without effect"
    REFUSED = "refused"


class Input(NamedTuple):
    """An input: its FHIR type, and what it means, or for a refused one what to do instead."""

    name: str
    type: str
    text: str
    repeats: bool = False
    use: Use = Use.READ

    @property
    def is_primitive(self) -> bool:
        """Return whether it can be sent by GET."""
        return self.type[0].islower()


class Definition(NamedTuple):
    """An operation, and its inputs."""

    resource_type: str
    name: str
    text: str
    inputs: tuple[Input, ...]
    on_instance: bool = True
    """Whether it can be asked of one resource, which is then the code system or value set."""

    @property
    def id(self) -> str:
        """The id of its OperationDefinition."""
        return f"{self.resource_type}-{self.name}"


def _ignored(*inputs: Input) -> tuple[Input, ...]:
    return tuple(each._replace(use=Use.IGNORED) for each in inputs)


_DATE = Input("date", "dateTime", "send the request without it, for the answer of today", use=Use.REFUSED)
_CONTEXT = Input("context", "uri", 'name the value set with "url"', use=Use.REFUSED)
_LANGUAGE = Input("displayLanguage", "code", "Displays are in English whatever it says")
_SENT = Input("tx-resource", "Resource", "A ValueSet that others may name by its url", repeats=True)
_ABSTRACT = Input("abstract", "boolean", "No code is abstract")
_STATUS = Input("status", "code", "Accepted because examples of ODT send it")
_VALIDATOR = (
    Input("cache-id", "string", "Nothing that a client sends is kept for its next request"),
    Input("default-to-latest-version", "boolean", "One version is served"),
    Input("diagnostics", "boolean", "There are no diagnostics"),
    Input("profile-url", "string", "The other inputs say how codes are validated and expanded"),
)
"""What HL7's validator sends with every request; the rest of what it sends stands at the operations."""
_VALIDATE = (
    _ABSTRACT,
    _LANGUAGE,
    _STATUS,
    *_VALIDATOR,
    Input("inferSystem", "boolean", "A code without system is always looked for in that of the value set"),
    Input("mode", "string", "lenient-display-validation is an input of its own"),
    Input("valueset-membership-only", "boolean", "A code of a value set is always one of its code system"),
)
_LENIENT = Input(
    "lenient-display-validation", "boolean", "true: a code with a wrong display is valid, with a message"
)
_CODE_SYSTEM = "The url of the code system"
_VERSION = "The version of the code system: that which is served"

_CODE = Input("code", "code", "The code")
_DISPLAY = Input("display", "string", "The display that the code should have; case does not count")
_CODING = Input("coding", "Coding", "The code, with its system")

LOOKUP = Definition(
    "CodeSystem",
    "lookup",
    "Show what is known of a code",
    (
        Input("code", "code", "The code, with its system"),
        Input("system", "uri", _CODE_SYSTEM),
        Input("version", "string", _VERSION),
        Input("coding", "Coding", "The code and its system in one"),
        Input("property", "code", "A property to show; * and none at all: every one", repeats=True),
        *_ignored(_LANGUAGE),
        _DATE,
    ),
    on_instance=False,
)
VALIDATE_IN_SYSTEM = Definition(
    "CodeSystem",
    "validate-code",
    "Say whether a code is in a code system",
    (
        Input("url", "uri", _CODE_SYSTEM),
        _CODE,
        Input("version", "string", _VERSION),
        _DISPLAY,
        _CODING,
        Input("codeableConcept", "CodeableConcept", "Codings of which one should be in the code system"),
        _LENIENT,
        *_ignored(*_VALIDATE, _SENT),
        Input("codeSystem", "CodeSystem", 'name a code system of this server with "url"', use=Use.REFUSED),
        _DATE,
    ),
)
SUBSUMES = Definition(
    "CodeSystem",
    "subsumes",
    "Compare two codes: the code systems are flat, so they are equivalent only if equal",
    (
        Input("codeA", "code", "The first code"),
        Input("codeB", "code", "The second code"),
        Input("system", "uri", _CODE_SYSTEM),
        Input("version", "string", _VERSION),
        Input("codingA", "Coding", "The first code, with its system"),
        Input("codingB", "Coding", "The second code, with its system"),
    ),
)
_VALUE_SET = (
    Input("url", "uri", "The url of the value set"),
    Input("valueSet", "ValueSet", "The value set itself"),
    Input("valueSetVersion", "string", "The version of the value set: that which is served"),
)
EXPAND = Definition(
    "ValueSet",
    "expand",
    "List the codes of a value set",
    (
        *_VALUE_SET,
        Input("filter", "string", "Words of the display or the start of the code"),
        Input("offset", "integer", "How many codes are passed over; default 0"),
        Input("count", "integer", "Codes to return; 0: only how many there are"),
        Input("activeOnly", "boolean", "true: without inactive codes"),
        Input("includeDefinition", "boolean", "true: with the compose of the value set"),
        Input("property", "code", "A property to show", repeats=True),
        Input("exclude-system", "canonical", "A code system to leave out", repeats=True),
        *(
            Input(name, "canonical", "A code system and its version, url|version: that served", repeats=True)
            for name in ("system-version", "check-system-version", "force-system-version")
        ),
        _SENT,
        *_ignored(
            Input("includeDesignations", "boolean", "Displays are the only designations"),
            Input("designation", "string", "Displays are the only designations", repeats=True),
            Input("excludeNested", "boolean", "Expansions are flat"),
            Input("excludeNotForUI", "boolean", "Every code is for users"),
            Input("excludePostCoordinated", "boolean", "No code is post-coordinated"),
            Input("contextDirection", "code", "There are no contexts"),
            _LANGUAGE,
            *_VALIDATOR,
            Input("incomplete-ok", "boolean", "Expansions are complete"),
        ),
        _CONTEXT,
        _DATE,
    ),
)
VALIDATE_IN_VALUE_SET = Definition(
    "ValueSet",
    "validate-code",
    "Say whether a code is in a value set",
    (
        *_VALUE_SET,
        _CODE,
        Input("system", "uri", _CODE_SYSTEM),
        Input("systemVersion", "string", _VERSION),
        _DISPLAY,
        _CODING,
        Input("codeableConcept", "CodeableConcept", "Codings of which one should be in the value set"),
        _LENIENT,
        _SENT,
        *_ignored(*_VALIDATE),
        _CONTEXT,
        _DATE,
    ),
)
DEFINITIONS = (LOOKUP, VALIDATE_IN_SYSTEM, SUBSUMES, EXPAND, VALIDATE_IN_VALUE_SET)
