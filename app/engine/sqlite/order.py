"""Puts matches in order, and takes a slice of them."""

import json
from array import array
from itertools import compress, islice

from pyroaring import BitMap

from app.engine.sqlite.contents import Contents, cached
from app.engine.sqlite.sets import REMEMBERED, Sets
from app.search.query import Clause, Key, Query


class Order:
    """The orders of one generation."""

    def __init__(self, contents: Contents, sets: Sets) -> None:
        """Order sets of matches by what the file holds."""
        self._contents, self._sets = contents, sets
        self._hits_in_order = cached(REMEMBERED, self._places_of_hits)

    def slice(self, query: Query, hits: BitMap, end: int) -> list[int]:
        """Return the hits from the query's offset up to `end`, in its order."""
        first = query.order[0] if query.order else Key("id")
        if first.field == "id":
            if not first.descending:
                return list(hits[query.offset : end])
            return list(hits[len(hits) - end : len(hits) - query.offset])[::-1]
        if len(query.order) == 1:
            return self._in_order(query, first, hits, end)
        return self._sorted(query, hits, end - query.offset)

    def _in_order(self, query: Query, key: Key, hits: BitMap, end: int) -> list[int]:
        """Slice the hits in a stored order: by walking it where that ends soon, else by their places."""
        kind, start, wanted = query.kind, query.offset, end - query.offset
        ranked = self._contents.ranking(kind, key.field, key.descending)
        if end * len(ranked) <= len(hits) ** 2:
            near = islice(ranked, len(hits))  # they may all stand at the end: then this was not the way
            found = list(islice(compress(near, map(hits.__contains__, ranked)), start, end))
            if len(found) == wanted:
                return found
        places = self._hits_in_order(kind, query.clauses, key)
        found = [ranked[place] for place in places[start:end]]
        if len(found) < wanted:  # what has no value stands last
            unranked = hits & self._contents.posting(f"{kind}.{key.field}.missing", "")
            found += unranked[max(start - len(places), 0) : end - len(places)]
        return found

    def _places_of_hits(self, kind: str, clauses: tuple[Clause, ...], key: Key) -> BitMap:
        """Return the places that the hits which have a value have in a stored order."""
        places = self._contents.places(kind, key.field, key.descending)
        hits = self._sets.hits(kind, clauses) - self._contents.posting(f"{kind}.{key.field}.missing", "")
        return BitMap(array("I", map(places.__getitem__, hits.to_array())))

    def _sorted(self, query: Query, hits: BitMap, size: int) -> list[int]:
        keys = "".join(
            f"{key.field} IS NULL, {key.field} {'DESC' if key.descending else 'ASC'}, " for key in query.order
        )
        rows = self._contents.rows(
            f"SELECT rid FROM {query.kind} WHERE rid IN (SELECT value FROM json_each(?)) "
            f"ORDER BY {keys}rid LIMIT ? OFFSET ?",
            json.dumps(list(hits)),
            size,
            query.offset,
        )
        return [rid for (rid,) in rows]
