"""The table of kinds of entries: the fields that can be searched, and the documents that are served.

Both engines make their schemas from this table, and the indexer fills its fields and documents. To add a kind
for an interface, or a field for a search parameter, add a row here.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property
from typing import Any, NamedTuple

import orjson

from app.register import lexicon, relationship, words
from app.register.text import fold, fold_postcode


class Type(Enum):
    """The type of a field's values; it determines the operators (see `app.register.query.Operator`)."""

    TEXT = "text"
    """One string or none; stored raw for `EQ` and folded for the other operators."""
    TOKEN = "token"  # noqa: S105
    """Any number of terms, compared without folding."""
    INSTANT = "instant"
    """One point in time or none, in whole milliseconds since 1970 UTC."""
    REFERENCE = "reference"
    """The id of an entry of another kind, or none; there need be no such entry."""


Value = str | int | tuple[str, ...] | None
"""A field's value: text (several if it has `parts`), milliseconds, an id, or the terms of a token field."""


@dataclass(frozen=True)
class Field:
    """A searchable field of an entry; `form` folds both the stored text and the text of a query.

    The terms of a token field may be `made_of` values of the entry: `terms` gives those of one value. An
    engine may make them once for each different value of a register, instead of for each entry.
    """

    name: str
    type: Type
    form: Callable[[str], str] = fold
    of: str = ""
    """The kind of the entries that a reference names."""
    parts: bool = False
    """Whether the value of this text is several texts, of which any may match; it is no sort key."""
    often: bool = False
    """Whether many searches ask for it: an engine may prepare for that when it opens a register."""
    made_of: tuple[str, ...] = ()
    terms: Callable[[str], Iterable[str]] = lambda value: (value,)

    @property
    def values(self) -> tuple[str, ...]:
        """The names of the values of an entry that the terms of this token field are made of."""
        return self.made_of or (self.name,)

    def held(self, values: Mapping[str, Value]) -> tuple[str, ...]:
        """Return the terms of an entry with these values, each once."""
        stated = (value for name in self.values for value in values.get(name) or ())  # type: ignore[union-attr]
        return tuple({term: None for value in stated for term in self.terms(value)})


def spaced(value: Any) -> bytes:
    """Write JSON in ASCII with a blank after each comma and colon (ord 3)."""
    return _spaced(value).encode()


_spaced = json.JSONEncoder(check_circular=False).encode  # the check takes a sixth of the time


@dataclass(frozen=True)
class Document:
    """A JSON body in which entries are served. An engine that stores objects makes its bytes with `write`.

    A `brief` document is read by the thousand: an engine may store it where that is fast.
    """

    name: str
    write: Callable[[Any], bytes] = orjson.dumps
    brief: bool = False


@dataclass(frozen=True)
class Summary:
    """A value that an engine makes of all entries of a kind, and stores with the generation.

    `make` is given how many entries hold each term of the token fields `of`, by field.
    """

    name: str
    of: tuple[str, ...]
    make: Callable[[Mapping[str, Mapping[str, int]]], bytes]


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of entry: its name, its fields, and the documents in which its entries may be served."""

    name: str
    fields: tuple[Field, ...]
    documents: tuple[Document, ...]
    versioned: bool = False
    """Whether its entries have a `Stamp`; then the field `updated` has its time."""
    summaries: tuple[Summary, ...] = ()

    def document(self, name: str) -> Document:
        """Return a document of the kind by its name."""
        return next(document for document in self.documents if document.name == name)

    def field(self, name: str) -> Field:
        """Return a field of the kind by its name."""
        return self._fields[name]

    @cached_property
    def _fields(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The names of the values that the token fields are made of."""
        return tuple({name: None for field in self.of(Type.TOKEN) for name in field.values})

    @cached_property
    def parted(self) -> frozenset[str]:
        """The names of the texts of several parts."""
        return frozenset(field.name for field in self.fields if field.parts)

    @cache  # noqa: B019 - kinds last as long as the program
    def of(self, *types: Type) -> tuple[Field, ...]:
        """Return the fields of these types, in the order of the table."""
        return tuple(field for field in self.fields if field.type in types)


ON_OTHER_DAYS = "span"
"""The relationship is held on other days than its start and end say (hierarchy 2)."""
ON_LAST_DAY = "last"
"""Another relationship of its source and type begins on its last day: it may give way on that day."""

KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "organisation",
            fields=(
                Field("name", Type.TEXT, often=True),
                Field("town", Type.TEXT, often=True),
                Field("postcode", Type.TEXT, fold_postcode, often=True),
                Field("country", Type.TEXT),
                Field("lines", Type.TEXT, parts=True),  # of the address, and the county
                Field("status", Type.TOKEN),
                Field("role", Type.TOKEN),
                Field("primary_role", Type.TOKEN),
                Field("non_primary_role", Type.TOKEN),
                Field("last_change", Type.INSTANT),
                Field("updated", Type.INSTANT),
                Field("record_class", Type.TOKEN),
                Field("record_use", Type.TOKEN),
                Field("relationship", Type.TOKEN, made_of=("relationship",), terms=relationship.terms),
                Field("name_word", Type.TOKEN, made_of=("name_word",), terms=words.terms),
                Field("place_word", Type.TOKEN, made_of=("place_word",), terms=words.terms),
                Field("beginning", Type.TOKEN, made_of=("name_word", "place_word"), terms=words.beginnings),
                Field("active_role", Type.TOKEN),
                Field("active_primary_role", Type.TOKEN),
                Field("succession", Type.TOKEN),  # "Predecessor/CODE" or "Successor/CODE"
                Field("within", Type.TOKEN),  # codes of the organisations that it belongs to (lookup 2)
                # Its levels on the day of the load (`app.directory.settled`), and the first day after it, as
                # YYYY-MM-DD, on which they may be others.
                *(Field(name, Type.TOKEN) for name in ("icb", "region", "pcn", "sub_icb", "levels_until")),
                # What `$expand` filters by (fhir-r4 10.1 and 10.4); each day is its start.
                Field("op_start", Type.INSTANT),
                Field("op_end", Type.INSTANT),
                Field("leg_start", Type.INSTANT),
                Field("leg_end", Type.INSTANT),
                Field("shown_role", Type.TOKEN),
                Field("stated", Type.TOKEN),  # see `app.register.stated`
                Field("opened", Type.INSTANT),  # when it is open (hierarchy 2); without either: always
                Field("closed", Type.INSTANT),  # the start of the day after the last one
            ),
            # ORD's record, and its summary in lists without the link, which depends on the public address.
            versioned=True,
            documents=(
                Document("stu3"),
                Document("r4"),  # without what `app.fhir.stored` adds
                Document("ord", spaced),
                Document("ord_summary", spaced, brief=True),
                Document("lookup", brief=True),  # a result of a lookup, but for its score; and its precedence
            ),
            summaries=(Summary("words", lexicon.OF, lexicon.pack),),
        ),
        # The relationships of organisations.
        Kind(
            "affiliation",
            fields=(
                Field("status", Type.TOKEN),
                Field("type", Type.TOKEN),
                Field("source", Type.REFERENCE, of="organisation", often=True),
                Field("target", Type.REFERENCE, of="organisation", often=True),
                Field("unnumbered", Type.TOKEN),  # "true" where the id is not the relationship's number
                Field("start", Type.INSTANT, often=True),
                Field("end", Type.INSTANT, often=True),  # the start of the day after the last one
                Field("odd", Type.TOKEN),  # ON_OTHER_DAYS or ON_LAST_DAY
                Field("updated", Type.INSTANT),
            ),
            versioned=True,
            documents=(Document("r4"),),
        ),
        # Successions by uniqueSuccId (fhir-r4 9.3).
        Kind(
            "succession",
            fields=(
                Field("source", Type.REFERENCE, of="organisation"),  # the predecessor
                Field("target", Type.REFERENCE, of="organisation"),  # the successor
            ),
            documents=(Document("concept", brief=True),),
        ),
        # The parts of the table of role instances (`app.register.roles`), in order.
        Kind("role_table", (), (Document("part"),)),
        # Resources of other types, such as CodeSystem and List; the id is "{type}/{resource id}".
        Kind(
            "resource",
            fields=(
                Field("type", Type.TOKEN),  # with the version of FHIR: see `app.register.resources`
                Field("url", Type.TOKEN),  # of R4 also with the version of the resource: "{url}|{version}"
                Field("element", Type.TOKEN),  # see `app.register.resources`
                Field("name", Type.TEXT),
                Field("title", Type.TEXT),
                Field("publisher", Type.TEXT),
                Field("description", Type.TEXT),
                Field("unique", Type.TEXT, parts=True),  # the values that a NamingSystem lists
                Field("status", Type.TOKEN),
                Field("date", Type.INSTANT),
                Field("updated", Type.INSTANT),
            ),
            versioned=True,
            documents=(Document("stu3"), Document("r4")),
        ),
        # ORD's code systems, whole ("roles") and code by code ("roles/RO98").
        Kind("code_list", (), (Document("ord", spaced),)),
        # Organisations that an earlier generation had and this one lacks; the id is the ODS code.
        Kind("deletion", (Field("missed", Type.INSTANT),), (Document("ord", spaced),)),
    )
}


class Entry(NamedTuple):
    """One thing of the register: its id, the values of its fields, and its documents by name.

    An entry may lack documents of its kind: it is not served where those are.
    """

    id: str
    fields: dict[str, Value]
    documents: dict[str, bytes]
