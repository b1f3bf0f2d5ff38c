"""Reads and converts pieces of files, in this process or in several, and yields the results in order."""

import gc
import marshal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager

from app.engine.workers import pool
from indexer.convert import Converted, Converter
from indexer.merge import Above, Precedence
from indexer.placing import Placing
from indexer.reader import Head, Piece, read_piece

Task = tuple[Head, Piece]
Done = tuple[Piece, list[Converted]]


@contextmanager
def conversion(converter: Converter, workers: int) -> Iterator[Callable[[Iterable[Task]], Iterator[Done]]]:
    """Give a function that converts the records of pieces in worker processes (1: in this process).

    The function raises the errors of `read_piece`, Invalid and NoWorkers.
    """
    if workers == 1:
        yield lambda tasks: ((task[1], _convert(converter, task)) for task in tasks)
        return
    with pool(workers, _start, converter) as executor:
        yield lambda tasks: _in_order(executor, tasks, ahead=2 * workers)


def _convert(converter: Converter, task: Task) -> list[Converted]:
    about, piece = task
    return [
        converter(record, in_full_file=about.kind == "full", nth=nth)
        for nth, record in enumerate(read_piece(about, piece))
    ]


def _in_order(executor: Executor, tasks: Iterable[Task], ahead: int) -> Iterator[Done]:
    """Yield results in the order of their tasks, with no more than `ahead` tasks waiting."""
    waiting: deque[tuple[Piece, Future[bytes]]] = deque()
    try:
        for task in tasks:
            waiting.append((task[1], executor.submit(_work, task)))
            if len(waiting) > ahead:
                piece, future = waiting.popleft()
                yield piece, _received(future.result())
        for piece, future in waiting:
            yield piece, _received(future.result())
    finally:
        for _, future in waiting:
            future.cancel()


def _received(records: bytes) -> list[Converted]:
    """Return what `_work` made bytes of."""
    return [
        Converted(code, Precedence(*precedence), record, Above(targets, Placing(*placing)))
        for code, precedence, record, targets, placing in marshal.loads(records)  # noqa: S302 - from our own process
    ]


# In a worker process

_converter: list[Converter] = []


def _start(converter: Converter) -> None:
    gc.disable()  # records and entries have no reference cycles; the search takes a fifth of the time
    _converter.append(converter)


def _work(task: Task) -> bytes:
    # To pickle a named tuple takes twice as long.
    return marshal.dumps(
        [
            (code, tuple(precedence), record, above.targets, tuple(above.placing))
            for code, precedence, record, above in _convert(_converter[0], task)
        ]
    )
