"""What an index of one kind holds: mapping and settings, made of the table of fields.

Beside a field's own value stand the forms that searches need of it:

* a text: `name` as it was given, and `name_folded`, whose `grams` are its trigrams, `pairs` its pairs of
  characters, `chars` its characters and `words` what stands between blanks. Trigrams and characters have
  positions, so that a phrase of them is an exact substring. At the position of each character stands ANY too:
  it says that there is a character. Each part of a text of several is a value of both, and no phrase goes
  from one to the next, since their positions lie far apart;
* a text or an instant: `rank.name`, the place of its value among all different values of the generation.
  `rank.id` is the place of the entry itself. Orders compare ranks, and deep pages are found by them;
* a reference: `rank.source`, the `rank.id` of the entry that it names, if there is one.

`version` and the field `updated` are the stamp of an entry.

`document` holds the documents whole, as objects that are not indexed, and `brief` those that are brief, as
text: with `id` it is read from columns, several times as fast as from sources. `_meta` of the first kind's
index holds what is known of the generation. The index of the history is described in `history.py`.
"""

from typing import Any

from app.register.fields import KINDS, Document, Field, Kind, Type

LAYOUT = 11
APPLICATION = "ods-api-suite"

FIRST = next(iter(KINDS))
"""The kind whose index holds what is known of its generation."""
HISTORY = "history"
"""Stands in the place of a kind in the name of the index of the history."""

GRAM = 3
ANY = "any"
"""The term that stands where any character does; no character is as long."""
HOLE = "--"
"""Stands in a phrase where it says nothing of what is there; no trigram and no character is as long."""
PHRASE = "phrase"
"""The analyzer of phrases whose terms are given, a line each: no folded text has two lines."""

Json = dict[str, Any]


def folded(field: str) -> str:
    """Return where the folded form of a text is."""
    return f"{field}_folded"


def rank(field: str) -> str:
    """Return where the rank of a field's value, or of `id`, is."""
    return f"rank.{field}"


def kept(document: Document) -> str:
    """Return where a document is."""
    return f"{'brief' if document.brief else 'document'}.{document.name}"


def ranked(kind: Kind) -> tuple[Field, ...]:
    """Return the fields of a kind that have a rank, beside its ids."""
    return tuple(field for field in kind.of(Type.TEXT, Type.INSTANT) if not field.parts)


def mapping(kind: Kind) -> Json:
    """Return the strict mapping of a kind."""
    properties: Json = {}
    for field in kind.fields:
        match field.type:
            case Type.TEXT:
                properties[field.name] = {"type": "keyword"}
                properties[folded(field.name)] = {
                    "type": "keyword",
                    "fields": {
                        "grams": _text("grams", "positions"),
                        "pairs": _text("pairs", "docs"),
                        "chars": _text("chars", "positions"),
                        "words": _text("words", "docs"),
                    },
                }
            case Type.TOKEN | Type.REFERENCE:
                properties[field.name] = {"type": "keyword"}
            case Type.INSTANT:
                properties[field.name] = {"type": "date", "format": "strict_date_optional_time"}
    ranks = ("id", *(field.name for field in (*ranked(kind), *kind.of(Type.REFERENCE))))
    properties["rank"] = {"properties": {name: {"type": "integer"} for name in ranks}}
    if kind.versioned:
        properties["version"] = {"type": "integer", "index": False}
    properties["document"] = {"type": "object", "enabled": False}
    column = {"type": "keyword", "index": False}
    properties["id"] = column
    if brief := [document.name for document in kind.documents if document.brief]:
        properties["brief"] = {"properties": dict.fromkeys(brief, column)}
    meta = {"application": APPLICATION, "layout": LAYOUT}
    return {"dynamic": "strict", "_meta": meta, "properties": properties}


def _text(analyzer: str, index_options: str) -> Json:
    return {"type": "text", "analyzer": analyzer, "index_options": index_options, "norms": False}


def settings(kind: Kind, shards: int) -> Json:
    """Return the settings of an index that is being filled."""
    plain = {"number_of_shards": shards, "number_of_replicas": 0, "refresh_interval": -1}
    if not kind.of(Type.TEXT):
        return plain
    lengths = {"grams": GRAM, "pairs": 2, "chars": 1}
    return {
        **plain,
        "max_regex_length": 10_000,  # hundreds of texts are looked for at once
        "analysis": {
            "analyzer": {
                "grams": {"tokenizer": "grams"},
                "pairs": {"tokenizer": "pairs"},
                "chars": {"tokenizer": "chars", "filter": ["and_any"]},
                "words": {"tokenizer": "words"},
                PHRASE: {"tokenizer": "lines", "filter": ["holes"]},
            },
            "tokenizer": {
                "lines": {"type": "char_group", "tokenize_on_chars": ["\\n"]},
                # A word is never cut: no term has more bytes.
                "words": {"type": "char_group", "tokenize_on_chars": [" "], "max_token_length": 32_766},
                **{
                    name: {"type": "ngram", "min_gram": length, "max_gram": length}
                    for name, length in lengths.items()
                },
            },
            "filter": {
                "any": {"type": "pattern_replace", "pattern": "(?s).+", "replacement": ANY},
                "and_any": {"type": "multiplexer", "filters": ["any"]},
                "holes": {"type": "stop", "stopwords": [HOLE]},
            },
        },
    }
