"""One load at a time: a document in which the load that runs says, again and again, that it still does.

A lock that dies with its process does not exist in a cluster. All instants are those of the cluster, so that
clocks of different machines are not compared. The document also holds the last number that was given to a
generation.
"""

import logging
import math
import secrets
import threading
import time
from types import TracebackType
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch

from app.engine.elastic.cluster import Cluster
from app.engine.port import Busy, EngineError

log = logging.getLogger(__name__)

_SECONDS = 20
_BEAT = 2
"""Seconds after which a load that runs says so again."""

FRESH = 1
"""Seconds in which a lease that was renewed is not renewed again."""

_MAPPING = {
    "dynamic": "strict",
    "properties": {
        "owner": {"type": "keyword"},
        "until": {"type": "date", "format": "epoch_millis"},
        "number": {"type": "long"},
    },
}
# A lease that ran out is anybody's; one that was lost is not renewed, and only its owner gives it back.
_TAKE = """
if (ctx._source.owner != null && ctx._source.until > ctx._now) { ctx.op = 'none' }
else { ctx._source.owner = params.owner; ctx._source.until = ctx._now + params.milliseconds }
"""
_RENEW = """
if (ctx._source.owner != params.owner) { ctx.op = 'none' }
else { ctx._source.until = ctx._now + params.milliseconds }
"""
_NUMBER = """
if (ctx._source.owner != params.owner) { ctx.op = 'none' }
else { ctx._source.number = Math.max(params.least, ctx._source.number == null ? 1 : ctx._source.number + 1) }
"""
_GIVE_BACK = """
if (ctx._source.owner != params.owner) { ctx.op = 'none' } else { ctx._source.owner = null }
"""


class Lease:
    """The right to load, held while the context lasts; raises Busy where another load holds it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._index = f"{cluster.address.prefix}-load"
        self._owner = secrets.token_hex(8)
        self._held = -math.inf
        """When (`time.monotonic`) the cluster was last asked for it, and gave it."""
        self._ended = threading.Event()
        self._beating = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "Lease":
        self._cluster.work(self._make)
        seen, deadline = None, time.monotonic() + _SECONDS + _BEAT
        while not self._owns(_TAKE, refresh=True):
            # Of a load that was killed the lease runs out; one that runs renews it.
            until = self._cluster.work(lambda client: client.get(index=self._index, id="lease"))["_source"][
                "until"
            ]
            if (seen and until != seen) or time.monotonic() > deadline:
                raise Busy(f"Another load is filling {self._cluster.address}: wait until it has ended")
            seen = until
            time.sleep(_BEAT / 2)
        self._beating.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._beating.join()
        try:
            self._update(_GIVE_BACK, refresh=True)
        except EngineError as failed:  # it runs out by itself
            log.warning("The lease of this load could not be given back: %s", failed)

    def hold(self) -> None:
        """Make sure that the lease is ours for some time more; raises Busy."""
        if time.monotonic() > self._held + FRESH and not self._owns(_RENEW):
            raise Busy(
                f"Another load has taken over {self._cluster.address}: this one was held up for too long"
            )

    def _owns(self, script: str, *, refresh: bool = False) -> bool:
        """Take or renew the lease; return whether it is ours."""
        asked = time.monotonic()
        if is_ours := bool(self._update(script, refresh=refresh)):
            self._held = asked
        return is_ours

    def number(self, least: int) -> int:
        """Return a number that was never given to a generation; at least so great."""
        found = self._update(_NUMBER, least=least)
        if not found:
            self.hold()
        return int(found["number"])

    def _make(self, client: Elasticsearch) -> None:
        settings = {"number_of_shards": 1, "auto_expand_replicas": "0-1"}
        try:
            client.indices.create(index=self._index, mappings=_MAPPING, settings=settings)
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise

    def _update(self, script: str, *, refresh: bool = False, **more: int) -> dict[str, Any]:
        """Run a script on the lease; return what it then is, or nothing where the script did nothing.

        The notes of loads search for a lease that ran out: `refresh` where such a search must see the change
        at once. A renewed lease may be seen a second later, since it would run out much later.
        """
        params = {"owner": self._owner, "milliseconds": _SECONDS * 1000, **more}
        answer = self._cluster.work(
            lambda client: client.update(
                index=self._index,
                id="lease",
                script={"source": script, "params": params},
                upsert={},
                scripted_upsert=True,
                retry_on_conflict=5,
                source=True,
                refresh=refresh,
            ),
            _SECONDS / 2,
        )
        if answer["result"] == "noop":
            return {}
        found: dict[str, Any] = answer["get"]["_source"]
        return found

    def _beat(self) -> None:
        while not self._ended.wait(_BEAT):
            try:
                self._owns(_RENEW)
            except EngineError as error:
                log.warning("The lease of this load could not be renewed: %s", error)
