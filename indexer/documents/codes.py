"""Codes as they are written: with their letters in a release (RO197), without in documents (197)."""


def number(code_id: str) -> str:
    """Return a code without its letters: ``RO197`` is ``197``; one of letters alone stays as it is."""
    return code_id.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") or code_id


def by_number(code_id: str) -> tuple[int, str]:
    """Return what codes are sorted by: their number, then all of them."""
    digits = number(code_id)
    return (int(digits) if digits.isdecimal() else 0, code_id)
