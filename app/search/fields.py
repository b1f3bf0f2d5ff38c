"""The table of what can be searched: every kind of entry, its fields and its documents.

Both engines make their schemas from this table, and the indexer fills what it names. A kind that an
interface needs, or a field that a new parameter reads, is a row here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

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


@dataclass(frozen=True)
class Kind:
    """What an entry can be: its fields, and the names of the documents it is served as."""

    name: str
    fields: tuple[Field, ...]
    documents: tuple[str, ...]

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
            ),
            documents=("stu3",),
        ),
        # Conformance resources: CodeSystem and ValueSet; the id is "{type}/{resource id}".
        Kind("resource", fields=(Field("type", Type.TOKEN), Field("url", Type.TOKEN)), documents=("stu3",)),
    )
}

Value = str | int | tuple[str, ...] | None
"""A field's value: text or none, milliseconds or none, or the terms of a token field."""


class Entry(NamedTuple):
    """One thing of the register: its id, its fields by name, and its documents by interface."""

    id: str
    fields: dict[str, Value]
    documents: dict[str, bytes]
