"""Threads allocate memory where they are told to."""

import subprocess
import sys

ARENAS = """
import ctypes, sys, threading
from app.memory import share_arena
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fdopen.restype = ctypes.c_void_p
if sys.argv[1:]:
    share_arena()
together = threading.Barrier(4)
def allocate():
    together.wait()
    for _ in range(1_000):
        libc.malloc(1_000)
threads = [threading.Thread(target=allocate) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
out = libc.fdopen(1, b"w")
libc.malloc_info(0, ctypes.c_void_p(out))
libc.fflush(ctypes.c_void_p(out))
"""


def test_threads_can_share_one_arena_of_memory() -> None:
    def arenas(*arguments: str) -> int:
        command = [sys.executable, "-c", ARENAS, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.count("<heap nr=")

    assert arenas() > 1
    assert arenas("shared") == 1
