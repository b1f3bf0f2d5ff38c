"""Reads and converts pieces of files, in this process or in several, and yields the results in order."""

import gc
import marshal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from app.engine.workers import Slots, pool
from indexer.convert import Converted, Converter
from indexer.header import CHUNK
from indexer.known import NEW, Done, Key, Known, converted_now, digest_of, until
from indexer.reader import Head, Piece, Record, read_piece, read_plain

Task = tuple[Head, Piece]

_SLOT = 2 * CHUNK
"""Bytes of memory for a piece, and then for what is made of it."""


class Plain(NamedTuple):
    """A plain record: its number among those known, or itself."""

    digest: bytes
    number: int
    record: Record | None = None
    until: int = 0


@dataclass(frozen=True)
class Reading:
    """Reads pieces, and converts the records that are not known; can be pickled."""

    converter: Converter
    known: Known | None

    def __call__(self, task: Task) -> Done:
        """Return what is made of a piece."""
        about, piece = task
        numbers, fresh = list[int](), list[tuple[bytes, int, Converted]]()
        for nth, found in enumerate(read_piece(about, piece, self._plain), piece.nth):
            plain = found if isinstance(found, Plain) else Plain(b"", NEW, found)
            numbers.append(plain.number)
            if plain.record:
                converted = self.converter(plain.record, in_full_file=about.kind == "full", nth=nth)
                fresh.append((plain.digest, plain.until, converted))
        return Done(numbers, *converted_now(fresh))

    def _plain(self, raw: bytes, codes: frozenset[str]) -> Plain | None:
        digest = digest_of(raw)
        if self.known and (number := self.known.find(digest)) != NEW:
            return Plain(digest, number)
        record = read_plain(raw, codes)
        if record is None:
            return None
        earlier = min(self.converter.vocabulary.published, self.converter.day)
        return Plain(digest, NEW, record, until(raw, earlier))


@contextmanager
def conversion(
    reading: Reading, workers: int
) -> Iterator[Callable[[Iterable[Task]], Iterator[tuple[Piece, Done]]]]:
    """Give a function that converts the records of pieces in worker processes (1: in this process).

    The function raises the errors of `read_piece`, Invalid and NoWorkers.
    """
    if workers == 1:
        yield lambda tasks: ((task[1], reading(task)) for task in tasks)
        return
    ahead = 2 * workers
    slots = Slots(ahead + 1, _SLOT)
    with pool(workers, _start, reading, slots) as executor:
        yield lambda tasks: _in_order(executor, slots, tasks, ahead)


def _in_order(
    executor: Executor, slots: Slots, tasks: Iterable[Task], ahead: int
) -> Iterator[tuple[Piece, Done]]:
    """Yield results in the order of their tasks, with no more than `ahead` tasks waiting."""
    waiting: deque[tuple[int, Piece, Future[bytes | int]]] = deque()
    try:
        for number, (about, piece) in enumerate(tasks):
            data = slots.put(number, piece.data)
            future = executor.submit(_work, number, about, piece._replace(data=b""), data)
            waiting.append((number, piece, future))
            if len(waiting) > ahead:
                first, done, future = waiting.popleft()
                yield done, _received(slots.take(first, future.result()))
        for number, piece, future in waiting:
            yield piece, _received(slots.take(number, future.result()))
    finally:
        for _, _, future in waiting:
            future.cancel()


def _received(result: bytes) -> Done:
    """Return what `_work` made bytes of."""
    numbers, keys, block = marshal.loads(result)  # noqa: S302 - from our own process
    return Done(numbers, [Key(*key) for key in keys], block)


# In a worker process

_started: list[tuple[Reading, Slots]] = []


def _start(reading: Reading, slots: Slots) -> None:
    gc.disable()  # records and entries have no reference cycles; the search takes a fifth of the time
    _started.append((reading, slots))


def _work(number: int, about: Head, piece: Piece, data: bytes | int) -> bytes | int:
    """Read the piece in a slot, and put what is made of it there."""
    ((reading, slots),) = _started
    numbers, keys, block = reading((about, piece._replace(data=slots.take(number, data))))
    # To pickle a named tuple takes twice as long.
    return slots.put(number, marshal.dumps((numbers, list(map(tuple, keys)), block)))
