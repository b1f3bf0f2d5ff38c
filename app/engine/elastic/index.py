"""Which generations there are, which one is live, and how one replaces another.

For a prefix `ods` and a kind `organisation` the generation `2026-01-30.7` is the index
`ods-organisation-2026-01-30.7`, and the alias `ods-organisation` is on that of the live generation. The alias
`ods-generations` is on the first kind's index of every generation that was published: what has our names and
is of none of these was left by a load that was killed. `ods-load` is the lease of the load that runs.
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from elasticsearch import NotFoundError
from elasticsearch.helpers import ScanError, scan

from app.clock import Clock
from app.engine.elastic.address import Address
from app.engine.elastic.build import Writer
from app.engine.elastic.cluster import Cluster
from app.engine.elastic.lease import Lease
from app.engine.elastic.pack import Packer
from app.engine.elastic.register import ElasticRegister
from app.engine.elastic.schema import APPLICATION, FIRST, LAYOUT
from app.engine.options import EngineOptions
from app.engine.port import (
    GENERATION_NAME,
    EngineError,
    Generation,
    Gone,
    NotLoaded,
    Unavailable,
    Unwritable,
    WrongIndex,
    WrongLayout,
    number_of,
    to_delete,
)
from app.search.fields import KINDS, Entry

log = logging.getLogger(__name__)

_SECOND = timedelta(seconds=1)

Meta = dict[str, Any]
"""What is known of a generation, as `_meta` of its first kind's index holds it."""


class ElasticIndex:
    """The engine over a cluster."""

    def __init__(self, address: Address, options: EngineOptions) -> None:
        """Name the index; nothing is asked for yet."""
        self._cluster = Cluster(address, options)
        self._keep = options.keep
        self._prefix = address.prefix
        self._generations = f"{self._prefix}-generations"
        self._known: tuple[Meta, ElasticRegister] | None = None

    def live(self) -> ElasticRegister:
        """Return the live generation; the cluster is asked each time which one it is."""
        alias = self._alias(FIRST)
        found = list(self._metas(alias).values())
        if not found:
            if self._exists(alias):
                raise self._foreign(alias)
            raise NotLoaded(self._cluster.address)
        meta = found[0]
        if meta.get("application") != APPLICATION or len(found) > 1:
            raise self._foreign(alias)
        if meta["layout"] != LAYOUT:
            raise WrongLayout(self._cluster.address, meta["layout"], LAYOUT)
        known = self._known
        if not known or known[0] != meta:
            self._known = known = meta, self._register(meta)
        return known[1]

    def kept(self, name: str) -> ElasticRegister:
        """Return a generation by its name."""
        for meta in self._published():
            if meta["generation"] == name and meta["layout"] == LAYOUT:
                return self._register(meta)
        self.live()
        raise Gone(f'Generation "{name}" is not kept')

    def generations(self) -> list[Generation]:
        """Return what is kept, the live one first, then the newest first."""
        live = self.live().generation
        others = [self._register(meta).generation for meta in self._published() if meta["layout"] == LAYOUT]
        return [live, *(other for other in others if other.name != live.name)]

    def ledger(self) -> list[bytes]:
        """Return ORD's documents of the live generation's deletions, of whatever layout that is."""
        alias = self._alias("deletion")
        try:
            hits = self._cluster.ask(lambda client: list(scan(client, index=alias, _source=["document.ord"])))
        except NotFoundError:
            return []
        except ScanError:
            raise Unavailable(f"{self._cluster.address} answered in part only") from None
        write = KINDS["deletion"].document("ord").write
        return [write(hit["_source"]["document"]["ord"]) for hit in hits]

    @contextmanager
    def build(self, release: str, loaded: datetime, workers: int = 1) -> Iterator["ElasticBuild"]:
        """Start a generation of a release; what a killed load left is cleared away first."""
        with self._cluster.patiently(), Lease(self._cluster) as lease:
            self._refuse_foreign()
            self._clear()
            last = max((number_of(meta["generation"]) for meta in self._published()), default=0)
            name = f"{release}.{lease.number(last + 1)}"
            try:
                with closing(Writer(self._cluster, self._names(name), workers, lease.hold)) as writer:
                    yield ElasticBuild(self, writer, lease, name, release, loaded)
            finally:
                try:
                    self._clear(name)
                except EngineError as error:  # the next load will
                    log.warning("What this load left could not be cleared away: %s", error)

    def rollback(self, now: datetime) -> Generation:
        """Make the newest generation older than the live one live again."""
        self.live()  # where there is none, nothing is to be made for a lease
        with self._cluster.patiently(), Lease(self._cluster) as lease:
            live = self.live().generation.name
            for meta in self._published():
                if number_of(meta["generation"]) < number_of(live):
                    if meta["layout"] != LAYOUT:
                        raise WrongLayout(f"Generation {meta['generation']}", meta["layout"], LAYOUT)
                    return self._make_live(meta, now, lease)
            raise Gone(f"There is no generation older than {live} to roll back to")

    def publish(self, meta: Meta, now: datetime, lease: Lease) -> Generation:
        """Make a finished generation live, and drop what is no longer to be kept."""
        before = ""
        with suppress(NotLoaded, WrongIndex):
            before = self.live().generation.name
        live = self._make_live(meta, now, lease)
        try:
            others = [name for other in self._published() if (name := other["generation"]) != live.name]
            gone = to_delete(others, before, self._keep)
            self._drop(lambda name: name in gone)
        except EngineError as error:  # it is live: nothing may say that the load failed
            log.warning("Generation %s is live, but older ones could not be dropped: %s", live.name, error)
        return live

    def _make_live(self, meta: Meta, now: datetime, lease: Lease) -> Generation:
        """Say since when a generation is live, then move all aliases to it in one step."""
        names, since = self._names(meta["generation"]), now.astimezone(UTC).replace(microsecond=0)
        for other in self._published():
            since = max(since, datetime.fromisoformat(other["live_since"]) + _SECOND)
        meta = meta | {"live_since": since.isoformat()}
        actions: list[Meta] = [{"add": {"index": names[FIRST], "alias": self._generations}}]
        for kind, name in names.items():
            alias = self._alias(kind)
            actions += (
                {"remove": {"index": former, "alias": alias, "must_exist": True}}
                for former in self._behind(alias)
                if former != name
            )
            actions.append({"add": {"index": name, "alias": alias}})
        work = self._cluster.work
        work(lambda client: client.indices.put_mapping(index=names[FIRST], meta=meta))
        lease.hold()
        try:
            work(lambda client: client.indices.update_aliases(actions=actions))
        except Unwritable:  # perhaps only the answer was lost
            if self._behind(self._alias(FIRST)) != [names[FIRST]]:
                raise
        return self._register(meta).generation

    # Names

    def _alias(self, kind: str) -> str:
        return f"{self._prefix}-{kind}"

    def _names(self, generation: str) -> dict[str, str]:
        """Return the index of each kind."""
        return {kind: f"{self._alias(kind)}-{generation}" for kind in KINDS}

    def _foreign(self, name: str) -> WrongIndex:
        return WrongIndex(
            f"{self._cluster.address}: {name} there is not of ods-api-suite: name another prefix"
        )

    # What is there

    def _metas(self, pattern: str) -> dict[str, Meta]:
        """Return `_meta` of the indices, by name, that a name, alias or pattern stands for."""
        try:
            found = self._cluster.ask(
                lambda client: client.indices.get_mapping(index=pattern, filter_path="*.mappings._meta")
            )
        except NotFoundError:
            return {}
        return {name: index["mappings"]["_meta"] for name, index in found.body.items()}

    def _published(self) -> list[Meta]:
        """Return what is known of the generations that were published, of whatever layout, newest first."""
        metas = self._metas(self._generations).values()
        ours = (meta for meta in metas if meta.get("application") == APPLICATION)
        return sorted(ours, key=lambda meta: number_of(meta["generation"]), reverse=True)

    def _behind(self, alias: str) -> list[str]:
        """Return the indices that an alias is on."""
        try:
            return list(self._cluster.ask(lambda client: client.indices.get_alias(name=alias)).body)
        except NotFoundError:
            return []

    def _register(self, meta: Meta) -> ElasticRegister:
        generation = Generation(
            meta["generation"],
            meta["release"],
            datetime.fromisoformat(meta["loaded"]),
            meta["report"],
            meta["size"],
        )
        since = datetime.fromisoformat(meta["live_since"])
        return ElasticRegister(self._cluster, self._names(generation.name), generation, since, meta["ranks"])

    def _refuse_foreign(self) -> None:
        """Raise WrongIndex where an alias could not be made, or would be taken from something else."""
        for name in (self._generations, *map(self._alias, KINDS)):
            metas = self._metas(name)
            ours = all(meta.get("application") == APPLICATION for meta in metas.values())
            if name in metas or not ours or (not metas and self._exists(name)):
                raise self._foreign(name)

    def _exists(self, name: str) -> bool:
        return bool(self._cluster.ask(lambda client: client.indices.exists(index=name)))

    # What goes

    def _clear(self, one: str = "") -> None:
        """Drop what was never published: one generation or, as only a load may that holds the lease, all."""
        published = {meta["generation"] for meta in self._published()}
        self._drop(lambda name: name not in published and one in {"", name})

    def _drop(self, goes: Callable[[str], bool]) -> None:
        """Drop the indices of the generations whose names are to go."""
        ours = re.compile(rf"{re.escape(self._prefix)}-[a-z_]+-({GENERATION_NAME.pattern})", re.ASCII)
        names = [
            name
            for name, meta in self._metas(f"{self._prefix}-*").items()
            if meta.get("application") == APPLICATION and (found := ours.fullmatch(name)) and goes(found[1])
        ]
        if names:
            self._cluster.work(lambda client: client.indices.delete(index=names, ignore_unavailable=True))


class ElasticBuild:
    """A generation being made."""

    def __init__(
        self, index: ElasticIndex, writer: Writer, lease: Lease, name: str, release: str, loaded: datetime
    ) -> None:
        """Fill the indices of `writer`."""
        self._index, self._writer, self._lease = index, writer, lease
        self._about = {"generation": name, "release": release, "loaded": loaded.isoformat()}
        self.add = writer.add

    def packer(self, samples: Sequence[Entry]) -> Packer:  # noqa: ARG002 - nothing is fitted to samples
        """Return a packer."""
        return Packer()

    def publish(self, report: Callable[[], dict[str, Any]], clock: Clock) -> Generation:
        """Check that all that was added can be read, and make it live in one step."""
        self._writer.finish()
        made = {"ranks": self._writer.ranks(), "size": self._writer.size(), "report": report()}
        meta = {"application": APPLICATION, "layout": LAYOUT, **self._about, **made}
        return self._index.publish(meta, clock(), self._lease)
