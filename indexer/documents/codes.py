"""Codes of code systems: releases write them with letters (RO197), documents without (197)."""


def number(code_id: str) -> str:
    """Return a code without its leading letters (``197`` for ``RO197``), or unchanged if it has no others."""
    return code_id.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") or code_id


def by_number(code_id: str) -> tuple[int, str]:
    """Return the sort key of a code: its number, then the whole code."""
    digits = number(code_id)
    return (int(digits) if digits.isdecimal() else 0, code_id)
