"""Writes one generation: its indices, everything into them in bulk, and what they are served with."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from http import HTTPStatus
from typing import Any

from elasticsearch import Elasticsearch

from app.clock import Clock
from app.engine.elastic.catalogue import Meta
from app.engine.elastic.cluster import Cluster, Overloaded
from app.engine.elastic.history import HistoryWriter
from app.engine.elastic.pack import Packer
from app.engine.elastic.schema import FIRST, HISTORY, mapping, settings
from app.engine.elastic.spool import Places, Waiting
from app.engine.history import Remembered
from app.engine.port import NONE, Generation, Unwritable, check_stamp
from app.register.fields import KINDS, Entry, Kind
from app.register.query import Stamp

log = logging.getLogger(__name__)

_BULK_BYTES = 4 * 1024 * 1024
_MERGE_SECONDS = 3600
_GREEN_SECONDS = 120
"""How long a new generation waits for its replicas before it is made live without them."""


class ElasticBuild:
    """A generation being made: its indices while they are filled."""

    def __init__(
        self,
        cluster: Cluster,
        names: dict[str, str],
        about: Meta,
        workers: int,
        hold: Callable[[], None],
        publish: Callable[[Meta, datetime], Generation],
    ) -> None:
        """Make the indices of the first kind and the history; `names` has those of the other kinds too.

        The others are made when they are filled, those that have entries.
        `workers` requests are sent at a time, while `hold` does not raise.
        `about` is what is known of the generation so far; `publish` is given the rest too, and makes it live.
        """
        self.leftover = None  # a load may run on any machine
        self._cluster, self._about = cluster, about
        self._hold, self._publish = hold, publish
        self._history = HistoryWriter(cluster, names[HISTORY], hold)
        self._kinds = {kind: _KindWriter(cluster, KINDS[kind], names[kind], workers) for kind in KINDS}
        self._kinds[FIRST].make()
        self._names = [names[HISTORY], names[FIRST]]
        """Of the indices that are made."""

    def train(self, samples: Mapping[str, Sequence[Entry]]) -> dict[str, bytes]:  # noqa: ARG002 - no use
        """Return nothing: lines are compressed for a short time only."""
        return {}

    def packer(self, trained: dict[str, bytes]) -> Packer:  # noqa: ARG002 - see `train`
        """Return a packer."""
        return Packer()

    def add(
        self,
        kind: str,
        entry_id: str,
        packed: bytes,
        terms: Mapping[str, Sequence[str]] = NONE,
        stamp: Stamp | None = None,
    ) -> None:
        """Take in one packed entry, further terms of it, and its stamp."""
        check_stamp(kind, stamp)
        self._kinds[kind].waiting.add(entry_id, packed, terms, stamp)

    def remember(self, row: Remembered) -> None:
        """Take in one row of the history."""
        self._history.add(row)

    def publish(self, report: Callable[[], dict[str, Any]], clock: Clock) -> Generation:
        """Check that all that was added can be read, and make it live in one step."""
        self._finish()
        ranks = {kind: writer.waiting.ranks() for kind, writer in self._kinds.items()}
        return self._publish(
            self._about | {"ranks": ranks, "size": self._size(), "report": report()}, clock()
        )

    def close(self) -> None:
        """Close the files in which entries wait."""
        for writer in self._kinds.values():
            writer.waiting.close()

    def _finish(self) -> None:
        """Send everything, leave the indices as they are to be served, and check that all of it is there."""
        for kind, writer in self._kinds.items():
            if kind != FIRST and writer.waiting.count:
                self._hold()
                writer.make()
                self._names.append(writer.name)
            writer.send(self._hold, lambda of: self._kinds[of].waiting.places())
            for name, content in writer.waiting.summaries():
                self._history.summarise(kind, name, content)
        self._history.send()
        names, work = self._names, self._cluster.work
        work(lambda client: client.indices.forcemerge(index=names, max_num_segments=1), _MERGE_SECONDS)
        work(lambda client: client.indices.put_settings(index=names, settings=self._served()))
        work(lambda client: client.indices.refresh(index=names))
        for writer in self._kinds.values():
            if writer.name in names:
                writer.check()
        self._history.check()
        health = work(
            lambda client: client.cluster.health(
                index=names, wait_for_status="green", timeout=f"{_GREEN_SECONDS}s"
            )
        )
        if health["timed_out"]:
            log.warning("Not all replicas of the new generation are there yet: it is made live without them")

    def _size(self) -> int:
        """Return the bytes that the indices take, without replicas."""
        stats = self._cluster.work(lambda client: client.indices.stats(index=self._names, metric="store"))
        return int(stats["_all"]["primaries"]["store"]["size_in_bytes"])

    def _served(self) -> dict[str, Any]:
        """Return the settings of an index that is served."""
        replicas = self._cluster.options.replicas
        number = {"auto_expand_replicas": "0-1"} if replicas is None else {"number_of_replicas": replicas}
        return {"index": {**number, "refresh_interval": None, "blocks.write": True}}


class _KindWriter:
    """The index of one kind, and what waits to be sent to it."""

    def __init__(self, cluster: Cluster, kind: Kind, name: str, workers: int) -> None:
        self.name, self.waiting = name, Waiting(kind)
        self._cluster, self._kind, self._workers = cluster, kind, workers

    def make(self) -> None:
        """Make the index."""
        held, made = mapping(self._kind), settings(self._kind, self._cluster.options.shards)
        self._cluster.work(
            lambda client: client.indices.create(index=self.name, mappings=held, settings=made)
        )

    def send(self, hold: Callable[[], None], places: Places) -> None:
        """Send everything, several requests at a time and hardly more of them in memory."""
        sent: deque[Future[None]] = deque()
        with ThreadPoolExecutor(self._workers) as threads:
            try:
                for lines in _batches(self.waiting.lines(places)):
                    # Renew the lease first: if another load has deleted the index, Elasticsearch
                    # would recreate it with a guessed mapping.
                    hold()
                    sent.append(threads.submit(self._bulk, lines))
                    if len(sent) > self._workers:
                        sent.popleft().result()
                while sent:
                    sent.popleft().result()
            finally:
                for left in sent:
                    left.cancel()

    def check(self) -> None:
        """Raise Unwritable unless the index holds as many entries as were added."""
        found = self._cluster.work(lambda client: client.count(index=self.name))["count"]
        if found != self.waiting.count:
            raise Unwritable(f"{self.name} holds {found:,} of {self.waiting.count:,} entries: load again")

    def _bulk(self, lines: list[Any]) -> None:
        """Send lines; what is sent again, since there was no room for some of it, replaces itself."""

        def send(client: Elasticsearch) -> None:
            answer = client.bulk(
                index=self.name,
                operations=lines,
                filter_path="items.*.error,items.*._id,items.*.status",
            )
            faults = [item["index"] for item in answer["items"] if "error" in item["index"]]
            for fault in faults:
                if fault["status"] != HTTPStatus.TOO_MANY_REQUESTS:
                    raise Unwritable(f"{self.name} did not take {fault['_id']}: {fault['error']['reason']}")
            if faults:
                raise Overloaded(f"{self.name} has no room for more now")

        self._cluster.work(send)


def _batches(pairs: Iterable[tuple[bytes, bytes]]) -> Iterator[list[bytes]]:
    lines: list[bytes] = []
    size = 0
    for action, source in pairs:
        lines += (action, source)
        size += len(action) + len(source)
        if size >= _BULK_BYTES:
            yield lines
            lines, size = [], 0
    if lines:
        yield lines
