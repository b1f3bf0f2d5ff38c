"""The display names of roles and relationship types, as the release gives them."""

from collections.abc import Mapping

import orjson

from app.engine.port import Register


def display_names(register: Register, system: str) -> Mapping[str, str]:
    """Return the names of a code system by id; `system` is ``roles`` or ``rels``."""
    stored = register.get("code_list", system, "ord")
    (codes,) = orjson.loads(stored).values() if stored else ([],)
    return {code["id"]: code["displayName"] for code in codes if "displayName" in code}
