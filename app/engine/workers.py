"""A pool of worker processes.

A process of its own forks them, which has imported what they need. So they start quickly, and they inherit
neither the index's lock nor an open file.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any


class Slots:
    """Memory that a process shares with the workers it starts: to pass on byte strings, each in a slot.

    A pipe takes 64 kB at a time, which costs several times the CPU time. What is larger than a slot goes
    through the pipe. `start` of a pool may be given slots; they cannot be pickled otherwise.
    """

    def __init__(self, count: int, size: int) -> None:
        """Make so many slots, each for so many bytes; raises NoWorkers."""
        self._count, self._size = count, size
        try:
            self._memory = multiprocessing.get_context("forkserver").RawArray("c", count * size)
        except OSError as error:
            raise _not_started(error) from error

    def put(self, number: int, content: bytes) -> bytes | int:
        """Put a byte string into a slot, counted round and round; return what `take` needs to find it."""
        if len(content) > self._size:
            return content
        start = number % self._count * self._size
        memoryview(self._memory).cast("B")[start : start + len(content)] = content
        return len(content)

    def take(self, number: int, put: bytes | int) -> bytes:
        """Return the byte string in a slot; `put` is what `put` returned."""
        if isinstance(put, bytes):
            return put
        start = number % self._count * self._size
        return bytes(memoryview(self._memory)[start : start + put])


class NoWorkers(Exception):
    """A worker process could not be started, or was killed; the text says what to do."""


@contextmanager
def pool(workers: int, start: Callable[..., object] | None = None, *given: object) -> Iterator[Executor]:
    """Give a pool of processes that first call `start(*given)`; they end with this one, even if it is killed.

    Raises NoWorkers, also inside the block, when a worker cannot be started or is killed.
    """
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(["__main__", *([start.__module__] if start else [])])
    with killed():
        # Each worker has a process and a thread more; the pool two threads, multiprocessing two processes.
        _check_room(2 * workers + 4)
        with _Pool(workers, forked, initializer=_begin, initargs=(start, given)) as executor:
            yield executor


@contextmanager
def killed() -> Iterator[None]:
    """Raise NoWorkers when a worker is killed."""
    try:
        yield
    except BrokenProcessPool as error:
        raise NoWorkers("A worker process was killed, perhaps for lack of memory: try --workers 1") from error


class _Pool(ProcessPoolExecutor):
    def __init__(self, *given: Any, **named: Any) -> None:
        try:
            super().__init__(*given, **named)
        except OSError as error:
            raise _not_started(error) from error

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Submit a call; the pool starts its processes here, one by one."""
        # A new process inherits the signal mask: Ctrl-C must not reach it before `_begin` has run.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(work, *given, **named)
        except OSError as error:
            raise _not_started(error) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the pool."""
        queue = getattr(self, "_call_queue", None)
        if self._broken and queue:
            # Python before 3.11.5 waits for ever for its thread that writes to workers that were killed.
            queue._reader.close()
        super().shutdown(wait, cancel_futures=cancel_futures)


def _check_room(threads: int) -> None:
    """Raise NoWorkers unless this many threads can be started; the system's limit counts them as processes.

    Without the check, a pool that cannot start its own threads would wait for ever.
    """
    end = threading.Event()
    started: list[threading.Thread] = []
    try:
        for _ in range(threads):
            thread = threading.Thread(target=end.wait)
            thread.start()
            started.append(thread)
    except RuntimeError as error:
        raise _not_started(error) from error
    finally:
        end.set()
        for thread in started:
            thread.join()


def _not_started(error: Exception) -> NoWorkers:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return NoWorkers(
        f"Worker processes cannot be started: {reason}; try --workers 1, or allow more processes and memory"
    )


def _begin(start: Callable[..., object] | None, given: tuple[object, ...]) -> None:
    parent = multiprocessing.parent_process()
    if parent:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if start:
        start(*given)


def _end_with(parent: BaseProcess) -> None:
    """End this process when its parent ends: a worker of a killed parent would wait for work for ever."""
    parent.join()
    os._exit(1)
