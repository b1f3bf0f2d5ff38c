"""Worker processes, spawned: a fork would hold the index's lock and its open file."""

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


class NoWorkers(Exception):
    """Worker processes could not be started, or one was ended; the text says what to do."""


@contextmanager
def pool(workers: int, start: Callable[..., object] | None = None, *given: object) -> Iterator[Executor]:
    """Give a pool whose workers end with this process, however it ends; each first calls `start`.

    Raises NoWorkers, in the block too, when a worker cannot be started or is ended from outside.
    """
    spawn = multiprocessing.get_context("spawn")
    try:
        # Each worker has a thread of its own; the pool has two, and multiprocessing starts a process.
        _check_room(2 * workers + 3)
        with _Pool(workers, spawn, initializer=_begin, initargs=(start, given)) as executor:
            yield executor
    except BrokenProcessPool as error:
        raise NoWorkers("A worker process was ended, perhaps for want of memory: try --workers 1") from error


class _Pool(ProcessPoolExecutor):
    def __init__(self, *given: Any, **named: Any) -> None:
        try:
            super().__init__(*given, **named)
        except OSError as error:
            raise _not_started(error) from error

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Hand in some work; the pool starts its processes here, one by one."""
        # A process begins with its parent's mask: Ctrl-C must not meet it before `_begin`.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(work, *given, **named)
        except OSError as error:
            raise _not_started(error) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _check_room(threads: int) -> None:
    """Raise NoWorkers unless so many threads can be started, which count as processes do.

    A pool whose own threads cannot be started waits for ever.
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
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if start:
        start(*given)


def _end_with(parent: BaseProcess) -> None:
    """End this process when its parent was killed: its pool would wait for ever."""
    parent.join()
    os._exit(1)
