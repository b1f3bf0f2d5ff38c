"""Reads what many searches need of a generation that was opened, in a thread of its own, before they come.

The first searches would take ten times as long as others. The thread pauses after each part, which takes a
few milliseconds, so requests wait for nothing but what they need themselves. It ends when the generation is
closed.
"""

import threading
import time
import weakref
from collections.abc import Callable, Iterator
from functools import partial

from app.engine.port import EngineError
from app.engine.sqlite.reader import Reader
from app.engine.sqlite.readers import Readers
from app.register.fields import KINDS, Field, Kind, Type

THREAD = "read ahead"

_PAUSE = 0.001
"""Seconds."""

Part = Callable[[Reader], object]


def read_ahead(readers: Readers, seconds: float) -> None:
    """Start to read what many searches need into the cache, and wait so many seconds for its end."""
    thread = threading.Thread(target=_read, args=(weakref.ref(readers),), name=THREAD, daemon=True)
    thread.start()
    thread.join(seconds)


def _read(opened: "weakref.ref[Readers]") -> None:
    for part in parts():
        readers = opened()
        if readers is None:
            return
        try:
            with readers.borrow() as reader:
                part(reader)
        except EngineError:
            return  # requests will tell
        del readers  # it may be closed now
        time.sleep(_PAUSE)


def parts() -> Iterator[Part]:
    """Yield what reads a part, those that most searches need first."""
    for kind in KINDS.values():
        for field in kind.fields:
            if field.often:
                yield from _of(kind, field)


def _of(kind: Kind, field: Field) -> Iterator[Part]:
    phrases = f"{kind.name}.{field.name}.phrase"
    for read in _READ[field.type]:
        yield partial(_call, read, kind.name, field.name)
    if field.type is Type.TEXT:
        yield lambda reader: reader.terms(phrases, " ")


def _call(read: Callable[[Reader, str, str], object], kind: str, field: str, reader: Reader) -> None:
    read(reader, kind, field)


_READ: dict[Type, tuple[Callable[[Reader, str, str], object], ...]] = {
    Type.TEXT: (Reader.order, Reader.fence, Reader.firsts),
    Type.INSTANT: (Reader.places, Reader.firsts, Reader.instants),
    Type.REFERENCE: (Reader.naming, Reader.begin, Reader.named),
}
