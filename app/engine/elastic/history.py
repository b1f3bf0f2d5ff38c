"""The history of a generation: an index of its own, whose documents hold many rows each, in order.

The document `0` has the first rows, `1` the next. Each row is a list of the values of a `Remembered`, the
digest in hexadecimal. This never changes, so that every later version can read it. The names of indices and
aliases do not change either, nor do `application` and `generation` in `_meta`.

`first` of a document is the place of its first row: it finds the document that may hold an entry.

Beside these lie the summaries of the generation, which may change with the layout: documents whose ids are no
numbers. Each is compressed.
"""

from base64 import b64decode, b64encode
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any

import zstandard
from elasticsearch import Elasticsearch, NotFoundError

from app.engine.elastic.cluster import Cluster
from app.engine.elastic.schema import APPLICATION, LAYOUT, Json
from app.engine.history import Remembered, place
from app.engine.port import Unwritable, WrongIndex

ROWS = 5_000
"""Rows in a document: one document for each takes many times as long."""


class HistoryWriter:
    """The index of a history that is being written."""

    def __init__(self, cluster: Cluster, name: str, hold: Callable[[], None]) -> None:
        """Make the index; write to it while `hold` does not raise."""
        self._cluster, self._name, self._hold = cluster, name, hold
        self._rows: list[list[Any]] = []
        self._documents = self._summaries = 0
        mapping: Json = {
            "dynamic": "strict",
            "_meta": {"application": APPLICATION, "layout": LAYOUT},
            "properties": {
                "rows": {"type": "object", "enabled": False},
                "first": {"type": "keyword"},
                "summary": {"type": "binary"},
            },
        }
        made = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": -1}
        cluster.work(lambda client: client.indices.create(index=name, mappings=mapping, settings=made))

    def add(self, row: Remembered) -> None:
        """Take in the next row."""
        self._rows.append([row.kind, row.id, row.digest and row.digest.hex(), *row[3:]])
        if len(self._rows) == ROWS:
            self.send()

    def send(self) -> None:
        """Send the rows that wait."""
        if self._rows:
            self._hold()  # else Elasticsearch may make the index anew after another load has deleted it
            kind, entry_id, *_ = self._rows[0]
            document = {"rows": self._rows, "first": _place(kind, entry_id)}
            number = str(self._documents)
            self._cluster.work(lambda client: client.index(index=self._name, id=number, document=document))
            self._documents += 1
            self._rows = []

    def summarise(self, kind: str, name: str, content: bytes) -> None:
        """Send a summary of the entries of a kind."""
        self._hold()
        number, packed = f"{kind}.{name}", b64encode(zstandard.compress(content)).decode()
        self._cluster.work(
            lambda client: client.index(index=self._name, id=number, document={"summary": packed})
        )
        self._summaries += 1

    def check(self) -> None:
        """Raise Unwritable unless the index holds every document that was sent."""
        found = self._cluster.work(lambda client: client.count(index=self._name))["count"]
        if found != (sent := self._documents + self._summaries):
            raise Unwritable(f"{self._name} holds {found:,} of {sent:,} documents: load again")


def read(cluster: Cluster, name: str) -> Iterator[Remembered]:
    """Yield the rows in the index of a history; raises WrongIndex where there is none, and Unavailable."""
    number = 0
    while rows := _document(cluster, name, str(number)):
        yield from map(_remembered, rows)
        number += 1


def summary(client: Elasticsearch, index: str, kind: str, name: str) -> bytes:
    """Return a summary; raises NotFoundError."""
    found = client.get(index=index, id=f"{kind}.{name}", realtime=False)
    return zstandard.decompress(b64decode(found["_source"]["summary"]))


def holding(kind: str, entry_id: str) -> Json:
    """Return the search for the document that has the row of an entry, if there is one."""
    up_to = {"range": {"first": {"lte": _place(kind, entry_id)}}}
    body = {"query": {"bool": {"filter": up_to}}, "sort": [{"first": "desc"}], "size": 1}
    return body | {"_source": ["rows"], "track_total_hits": False}


def find(rows: list[list[Any]], kind: str, entry_id: str) -> Remembered | None:
    """Return the row of an entry among those of a document."""
    at = bisect_left(rows, place(kind, entry_id), key=lambda row: place(row[0], row[1]))
    return _remembered(rows[at]) if rows[at : at + 1] and rows[at][:2] == [kind, entry_id] else None


def _place(kind: str, entry_id: str) -> str:
    """Return a text for a row; these texts have the order of the rows."""
    rank, _ = place(kind, entry_id)
    return f"{rank}/{entry_id}"  # there are fewer than ten kinds


def _remembered(row: list[Any]) -> Remembered:
    kind, entry_id, digest, *rest = row
    return Remembered(kind, entry_id, digest and bytes.fromhex(digest), *rest)


def _document(cluster: Cluster, name: str, number: str) -> list[list[Any]]:
    try:
        found: Json = cluster.ask(lambda client: client.get(index=name, id=number))["_source"]
    except NotFoundError as error:
        if "found" not in error.body:
            raise WrongIndex(f"{cluster.address}: the history {name} is missing") from None
        return []
    rows: list[list[Any]] = found["rows"]
    return rows
