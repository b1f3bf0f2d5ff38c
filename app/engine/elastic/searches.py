"""Asks the indices of one generation: an answer is whole, or an error says why there is none."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from elasticsearch import NotFoundError

from app.engine.elastic.cluster import Closed, Cluster, Overloaded
from app.engine.elastic.schema import Json
from app.engine.port import Dropped, Generation, Unavailable


@dataclass(frozen=True, eq=False)
class Searches:
    """What is asked of one generation's indices; raises Dropped when they are deleted."""

    cluster: Cluster
    names: Mapping[str, str]
    """The index of each kind, and that of the history."""
    generation: Generation
    forget: Callable[[], None] = field(repr=False)
    """Called when the indices turn out to be deleted."""

    def answer(self, kind: str, body: Json) -> Any:
        """Return the answer to a search that every shard has answered in whole."""
        with self.unless_deleted(kind):
            found = self.cluster.ask(
                lambda client: client.search(
                    index=self.names[kind], allow_partial_search_results=False, body=body
                )
            ).body
        if found["timed_out"] or found["_shards"]["failed"]:
            raise Unavailable(f"{self.cluster.address} answered in part only")
        return found

    def answers(self, kind: str, bodies: Sequence[Json]) -> list[Any]:
        """Return the answers to several searches that every shard has answered in whole."""
        if len(bodies) == 1:
            return [self.answer(kind, bodies[0])]
        head = {"allow_partial_search_results": False}
        searches: list[Any] = [orjson.dumps(line) for body in bodies for line in (head, body)]
        with self.unless_deleted(kind):
            found = self.cluster.ask(
                lambda client: client.msearch(index=self.names[kind], searches=searches)
            ).body["responses"]
        # What has failed is asked for by itself: that answer says how.
        return [
            self.answer(kind, body)
            if "error" in each or each["timed_out"] or each["_shards"]["failed"]
            else each
            for body, each in zip(bodies, found, strict=True)
        ]

    @contextmanager
    def unless_deleted(self, kind: str) -> Iterator[None]:
        """Raise Dropped for an error in the block if the index of a kind is no longer there."""
        try:
            yield
        except (NotFoundError, Closed):
            raise self._dropped() from None
        except Overloaded:
            raise  # it says nothing of the index, and more requests would be more load
        except Unavailable:
            if self.cluster.ask(lambda client: client.indices.exists(index=self.names[kind])):
                raise
            raise self._dropped() from None

    def _dropped(self) -> Dropped:
        self.forget()
        return Dropped(f"Generation {self.generation.name} was deleted while it was read")
