"""STU3's rules for values of search parameters, with the error texts of the live service (fhir-stu3 4)."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from app.fhir import readers, systems
from app.fhir.readers import Sent, Terms
from app.fhir.rejected import Rejected
from app.fhir.values import split, unescape
from app.register.query import Clause, Test
from app.stu3.words import Issue

ROLE, PRIMARY_ROLE = "ods-org-role", "ods-org-primaryRole"

_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]+")
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class _Text:
    """Limits of one string parameter, in characters, and the error texts for values that break them."""

    least: int
    most: int
    allowed: Callable[[str], bool]
    too_short: str
    too_long: str
    invalid: str


def _letters_and(others: str) -> Callable[[str], bool]:
    """Return a check that allows letters of any script with their combining marks, and `others`."""

    def allowed(text: str) -> bool:
        after_letter = False
        for char in text:
            category = unicodedata.category(char)[0]
            after_letter = category == "L" or (category == "M" and after_letter)
            if not after_letter and char not in others:
                return False
        return True

    return allowed


TEXTS = {
    "name": _Text(
        3,
        100,
        _letters_and("0123456789 &()'+-_./:@,;\"[]\u2019!"),
        "Supplied {p} needs a minimum of 3 Characters.",
        "Supplied {p} too long, max 100 Characters.",
        "Supplied {p} has invalid Character/s",
    ),
    "address-postalcode": _Text(
        2,
        8,
        lambda text: re.fullmatch(r"[A-Za-z0-9 ]*", text) is not None,
        "Supplied address-postalcode is too short, min 2 characters",
        "Supplied address-postalcode is too long, max 8 characters",
        "Supplied address-postalcode contains invalid characters, alphanumeric characters only",
    ),
    "address-city": _Text(
        3,
        75,
        _letters_and(" ,.'-\u2019"),
        "Supplied address-city is too short, min 3 characters",
        "Supplied address-city is too long, max 75 characters",
        "Supplied address-city contains invalid characters, "
        "valid characters include:  , . ' and alphabetical characters",
    ),
}


def text(sent_as: str, value: str) -> None:
    """Check one alternative of a string parameter, unescaped and trimmed; raises Rejected."""
    limits = TEXTS[sent_as.partition(":")[0]]
    length = len(unicodedata.normalize("NFC", value))
    if length < limits.least:
        fault = limits.too_short
    elif length > limits.most:
        fault = limits.too_long
    elif not limits.allowed(value):
        fault = limits.invalid
    else:
        return
    raise Rejected(Issue("INVALID_VALUE", fault.format(p=sent_as)))


def organization_id(value: str, _sent: Sent) -> str:
    """Return the ODS code in one alternative of `_id`; raises Rejected."""
    code = unescape(value).strip(" ")
    if not _ALPHANUMERIC.fullmatch(code):
        raise Rejected(Issue("INVALID_VALUE", "Supplied _id must be just alphanumeric characters."))
    return code.upper()


def resource_id(resource_type: str) -> Callable[[str, Sent], str]:
    """Return what makes the id of an entry of one alternative of `_id`; that raises BadEscape."""
    return lambda value, _sent: f"{resource_type}/{unescape(value).strip(' ')}"


def identifier(value: str, _sent: Sent) -> str:
    """Return the ODS code in one alternative of `identifier`; raises Rejected."""
    *system, code = _parts(value)
    if system and system[0] != systems.ODS_CODE:  # the live service names the wrong parameter too
        fault = f"Invalid ods-org-role parameter. Should be {systems.ODS_CODE}"
        raise Rejected(Issue("INVALID_IDENTIFIER_SYSTEM", fault))
    if len(system) > 1 or not _ALPHANUMERIC.fullmatch(code):
        fault = "Supplied identifier must be just alphanumeric characters."
        raise Rejected(Issue("INVALID_IDENTIFIER_VALUE", fault))
    return code.upper()


def role(value: str, sent: Sent) -> str:
    """Return the role id (``RO197``) in one alternative of `ods-org-role`; raises Rejected."""
    *system, code = _parts(value)
    if system and not _is_role_system(system[0], sent.base):
        fault = f"Invalid ods-org-role parameter. Should be {systems.STU3_ROLE}."
        raise Rejected(Issue("INVALID_CODE_SYSTEM", fault))
    if len(system) > 1 or not _DIGITS.fullmatch(code):
        raise Rejected(Issue("INVALID_CODE_VALUE", "Invalid FHIR ods-org-role parameter"))
    return f"RO{code}"


def _parts(value: str) -> list[str]:
    """Split a token at its bars, and trim blanks."""
    return [unescape(part).strip(" ") for part in split(value, "|")]


def _is_role_system(url: str, base: str) -> bool:
    """Return whether a URL is one of the accepted forms of the role code system's URL (fhir-stu3 4.7)."""
    forms = (systems.STU3_ROLE, systems.STU3_ROLE_UAT, f"{base}/{systems.STU3_ROLE_PATH}")
    return url in forms or url in {form.replace("/STU3/", "/STU3/STU3/") for form in forms}


def status(value: str, sent: Sent) -> str:
    """Return the status of an organisation in one alternative of `active`; raises Rejected."""
    return "Active" if readers.boolean(sent.name.partition(":")[0], unescape(value)) else "Inactive"


def url(value: str, sent: Sent) -> str:
    """Return the URL in one alternative of `url`: all forms of the role code system's become one."""
    found = unescape(value)
    return systems.STU3_ROLE if _is_role_system(found, sent.base) else found


@dataclass(frozen=True)
class Roles(Terms):
    """Roles; `ods-org-primaryRole` beside it says which of an organisation's are searched (fhir-stu3 4.7)."""

    def tests(self, sent: Sent) -> Iterator[Test]:
        """Return the test of each alternative."""
        asked = dict(sent.pairs).get(PRIMARY_ROLE, "")
        field = {"true": "primary_role", "false": "non_primary_role"}.get(asked, self.field)
        return Terms(field, self.read).tests(sent)


@dataclass(frozen=True)
class Qualifier:
    """`ods-org-primaryRole`, which says how `ods-org-role` is read."""

    once: ClassVar[bool] = True
    present: ClassVar[tuple[Test, ...]] = ()

    def clauses(self, sent: Sent) -> tuple[Clause, ...]:
        """Check the value; raises Rejected."""
        readers.boolean(sent.name, sent.value)
        return ()
