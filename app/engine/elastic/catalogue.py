"""Which indices a prefix has in the cluster, what is known of them, and which of them go.

For a prefix `ods` and a kind `organisation` the generation `2026-01-30.7` is the index
`ods-organisation-2026-01-30.7`, and the alias `ods-organisation` is on that of the live generation. The alias
`ods-generations` is on the first kind's index of every generation that was published: an index that has one
of our names and belongs to none of these was left by a load that was killed. Of the other kinds, those that
have entries have an index. The history is kept like a kind: `ods-history-2026-01-30.7`. `ods-load` is the
lease of the load that runs.
"""

import re
from collections.abc import Callable
from typing import Any

from elasticsearch import NotFoundError

from app.engine.elastic.cluster import Cluster
from app.engine.elastic.schema import APPLICATION, FIRST, HISTORY
from app.engine.port import GENERATION_NAME, WrongIndex, number_of
from app.register.fields import KINDS

Meta = dict[str, Any]
"""What is known of a generation, as `_meta` of its first kind's index holds it."""


class Catalogue:
    """The indices of one prefix; nothing is kept, the cluster is asked each time."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._prefix = cluster.address.prefix
        self.generations = f"{self._prefix}-generations"

    def alias(self, kind: str) -> str:
        """Return the alias on the live generation's index of a kind."""
        return f"{self._prefix}-{kind}"

    def names(self, generation: str) -> dict[str, str]:
        """Return the index of each kind, and that of the history; a kind without entries has none."""
        return {kind: f"{self.alias(kind)}-{generation}" for kind in (*KINDS, HISTORY)}

    def held(self, meta: Meta) -> dict[str, str]:
        """Return the indices that a generation has."""
        names, ranks = self.names(meta["generation"]), meta["ranks"]
        return {kind: name for kind, name in names.items() if kind in {FIRST, HISTORY} or ranks[kind]["id"]}

    def metas(self, pattern: str) -> dict[str, Meta]:
        """Return `_meta` of the indices, by name, that a name, alias or pattern stands for.

        The elected master answers this.
        """
        try:
            found = self._cluster.ask(
                lambda client: client.indices.get_mapping(index=pattern, filter_path="*.mappings._meta")
            )
        except NotFoundError:
            return {}
        return {name: index["mappings"]["_meta"] for name, index in found.body.items()}

    def published(self) -> list[Meta]:
        """Return what is known of the generations that were published, of whatever layout, newest first."""
        metas = self.metas(self.generations).values()
        ours = (meta for meta in metas if meta.get("application") == APPLICATION)
        return sorted(ours, key=lambda meta: number_of(meta["generation"]), reverse=True)

    def behind(self) -> dict[str, list[str]]:
        """Return the indices that each alias of a kind, and that of the history, is on."""
        found = self._cluster.ask(lambda client: client.indices.get_alias(name=f"{self._prefix}-*")).body
        return {
            kind: [name for name, index in found.items() if self.alias(kind) in index["aliases"]]
            for kind in (*KINDS, HISTORY)
        }

    def exists(self, name: str) -> bool:
        """Return whether there is an index or alias of that name."""
        return bool(self._cluster.ask(lambda client: client.indices.exists(index=name)))

    def foreign(self, name: str) -> WrongIndex:
        """Return the error that says that something of this name is not ours."""
        return WrongIndex(
            f"{self._cluster.address}: {name} there is not of ods-api-suite: name another prefix"
        )

    def refuse_foreign(self) -> None:
        """Raise WrongIndex where an alias could not be made, or would be taken from something else."""
        names = [self.generations, *map(self.alias, (*KINDS, HISTORY))]
        found = self._cluster.ask(
            lambda client: client.indices.get(
                index=names,
                ignore_unavailable=True,
                filter_path="*.aliases,*.mappings._meta,*.settings.index.uuid",
            )
        )
        for name, index in found.body.items():
            meta = index.get("mappings", {}).get("_meta", {})
            if name in names or meta.get("application") != APPLICATION:
                raise self.foreign(next(each for each in names if each in {name, *index["aliases"]}))

    def clear(self, one: str = "") -> None:
        """Delete a generation that was never published; without a name all, which only a load may do."""
        published = {meta["generation"] for meta in self.published()}
        self.delete(lambda name: name not in published and one in {"", name})

    def delete(self, goes: Callable[[str], bool]) -> None:
        """Delete the indices of the generations whose names are to go."""
        ours = re.compile(rf"{re.escape(self._prefix)}-[a-z_]+-({GENERATION_NAME.pattern})", re.ASCII)
        names = [
            name
            for name, meta in self.metas(f"{self._prefix}-*").items()
            if meta.get("application") == APPLICATION and (found := ours.fullmatch(name)) and goes(found[1])
        ]
        if names:
            self._cluster.work(lambda client: client.indices.delete(index=names, ignore_unavailable=True))
