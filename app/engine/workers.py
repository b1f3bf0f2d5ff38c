"""Worker processes, spawned: a fork would hold the index's lock and its open file."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.process import BaseProcess


def pool(workers: int, start: Callable[..., object] | None = None, *given: object) -> ProcessPoolExecutor:
    """Return a pool whose workers end with this process, however it ends; each first calls `start`."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, spawn, initializer=_begin, initargs=(start, given))


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
