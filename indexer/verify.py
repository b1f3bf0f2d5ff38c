"""Compares the live generation with a release: what a load of it would write, with what is there."""

import marshal
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.engine.history import Remembered
from app.engine.port import NONE, Generation, Index, Packer, Register
from app.register.fields import KINDS, Entry
from app.register.query import Query, Stamp
from indexer.documents.lists import LISTS
from indexer.faults import refusing
from indexer.load import Load, LoadOptions
from indexer.release import open_release

NAMED = 10
"""Differences that are told."""
_LISTS = {each.id for each in LISTS}
_AT_ONCE = 500
_PAGE = 5_000
_COUNTS = (
    "organisations", "active", "inactive", "roles", "relationships", "successions", "ref_only",
    "records_read", "warnings",
)  # fmt: skip


@dataclass
class Comparison:
    """The result: how many documents were compared, how many differences there are, and the first ones."""

    generation: Generation
    organisations: int = 0
    documents: int = 0
    differences: int = 0
    named: list[str] = field(default_factory=list)

    def differ(self, what: str) -> None:
        """Note a difference."""
        self.differences += 1
        if len(self.named) < NAMED:
            self.named.append(what)


def verify(
    paths: Sequence[Path], index: Index, workers: int, progress: Callable[[int, int], object]
) -> Comparison:
    """Compare a release with the live generation of the index; raises Refused and EngineError."""
    live = index.live()
    comparison = Comparison(live.generation)
    comparing = _Comparing(live)
    with refusing(paths), open_release(paths) as release:
        if release.publication_date != live.generation.release:
            comparison.differ(_said("release", live.generation.release, release.publication_date))
        options = LoadOptions(workers, "none", progress=progress)
        report = Load(release, index, comparing, options, live.generation.loaded).fill()
    comparing.finish()
    for what, there, expected in _reported(live.generation.report, report):
        if there != expected:
            comparison.differ(_said(what, there, expected))
    for difference in comparing.found:
        comparison.differ(difference)
    comparison.differences += comparing.more
    comparison.documents, comparison.organisations = comparing.documents, report["organisations"]
    return comparison


def _said(what: str, there: object, expected: object) -> str:
    return f"{what}: the index has {there}, the release {expected}"


def _reported(there: dict[str, Any], expected: dict[str, Any]) -> Iterator[tuple[str, object, object]]:
    """Yield what the two reports say of the files, then of the counts."""
    former = {file["kind"]: file for file in there.get("files", ())}
    for file in expected["files"]:
        for key in ("sha256", "sequence", "records"):
            yield f"{key} of the {file['kind']} file", former.get(file["kind"], {}).get(key), file[key]
    for key in _COUNTS:
        yield key, there.get(key), expected[key]


def _pack(kind: str, entry: Entry) -> bytes:  # noqa: ARG001 - alike for all kinds
    return marshal.dumps(dict(entry.documents))


class _Comparing:
    """Takes the entries of a load, and compares each with the one in a register."""

    def __init__(self, live: Register) -> None:
        self._live = live
        self._waiting: dict[str, dict[str, dict[str, bytes]]] = defaultdict(dict)
        self._seen: dict[str, set[str]] = {kind: set() for kind in KINDS}
        self._bare: dict[str, set[str]] = defaultdict(set)
        """Entries without documents that were not met in the register."""
        self.documents = 0
        self.found: list[str] = []
        self.more = 0

    def train(self, samples: Mapping[str, Sequence[Entry]]) -> dict[str, bytes]:  # noqa: ARG002 - no use
        """Return nothing: nothing is compressed."""
        return {}

    def packer(self, trained: dict[str, bytes]) -> Packer:  # noqa: ARG002 - see `train`
        return _pack

    def add(
        self,
        kind: str,
        entry_id: str,
        packed: bytes,
        terms: Mapping[str, Sequence[str]] = NONE,  # noqa: ARG002
        stamp: Stamp | None = None,  # noqa: ARG002
    ) -> None:
        self._seen[kind].add(entry_id)
        if entry_id in _LISTS:  # like the history, a release does not give them
            return
        documents = marshal.loads(packed)  # noqa: S302 - our own, from our own processes
        if not documents:
            self._bare[kind].add(entry_id)
            return
        self._waiting[kind][entry_id] = documents
        if len(self._waiting[kind]) == _AT_ONCE:
            self._compare(kind)

    def remember(self, row: Remembered) -> None:
        """Ignore the history: a release does not give it."""

    def finish(self) -> None:
        """Compare what waits, and look for entries that the release does not give."""
        for kind in KINDS:
            self._compare(kind)
            offset, more = 0, True
            while more:
                page = self._live.search(Query(kind, size=_PAGE, offset=offset, total=False), None)
                for match in page.matches:
                    if match.id not in self._seen[kind]:
                        self._differ(f"{kind} {match.id}: the release does not have it")
                    self._bare[kind].discard(match.id)
                offset, more = offset + _PAGE, page.more
            for entry_id in sorted(self._bare[kind]):
                self._differ(f"{kind} {entry_id}: the index does not have it")

    def _compare(self, kind: str) -> None:
        waiting = self._waiting.pop(kind, {})
        there: dict[str, dict[str, bytes]] = defaultdict(dict)
        for document in KINDS[kind].documents:
            found = self._live.documents(kind, list(waiting), document.name) if waiting else {}
            for entry_id, body in found.items():
                there[entry_id][document.name] = body
        for entry_id, documents in waiting.items():
            self.documents += len(documents)
            if entry_id not in there:
                self._differ(f"{kind} {entry_id}: the index does not have it")
                continue
            for document in KINDS[kind].documents:
                if there[entry_id].get(document.name) != documents.get(document.name):
                    self._differ(f"{kind} {entry_id}: its {document.name} document differs")

    def _differ(self, what: str) -> None:
        if len(self.found) < NAMED:
            self.found.append(what)
        else:
            self.more += 1
