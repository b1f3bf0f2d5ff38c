"""What is remembered of loads beside the generations: documents beside the lease in the index `ods-load`."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from elasticsearch import Elasticsearch, NotFoundError

from app.engine.elastic.cluster import Cluster
from app.engine.elastic.register import ElasticRegister
from app.engine.port import BROKE_OFF, EngineError, Failure

_SECONDS = 60
# Only read by id; the index refuses fields that its mapping does not name.
_MAPPING = {"failure": {"type": "object", "enabled": False}, "seen": {"type": "keyword", "index": False}}
_SEE = """
if (ctx._source.seen.contains(params.sha256)) { ctx.op = 'none' } else { ctx._source.seen.add(params.sha256) }
"""


class ElasticNotes:
    """The notes of a cluster; `live` gives its live generation."""

    def __init__(self, cluster: Cluster, live: Callable[[], ElasticRegister]) -> None:
        self._cluster, self._live = cluster, live
        self._index = f"{cluster.address.prefix}-load"

    def failure(self) -> Failure | None:
        """Return the newest load since the live generation was made live that was refused or broke off."""
        if broken := self._broken_off():
            return broken
        noted = self._get("failure").get("failure")
        if noted and noted["live_since"] == self._live_since():
            return Failure(datetime.fromisoformat(noted["time"]), noted["sentence"])
        return None

    def note_failure(self, failure: Failure) -> None:
        """Remember a load that was refused; an index into which nothing was loaded remembers nothing."""
        noted = {"time": failure.time.isoformat(), "sentence": failure.sentence}
        noted["live_since"] = self._live_since()
        if noted["live_since"]:
            self._write(
                lambda client: client.index(index=self._index, id="failure", document={"failure": noted})
            )

    def seen(self) -> frozenset[str]:
        """Return the SHA-256 of the release files that were loaded or passed over."""
        return frozenset(self._get("seen").get("seen", ()))

    def note_seen(self, sha256: str) -> None:
        """Remember a release file."""
        self._write(
            lambda client: client.update(
                index=self._index,
                id="seen",
                script={"source": _SEE, "params": {"sha256": sha256}},
                upsert={"seen": [sha256]},
                retry_on_conflict=5,
            )
        )

    def _live_since(self) -> str:
        with suppress(EngineError):
            return self._live().live_since.isoformat()
        return ""

    def _broken_off(self) -> Failure | None:
        """Look for a lease that ran out instead of being given back; the cluster's clock decides."""
        ran_out = {"bool": {"filter": [{"exists": {"field": "owner"}}, {"range": {"until": {"lt": "now"}}}]}}
        try:
            found = self._cluster.ask(lambda client: client.search(index=self._index, query=ran_out))
        except NotFoundError:
            return None
        hits = found["hits"]["hits"]
        if not hits:
            return None
        return Failure(datetime.fromtimestamp(hits[0]["_source"]["until"] // 1000, UTC), BROKE_OFF)

    def _get(self, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._cluster.ask(lambda client: client.get(index=self._index, id=name))[
                "_source"
            ]
        except NotFoundError:
            return {}
        return found

    def _write(self, call: Callable[[Elasticsearch], object]) -> None:
        self._cluster.work(
            lambda client: client.indices.put_mapping(index=self._index, properties=_MAPPING), _SECONDS
        )
        self._cluster.work(call, _SECONDS)
