"""Which kinds of organisations come before others among equal results of a lookup (lookup 2.3)."""

from collections.abc import Collection

_ROLES = (("RO197", "RO107"), ("RO318",), ("RO319",), ("RO272",), ("RO76",), ("RO198",))
"""Trusts, integrated care boards, sub-ICB locations, primary care networks, GP practices, sites of trusts."""


def precedence(roles: Collection[str]) -> int:
    """Return the place of the kind of an organisation that holds these roles; the last is that of others."""
    return next((at for at, some in enumerate(_ROLES) if any(role in roles for role in some)), len(_ROLES))
