"""The table of what can be searched: every kind of entry, its fields and its documents.

Both engines make their schemas from this table, and the indexer fills what it names. A kind that an
interface needs, or a field that a new parameter reads, is a row here.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

import orjson

from app.search.text import fold, fold_postcode


class Type(Enum):
    """What a field's values are, and with that which operators it has (see `app.search.query`)."""

    TEXT = "text"
    """One string or none; kept raw for `EQ` and folded for the rest."""
    TOKEN = "token"  # noqa: S105
    """Any number of terms, compared as they are."""
    INSTANT = "instant"
    """One point in time or none, in whole milliseconds since 1970 UTC."""


@dataclass(frozen=True)
class Field:
    """A named, typed, searchable value of an entry; `form` folds stored and asked text alike."""

    name: str
    type: Type
    form: Callable[[str], str] = fold


def spaced(value: Any) -> bytes:
    """Write JSON in ASCII with a blank after each comma and colon (ord 3)."""
    return _spaced(value).encode()


_spaced = json.JSONEncoder(check_circular=False).encode  # to look for circles takes a sixth of the time


@dataclass(frozen=True)
class Document:
    """A body that entries are served as; an engine that keeps objects gives its bytes back by `write`.

    One that is `brief` is asked for by the thousand: an engine may keep it where that is fast.
    """

    name: str
    write: Callable[[Any], bytes] = orjson.dumps
    brief: bool = False


@dataclass(frozen=True, eq=False)
class Kind:
    """What an entry can be: its fields, and the documents it is served as."""

    name: str
    fields: tuple[Field, ...]
    documents: tuple[Document, ...]

    def document(self, name: str) -> Document:
        """Return a document of the kind by its name."""
        return next(document for document in self.documents if document.name == name)

    @cache  # noqa: B019 - kinds last as long as the program
    def of(self, *types: Type) -> tuple[Field, ...]:
        """Return the fields of these types, in the order of the table."""
        return tuple(field for field in self.fields if field.type in types)


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "organisation",
            fields=(
                Field("name", Type.TEXT),
                Field("town", Type.TEXT),
                Field("postcode", Type.TEXT, fold_postcode),
                Field("status", Type.TOKEN),
                Field("role", Type.TOKEN),
                Field("primary_role", Type.TOKEN),
                Field("non_primary_role", Type.TOKEN),
                Field("last_change", Type.INSTANT),
                Field("record_class", Type.TOKEN),
                Field("relationship", Type.TOKEN),  # see app.search.relationship
            ),
            # ORD's record, and its summary in lists without what depends on the public address.
            documents=(
                Document("stu3"),
                Document("ord", spaced),
                Document("ord_summary", spaced, brief=True),
            ),
        ),
        # Conformance resources: CodeSystem and ValueSet; the id is "{type}/{resource id}".
        Kind("resource", (Field("type", Type.TOKEN), Field("url", Type.TOKEN)), (Document("stu3"),)),
        # ORD's code systems, whole ("roles") and code by code ("roles/RO98").
        Kind("code_list", (), (Document("ord", spaced),)),
        # What earlier generations had and this one has no more; the id is the ODS code.
        Kind("deletion", (Field("missed", Type.INSTANT),), (Document("ord", spaced),)),
    )
}

Value = str | int | tuple[str, ...] | None
"""A field's value: text or none, milliseconds or none, or the terms of a token field."""


class Entry(NamedTuple):
    """One thing of the register: its id, its fields by name, and its documents by interface."""

    id: str
    fields: dict[str, Value]
    documents: dict[str, bytes]
