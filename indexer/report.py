"""The texts about a release: the error that refuses it, and the warnings that do not."""

import errno
from collections import Counter

KINDS = (
    "foreign_file",
    "duplicate_file",
    "superseded_file",
    "no_archive",
    "duplicate_record",
    "stub_without_record",
    "missing_status",
    "no_date",
    "no_role_id",
    "no_relationship_id",
    "repeated_relationship_id",
    "no_primary_role",
    "end_before_start",
    "date_without_start",
    "repeated_date",
    "unresolved_target",
    "unknown_code",
    "unknown_element",
    "odd_code",
)
NAMED = 5

_ADVICE = {
    errno.ENOENT: "leave the release in its place until the load has ended",
    errno.EACCES: "let this user read it",
    errno.EMFILE: "let this user open more files at once (ulimit -n)",
}
"""What the user can do about an error of the system."""


class Refused(Exception):
    """The release was refused: ``str()`` is the whole sentence for the user, without a full stop."""


class Hindered(Refused):
    """The machine is at fault and not the release: the same load may succeed later."""


def refusal(label: str, what: str, place: tuple[int, int] | int | None = None, code: str = "") -> Refused:
    """Make an error text in the fixed order file, line, column, code, what is wrong.

    ``place`` is a line or (line, column), both from 1; ``code`` is an ODS code or "after RR8".
    """
    parts = [label]
    if isinstance(place, tuple):
        parts.append(f"line {place[0]}, column {place[1]}")
    elif place is not None:
        parts.append(f"line {place}")
    if code:
        parts.append(code)
    return Refused(f"{', '.join(parts)}: {what}")


def unreadable(label: str, fault: OSError) -> Refused:
    """Make the error text for a file that cannot be read, with advice."""
    advice = _ADVICE.get(fault.errno or 0, "copy the release to another disk, or download it again")
    return refusal(label, f"it cannot be read ({fault.strerror or fault}): {advice}")


def printable(text: str, longest: int = 200) -> str:
    """Return a text from a file, safe to show: shortened, with control characters replaced."""
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:longest])
    return shown + "…" if len(text) > longest else shown


class Warnings:
    """Counts of warnings by kind, with the first few of each kind as examples.

    ``counts`` maps a kind in ``KINDS`` to its number, ``examples`` maps it to at most ``NAMED`` details.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}

    def add(self, kind: str, detail: str) -> None:
        """Count one warning; ``detail`` says where or what, and the first few become examples."""
        self.counts[kind] += 1
        examples = self.examples.setdefault(kind, [])
        if len(examples) < NAMED:
            examples.append(detail)

    def update(self, other: "Warnings") -> None:
        """Add the counts and examples of other warnings after the own ones."""
        self.counts.update(other.counts)
        for kind, details in other.examples.items():
            examples = self.examples.setdefault(kind, [])
            examples.extend(details[: NAMED - len(examples)])
