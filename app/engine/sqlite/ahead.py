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

_PAUSE = 0.001
"""Seconds."""

Part = Callable[[Reader], object]


def read_ahead(readers: Readers) -> None:
    """Start to read what many searches need into the cache."""
    threading.Thread(target=_read, args=(weakref.ref(readers),), daemon=True).start()


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
    where = {"kind": kind.name, "field": field.name}
    match field.type:
        case Type.TEXT:
            yield partial(Reader.order, **where)
            yield partial(Reader.fence, **where)
            yield partial(Reader.firsts, **where)
            yield partial(Reader.terms, name=f"{kind.name}.{field.name}.phrase", holding=" ")
        case Type.INSTANT:
            yield partial(Reader.places, **where)
            yield partial(Reader.firsts, **where)
            yield partial(Reader.instants, **where)
        case Type.REFERENCE:
            yield partial(Reader.naming, **where)
            yield partial(Reader.begin, **where)
            yield partial(Reader.named, **where)
