"""Reads documents: one by its id, or those of the matches of a search."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from elasticsearch import NotFoundError

from app.clock import milliseconds
from app.engine.elastic.cluster import Cluster
from app.engine.elastic.schema import Json, kept
from app.register.fields import KINDS, Document
from app.register.query import Match, Stamp

_LONGEST_ID = 512
"""Bytes; no entry has a longer one."""
_STAMP = ("version", "updated")
"""Where the stamp of an entry is."""


class Found(NamedTuple):
    """An entry, None where there is none or it lacks the document, and the index that answered."""

    answered: str
    match: Match | None


def fetch(cluster: Cluster, index: str, kind: str, entry_id: str, document: str) -> Found | None:
    """Ask an index or alias for the entry with this id, and a document; None where no entry can have the id.

    Raises Unavailable, and NotFoundError where there is no such index.
    """
    if not 0 < len(entry_id.encode()) <= _LONGEST_ID:
        return None
    wanted = KINDS[kind].document(document)
    read = [kept(wanted), *(() if wanted.brief else _STAMP)]
    try:
        answer = cluster.ask(
            lambda client: client.get(index=index, id=entry_id, source_includes=read, realtime=False)
        ).body
    except NotFoundError as error:
        if "found" not in error.body:
            raise
        return Found(error.body["_index"], None)
    source = answer["_source"]
    body = _written(source, wanted)
    return Found(answer["_index"], None if body is None else Match(entry_id, body, _stamp(source)))


def read_of_each(document: Document | None) -> Json:
    """Return what a search reads of each match: columns where those suffice, not even its `_id`."""
    if document and not document.brief:
        return {"_source": [kept(document), *_STAMP]}
    brief = [kept(document)] if document else []
    return {"_source": False, "stored_fields": "_none_", "docvalue_fields": ["id", *brief]}


def match(hit: Mapping[str, Any], document: Document | None) -> Match:
    """Return a match of which that was read; one without the document has an empty one."""
    if document and not document.brief:
        source = hit["_source"]
        body = _written(source, document)
        return Match(hit["_id"], b"") if body is None else Match(hit["_id"], body, _stamp(source))
    columns = hit["fields"]
    held = columns.get(kept(document), [""]) if document else [""]
    return Match(columns["id"][0], held[0].encode())


def _stamp(source: Mapping[str, Any]) -> Stamp | None:
    """Return the stamp of an entry, if its kind is versioned."""
    if "version" not in source:
        return None
    return Stamp(source["version"], milliseconds(datetime.fromisoformat(source["updated"])))


def _written(source: Mapping[str, Any], document: Document) -> bytes | None:
    """Return the bytes of a document, if there is one: those that are brief are text, others objects."""
    body = source.get("brief" if document.brief else "document", {}).get(document.name)
    if body is None:
        return None
    return str(body).encode() if document.brief else document.write(body)
