"""Which kinds of organisations come before others among equal results of a lookup (lookup 2.3)."""

from collections.abc import Collection

_ROLES = (("RO197", "RO107"), ("RO318",), ("RO319",), ("RO272",), ("RO76",), ("RO198",))
"""Trusts, integrated care boards, sub-ICB locations, primary care networks, GP practices, sites of trusts."""


_PLACES = {role: place for place, some in enumerate(_ROLES) for role in some}


def precedence(roles: Collection[str]) -> int:
    """Return the place of the kind of an organisation that holds these roles; the last is that of others."""
    return min([_PLACES.get(role, len(_ROLES)) for role in roles], default=len(_ROLES))
