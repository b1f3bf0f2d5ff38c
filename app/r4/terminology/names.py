"""The names of organisations that properties of concepts name."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import orjson

from app.engine.port import Register
from app.r4.terminology.system import Concept


def summaries(register: Register, codes: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """Return ORD's summaries of those of these organisations that exist, in order of the codes."""
    found = register.documents("organisation", codes, "ord_summary") if codes else {}
    return {code: orjson.loads(found[code]) for code in codes if code in found}


def described(
    register: Register,
    concepts: Mapping[str, Concept],
    properties: Collection[str],
    known: Callable[[str], str | None] = lambda _code: None,
) -> dict[str, Concept]:
    """Return concepts with the names of the organisations that these of their properties name.

    `known` returns the name of an organisation that was read before.
    """
    named = {
        str(each.value)
        for concept in concepts.values()
        for each in concept.properties
        if each.code in properties
    }
    if not named:
        return dict(concepts)
    names = {code: known(code) for code in named}
    unread = [code for code, name in names.items() if name is None]
    names |= {code: each["Name"] for code, each in summaries(register, unread).items()}
    return {
        code: concept._replace(
            properties=[
                each._replace(description=names.get(str(each.value))) if each.code in properties else each
                for each in concept.properties
            ]
        )
        for code, concept in concepts.items()
    }
