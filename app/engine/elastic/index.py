"""Which generation is live, which others are kept, and how one replaces another.

What this process knows of a generation is kept, so that few requests ask the elected master:

* which generation is live: for `NOTICED_WITHIN`. A read asks the alias, and the answer says which generation
  it is of, so a read sees a swap at once;
* what is known of a generation by its name: until another becomes live, or its indices turn out to be
  deleted. A walk through the pages of a generation needs no more.

A process that swaps or rolls back forgets all of it at once.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from elasticsearch import NotFoundError

from app.engine.elastic.address import Address
from app.engine.elastic.build import ElasticBuild
from app.engine.elastic.catalogue import Catalogue, Meta
from app.engine.elastic.cluster import Cluster
from app.engine.elastic.documents import fetch
from app.engine.elastic.history import read
from app.engine.elastic.kept import Kept
from app.engine.elastic.lease import Lease
from app.engine.elastic.notes import ElasticNotes
from app.engine.elastic.register import ElasticRegister
from app.engine.elastic.schema import APPLICATION, FIRST, HISTORY, LAYOUT
from app.engine.elastic.warm import warm
from app.engine.history import Remembered, joined
from app.engine.options import EngineOptions
from app.engine.port import (
    NOTICED_WITHIN,
    Dropped,
    EngineError,
    Generation,
    Gone,
    NotLoaded,
    Unwritable,
    WrongIndex,
    WrongLayout,
    number_of,
    to_delete,
)
from app.register.query import Match

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Live:
    """The live generation, and when (`time.monotonic`) the cluster was asked for it."""

    register: ElasticRegister
    asked: float


class ElasticIndex:
    """The engine over a cluster."""

    engine = "elasticsearch"
    layout = LAYOUT

    def __init__(self, address: Address, options: EngineOptions) -> None:
        """Name the index; nothing is asked for yet."""
        self._cluster = Cluster(address, options)
        self._catalogue = Catalogue(self._cluster)
        self._keep = options.keep
        self._live: _Live | None = None
        self._known: dict[str, ElasticRegister] = {}
        """By generation name, the live one included."""
        self._kept = Kept()

    @property
    def cached(self) -> int:
        """Bytes of the documents that this process keeps."""
        return self._kept.size

    @property
    def notes(self) -> ElasticNotes:
        """What is remembered of loads."""
        return ElasticNotes(self._cluster, self._ask_live)

    def live(self) -> ElasticRegister:
        """Return the live generation; the cluster was asked which one it is less than a second ago."""
        live = self._live
        if live and time.monotonic() < live.asked + NOTICED_WITHIN:
            return live.register
        return self._ask_live()

    def read(self, kind: str, entry_id: str, document: str) -> tuple[ElasticRegister, Match | None]:
        """Ask the alias for an entry; the answer names the index, and so the generation, it comes from."""
        live, asked = self.live(), time.monotonic()
        alias = self._catalogue.alias(kind)
        try:
            found = fetch(self._cluster, alias, kind, entry_id, document)
        except NotFoundError:
            live = self._ask_live()
            if not live.holds(kind):  # then there is no such index
                return live, None
            self._forget_all()
            raise Dropped(f"The alias {alias} was deleted while it was read") from None
        if not found or found.answered == live.names[kind]:
            return live, found and found.match
        name = found.answered.removeprefix(f"{alias}-")
        metas = self._catalogue.metas(self._catalogue.names(name)[FIRST])
        if not metas:
            self._forget_all()
            raise Dropped(f"The index {found.answered} was deleted while it was read")
        return self._see(self._checked(metas), asked), found.match

    def kept(self, name: str) -> ElasticRegister:
        """Return a generation by its name."""
        if known := self._known.get(name):
            return known
        for meta in self._catalogue.published():
            if meta["generation"] == name and meta["layout"] == LAYOUT:
                return self._known.setdefault(name, self._register(meta))
        self.live()
        raise Gone(f'Generation "{name}" is not kept')

    def generations(self) -> list[Generation]:
        """Return what is kept, the live one first, then the newest first."""
        live, published = self._ask_live().generation, self._catalogue.published()
        others = [self._register(meta).generation for meta in published if meta["layout"] == LAYOUT]
        return [live, *(other for other in others if other.name != live.name)]

    def history(self) -> Iterator[Remembered]:
        """Yield the history of the live generation, of whatever layout that is."""
        catalogue, alias = self._catalogue, self._catalogue.alias(FIRST)
        for index in catalogue.behind()[FIRST]:
            live = index.removeprefix(f"{alias}-")
            others = [meta["generation"] for meta in catalogue.published()]
            newer = [other for other in others if number_of(other) > number_of(live)]
            rows, *left = (read(self._cluster, catalogue.names(name)[HISTORY]) for name in (live, *newer))
            yield from joined(rows, left)

    @contextmanager
    def build(self, release: str, loaded: datetime, workers: int = 1) -> Iterator[ElasticBuild]:
        """Start a generation of a release; what a killed load left is cleared away first."""
        catalogue = self._catalogue
        with self._cluster.patiently(), Lease(self._cluster) as lease:
            self._forget_all()  # another load may have ended just before this one began
            catalogue.refuse_foreign()
            catalogue.clear()
            last = max((number_of(meta["generation"]) for meta in catalogue.published()), default=0)
            name = f"{release}.{lease.number(last + 1)}"
            about = {"generation": name, "release": release, "loaded": loaded.isoformat()}
            publish = partial(self._publish, lease=lease)
            try:
                names = catalogue.names(name)
                with closing(
                    ElasticBuild(self._cluster, names, about, workers, lease.hold, publish)
                ) as build:
                    yield build
            finally:
                try:
                    catalogue.clear(name)
                except EngineError as error:  # the next load will
                    log.warning("What this load left could not be cleared away: %s", error)

    def rollback(self, now: datetime) -> Generation:
        """Make the newest generation older than the live one live again."""
        self._ask_live()  # where there is none, nothing is to be made for a lease
        with self._cluster.patiently(), Lease(self._cluster) as lease:
            live = self._ask_live().generation.name
            for meta in self._catalogue.published():
                if number_of(meta["generation"]) < number_of(live):
                    if meta["layout"] != LAYOUT:
                        raise WrongLayout(f"Generation {meta['generation']}", meta["layout"], LAYOUT)
                    return self._make_live(meta, now, lease)
            raise Gone(f"There is no generation older than {live} to roll back to")

    # How one replaces another

    def _publish(self, made: Meta, now: datetime, lease: Lease) -> Generation:
        """Make a finished generation live, and delete what is no longer to be kept."""
        before = ""
        with suppress(NotLoaded, WrongIndex):
            before = self._ask_live().generation.name
        warm(self._register({"live_since": now.isoformat(), **made}))
        live = self._make_live({"application": APPLICATION, "layout": LAYOUT, **made}, now, lease)
        try:
            published = self._catalogue.published()
            others = [name for other in published if (name := other["generation"]) != live.name]
            gone = to_delete(others, before, self._keep)
            self._catalogue.delete(lambda name: name in gone)
        except EngineError as error:  # it is live: nothing may say that the load failed
            log.warning("Generation %s is live, but older ones could not be dropped: %s", live.name, error)
        return live

    def _make_live(self, meta: Meta, now: datetime, lease: Lease) -> Generation:
        """Say since when a generation is live, then move all aliases to it in one step."""
        catalogue, since = self._catalogue, now.astimezone(UTC).replace(microsecond=0)
        names = catalogue.held(meta)
        for other in catalogue.published():
            since = max(since, datetime.fromisoformat(other["live_since"]) + timedelta(seconds=1))
        meta = meta | {"live_since": since.isoformat()}
        actions: list[Meta] = [{"add": {"index": names[FIRST], "alias": catalogue.generations}}]
        for kind, behind in catalogue.behind().items():
            alias, name = catalogue.alias(kind), names.get(kind)
            actions += (
                {"remove": {"index": former, "alias": alias, "must_exist": True}}
                for former in behind
                if former != name
            )
            if name:
                actions.append({"add": {"index": name, "alias": alias}})
        work = self._cluster.work
        work(lambda client: client.indices.put_mapping(index=names[FIRST], meta=meta))
        lease.hold()
        try:
            work(lambda client: client.indices.update_aliases(actions=actions))
        except Unwritable:  # perhaps only the answer was lost
            if catalogue.behind()[FIRST] != [names[FIRST]]:
                raise
        self._forget_all()
        return self._register(meta).generation

    # What is known

    def _ask_live(self) -> ElasticRegister:
        """Ask the cluster which generation is live."""
        asked, alias = time.monotonic(), self._catalogue.alias(FIRST)
        if metas := self._catalogue.metas(alias):
            return self._see(self._checked(metas), asked)
        if self._catalogue.exists(alias):
            raise self._catalogue.foreign(alias)
        raise NotLoaded(self._cluster.address)

    def _checked(self, metas: dict[str, Meta]) -> ElasticRegister:
        """Return the register of the one index with this `_meta`; raises WrongIndex."""
        meta = next(iter(metas.values()))
        if meta.get("application") != APPLICATION or len(metas) > 1:
            raise self._catalogue.foreign(self._catalogue.alias(FIRST))
        if meta["layout"] != LAYOUT:
            raise WrongLayout(self._cluster.address, meta["layout"], LAYOUT)
        return self._register(meta)

    def _see(self, register: ElasticRegister, asked: float) -> ElasticRegister:
        """Remember which generation was found to be live when the cluster was asked."""
        live = self._live
        if not live or live.register != register:
            self._known = {register.generation.name: register}  # others may be deleted now
            self._kept.clear()
        self._live = _Live(register, asked)
        return register

    def _forget(self, name: str) -> None:
        """Forget a generation whose indices are deleted."""
        self._known.pop(name, None)
        if self._live and self._live.register.generation.name == name:
            self._live = None

    def _forget_all(self) -> None:
        self._live, self._known = None, {}

    def _register(self, meta: Meta) -> ElasticRegister:
        name, loaded = meta["generation"], datetime.fromisoformat(meta["loaded"])
        return ElasticRegister(
            self._cluster,
            self._catalogue.names(name),
            Generation(name, meta["release"], loaded, meta["report"], meta["size"]),
            partial(self._forget, name),
            datetime.fromisoformat(meta["live_since"]),
            meta["ranks"],
            self._kept,
        )
