"""Keeps the key of TRUD out of everything that is printed or logged: file addresses carry it."""

import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

_MASK = "***"


def masked(text: str, key: str) -> str:
    """Return a text without the key."""
    return re.sub(re.escape(key), _MASK, text, flags=re.IGNORECASE)


class _Masking(logging.Filter):
    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the message, and the traceback if there is one."""
        record.msg, record.args = masked(record.getMessage(), self._key), ()
        if record.exc_info:
            told = "".join(traceback.format_exception(*record.exc_info))
            record.exc_text = masked(told.rstrip(), self._key)
            record.exc_info = None
        return True


@contextmanager
def hidden(key: str) -> Iterator[None]:
    """Mask the key in what is logged, by libraries too, and in the traceback of an error nobody expected."""

    def told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.stderr.write(masked("".join(traceback.format_exception(kind, error, trace)), key))

    mask, handlers = _Masking(key), logging.getLogger().handlers
    for handler in handlers:
        handler.addFilter(mask)
    sys.excepthook = told  # for good: an error ends the process only after this block
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(mask)
