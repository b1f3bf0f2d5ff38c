"""Reads one generation."""

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Any, ClassVar, NamedTuple

import zstandard

from app.engine.elastic import history, place, query, references, sets
from app.engine.elastic.documents import fetch, match, read_of_each
from app.engine.elastic.kept import Kept
from app.engine.elastic.schema import HISTORY, Json, rank
from app.engine.elastic.searches import Searches
from app.engine.history import Remembered
from app.engine.port import Counts
from app.register.fields import KINDS, Document
from app.register.query import Clause, Match, Page, Query

_WINDOW = 10_000
"""Matches, from the first, that a page can be counted out of (`index.max_result_window`)."""

_MOST = 5_000
"""Matches asked for at a time."""

_KEPT = 1_000
"""Documents up to which those that are read together are kept: a long list would displace all others."""

_TERMS = 10_000
"""Terms of a field that are counted in one request: all fields together may have 65,536."""


class _Counted(NamedTuple):
    """Matches by rank, and their total where all were counted."""

    total: int
    buckets: list[place.Bucket]


@dataclass(frozen=True, eq=False)
class ElasticRegister(Searches):
    """What one generation's indices answer."""

    distant: ClassVar[bool] = True
    live_since: datetime
    ranks: Mapping[str, Mapping[str, int]]
    """How many different values a kind's fields have, and how many entries (`id`)."""
    kept: Kept = field(default_factory=Kept, compare=False, repr=False)
    """Documents of this and other generations that were read before."""

    def holds(self, kind: str) -> bool:
        """Return whether there are entries of a kind; where there are none, there may be no index."""
        return self.ranks[kind]["id"] > 0

    def get(self, kind: str, entry_id: str, document: str) -> bytes | None:
        """Return a document of the entry with this id, or None."""
        if not self.holds(kind):
            return None
        scope = self._scope(kind, document)
        known = self.kept.of(scope, [entry_id])
        if entry_id in known:
            return known[entry_id]
        with self.unless_deleted(kind):
            found = fetch(self.cluster, self.names[kind], kind, entry_id, document)
        body = found.match.document if found and found.match else None
        self.kept.add(scope, {entry_id: body})
        return body

    def documents(self, kind: str, ids: Collection[str], document: str) -> dict[str, bytes]:
        """Return that document of each entry that has one of these ids, in order of id."""
        if not self.holds(kind):
            return {}
        scope = self._scope(kind, document)
        known = self.kept.of(scope, ids)
        if unread := [each for each in dict.fromkeys(ids) if each not in known]:
            read = KINDS[kind].document(document)
            found = _documents(unread, self.answer(kind, _by_id(unread, read)), read)
            if len(unread) <= _KEPT:
                self.kept.add(scope, found)
            known |= found
        return {each: body for each, body in sorted(known.items()) if body is not None}

    def _scope(self, kind: str, document: str) -> str:
        # After all indices were deleted by hand, a generation may have the name of an earlier one.
        return f"{self.names[kind]} {self.generation.loaded.isoformat()} {document}"

    def search(self, asked: Query, document: str | None) -> Page:
        """Return a page of matches, with that document of theirs if one is named."""
        if not self.holds(asked.kind):
            return _nothing(asked)
        asked = references.resolved(asked, self._set)
        if any(references.is_empty(clause) for clause in asked.clauses):
            return _nothing(asked)
        wanted = sys.maxsize if asked.size is None else asked.size
        read = KINDS[asked.kind].document(document) if document else None
        filters, skip = query.matching(asked.kind, asked.clauses), asked.offset
        total = None if filters else self.ranks[asked.kind]["id"]
        tested: Json = {}
        deep = asked.offset + min(wanted, _MOST) >= _WINDOW
        if not asked.score and (deep or _is_all_by_id(asked)):
            total, found = self._place(asked, filters)
            if not found:
                return Page([], total if asked.total else None, more=False)
            # Few entries pass the window. To test each of them takes a third of the time of a search for
            # hundreds of alternatives among them.
            tested = {"post_filter": query.all_of(*query.matching(asked.kind, asked.clauses, of_few=True))}
            filters, skip = [found.window], found.skip
        body = _body(asked, filters, read) | {"track_total_hits": asked.total and total is None, **tested}
        begin = self._walk(asked.kind, body, skip) if asked.score and deep else {"from": skip}
        matches: list[Match] = []
        while True:
            size = min(wanted - len(matches), _MOST)
            # Where no total says whether there is more, one hit too many does.
            counted = asked.total or total is not None
            found = self.answer(asked.kind, body | begin | {"size": size + (not counted)})["hits"]
            hits = found["hits"]
            if body["track_total_hits"]:
                total, body["track_total_hits"] = found["total"]["value"], False
            matches += (match(hit, read) for hit in hits[:size])
            more = asked.offset + len(matches) < total if total is not None else len(hits) > size
            if not more or len(matches) == wanted:
                return Page(matches, total if asked.total else None, more)
            begin = {"search_after": hits[size - 1]["sort"]}

    def searches(
        self, queries: Sequence[Query], document: str | None, ahead: Collection[str] = ()
    ) -> list[Page]:
        """Return the page of each query, all in one request, which reads documents ahead too."""
        kind = queries[0].kind
        if not self.holds(kind):
            return list(map(_nothing, queries))
        read = KINDS[kind].document(document) if document else None
        queries = [references.resolved(asked, self._set) for asked in queries]
        bodies: list[Json] = []
        for asked in queries:
            size = {"from": asked.offset, "size": _MOST if asked.size is None else asked.size + 1}
            filters = query.matching(kind, asked.clauses)
            bodies.append(_body(asked, filters, read) | size | {"track_total_hits": asked.total})
        pages: list[Page] = []
        answers = self._answers(kind, bodies, ahead, read) if read and ahead else self.answers(kind, bodies)
        for asked, found in zip(queries, answers, strict=True):
            hits = found["hits"]["hits"]
            total = found["hits"]["total"]["value"] if asked.total else None
            matches = [match(hit, read) for hit in hits[: asked.size]]
            pages.append(Page(matches, total, more=len(hits) > len(matches)))
        return pages

    def _answers(
        self, kind: str, bodies: Sequence[Json], ahead: Collection[str], read: Document
    ) -> list[Any]:
        """Return the answers to several searches; documents that were not read before are read and kept."""
        scope = self._scope(kind, read.name)
        known = self.kept.of(scope, ahead)
        unread = [each for each in ahead if each not in known]
        if not unread:
            return self.answers(kind, bodies)
        *answers, last = self.answers(kind, [*bodies, _by_id(unread, read)])
        self.kept.add(scope, _documents(unread, last, read))
        return answers

    def counts(self, kind: str, clauses: tuple[Clause, ...], fields: Sequence[str]) -> dict[str, Counts]:
        """Return, for each token field, how many matches hold each term."""
        counts: dict[str, Counts] = {name: {} for name in fields}
        if not self.holds(kind):
            return counts
        filters = query.matching(kind, references.in_clauses(kind, clauses, self._set))
        asked = {name: _terms_of(name) for name in counts}
        while asked:
            body = {"query": query.all_of(*filters), "size": 0, "track_total_hits": False, "aggs": asked}
            for name, found in self.answer(kind, body)["aggregations"].items():
                counts[name].update((each["key"]["term"], each["doc_count"]) for each in found["buckets"])
                del asked[name]
                if len(found["buckets"]) == _TERMS:
                    asked[name] = _terms_of(name, found["after_key"])
        return counts

    def _set(self, kind: str, clauses: tuple[Clause, ...], field: str) -> bytes:
        """Return the set of what a field has in the matches of clauses; it is kept like documents."""
        of = kind if field == "id" else KINDS[kind].field(field).of
        if not (self.holds(kind) and self.holds(of)):
            return b""
        scope = self._scope(kind, f"set {field}")
        name = blake2b(repr(clauses).encode(), digest_size=16).hexdigest()
        known = self.kept.of(scope, [name]).get(name)
        if known is not None:
            return zstandard.decompress(known)
        resolved = references.in_clauses(kind, clauses, self._set)
        if field == "id" and (computed := self._computed(kind, resolved)) is not None:
            return computed
        filters = query.matching(kind, resolved)
        found = {"found": sets.collecting(rank(field), self.ranks[of]["id"])}
        body = {"query": query.all_of(*filters), "size": 0, "track_total_hits": False, "aggs": found}
        held = sets.collected(self.answer(kind, body)["aggregations"]["found"]["value"])
        self.kept.add(scope, {name: zstandard.compress(held, 1)})  # that of few entries is nearly empty
        return held

    def _computed(self, kind: str, clauses: tuple[Clause, ...]) -> bytes | None:
        """Return the set of what matches clauses, if it can be told without the cluster."""
        return references.computed(
            clauses, self.ranks[kind]["id"], lambda ids: self._set(kind, (Clause(ids),), "id")
        )

    def totals(self, kind: str, asked: Sequence[tuple[Clause, ...]]) -> list[int]:
        """Return how many entries match each of these, in one request."""
        if not asked or not self.holds(kind):
            return [0] * len(asked)
        totals: dict[int, int] = {}
        filters: dict[str, Json] = {}
        for at, clauses in enumerate(asked):
            resolved = references.in_clauses(kind, clauses, self._set)
            if (computed := self._computed(kind, resolved)) is not None:
                totals[at] = sets.count(computed)
            else:
                filters[str(at)] = query.all_of(*query.matching(kind, resolved))
        if filters:
            aggregation = {"totals": {"filters": {"filters": filters}}}
            body = {"size": 0, "track_total_hits": False, "aggs": aggregation}
            buckets = self.answer(kind, body)["aggregations"]["totals"]["buckets"]
            totals |= {int(at): found["doc_count"] for at, found in buckets.items()}
        return [totals[at] for at in range(len(asked))]

    def spread(self, kind: str, count: int) -> list[Json]:
        """Return the fields of so many entries of a kind, evenly spread over its ids, as they are stored."""
        if not count:
            return []
        entries = self.ranks[kind]["id"]
        places = [at * entries // count for at in range(count)]
        among = {"terms": {rank("id"): places}}
        body = {"query": query.all_of(among), "size": count, "_source": {"excludes": ["document", "brief"]}}
        return [hit["_source"] for hit in self.answer(kind, body)["hits"]["hits"]]

    def summary(self, kind: str, name: str) -> bytes:
        """Return a summary of the entries of a kind."""
        with self.unless_deleted(HISTORY):
            return self.cluster.ask(lambda client: history.summary(client, self.names[HISTORY], kind, name))

    def remembered(self, kind: str, entry_id: str) -> Remembered | None:
        """Return the row of the history for an entry, or None."""
        hits = self.answer(HISTORY, history.holding(kind, entry_id))["hits"]["hits"]
        return history.find(hits[0]["_source"]["rows"], kind, entry_id) if hits else None

    def _walk(self, kind: str, body: Json, skip: int) -> Json:
        """Return how a search goes on behind so many matches: ranks do not say where scores are."""
        begin: Json = {}
        while skip:
            least = {**body, **read_of_each(None), "track_total_hits": False, "size": min(skip, _WINDOW)}
            hits = self.answer(kind, least | begin)["hits"]["hits"]
            if not hits:
                break
            begin = {"search_after": hits[-1]["sort"]}
            skip -= len(hits)
        return begin

    def _place(self, asked: Query, filters: list[Json]) -> tuple[int, place.Place | None]:
        """Return the number of matches, and where a page is without counting it out: None beyond them."""
        order, ranks = query.order(asked), self.ranks[asked.kind]
        count = partial(self._count, asked.kind, filters)
        if all_by_id := _is_all_by_id(asked):
            counted = _Counted(ranks["id"], [])
        else:
            counted = count(None, place.histogram(order[0], 0, ranks[order[0].field]))
        total = counted.total
        if asked.offset >= total:
            return total, None
        left = total - asked.offset
        page = place.Page(asked.offset, left if asked.size is None else min(asked.size, left))
        if all_by_id:
            return total, place.among_all(order[0], page, total)
        found = place.find(order, page, ranks, counted.buckets, lambda *where: count(*where).buckets)
        return total, found

    def _count(
        self, kind: str, filters: list[Json], where: Json | None, histogram: place.Histogram
    ) -> _Counted:
        """Count the matches by rank: those that pass one more filter or, with a total, all that there are."""
        body = {
            "query": query.all_of(*filters, *([where] if where else [])),
            "size": 0,
            "track_total_hits": not where,
            "aggs": {"ranks": {"histogram": {**histogram._asdict(), "min_doc_count": 1}}},
        }
        found = self.answer(kind, body)
        buckets = found["aggregations"]["ranks"]["buckets"]
        total = 0 if where else found["hits"]["total"]["value"]
        return _Counted(total, [place.Bucket(int(each["key"]), each["doc_count"]) for each in buckets])


def _nothing(asked: Query) -> Page:
    """Return the page of a query that nothing matches."""
    return Page([], 0 if asked.total else None, more=False)


def _by_id(ids: Collection[str], read: Document) -> Json:
    """Return a search for that document of each entry that has one of these ids."""
    asked = {"query": query.with_ids(ids), "sort": ["_doc"], "size": len(ids), "track_total_hits": False}
    return asked | read_of_each(read)


def _documents(ids: Iterable[str], answer: Any, read: Document) -> dict[str, bytes | None]:
    """Return that document of each of these ids out of the answer to such a search."""
    found = (match(hit, read) for hit in answer["hits"]["hits"])
    held = {each.id: each.document for each in found if each.document}
    return {each: held.get(each) for each in ids}


def _body(asked: Query, filters: list[Json], read: Document | None) -> Json:
    """Return a search for what passes filters, in the order of a query."""
    return {"query": query.scored(asked, filters), "sort": query.sort(asked), **read_of_each(read)}


def _terms_of(field: str, after: Json | None = None) -> Json:
    """Return what counts terms of a field in their order, behind some of them."""
    counted: Json = {"size": _TERMS, "sources": [{"term": {"terms": {"field": field}}}]}
    return {"composite": counted | ({"after": after} if after else {})}


def _is_all_by_id(asked: Query) -> bool:
    """Return whether all entries are asked for, in order of id."""
    return not asked.clauses and query.order(asked)[0].field == "id"
