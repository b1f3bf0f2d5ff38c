"""Logs of server and indexer: one line for each event on standard error, as text or as a JSON object."""

import logging
import time
from collections.abc import Mapping
from typing import Any

# As the logging HOWTO advises ("Optimization"): no line shows where in the code, or in which thread, it was
# logged.
logging._srcfile = None
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def configuration(log_format: str, level: str, request_id: str | None = None) -> dict[str, Any]:
    """Return the configuration for `logging.config.dictConfig`, the HTTP server's loggers included.

    `request_id` names the filter class that adds the ids of the current request to each record; None in the
    indexer, which has no requests.
    """
    ids = "%(request_id)s %(correlation_id)s"
    text = f"%(asctime)s %(levelname)s %(message)s [{ids}]" if request_id else "%(message)s"
    formatters = {
        "text": {"()": TextFormatter, "fmt": text},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": f"%(asctime)s %(levelname)s %(name)s %(message)s{f' {ids}' if request_id else ''}",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    }
    quiet = {"handlers": [], "propagate": True}
    # It logs each request to Elasticsearch as INFO and each failed one as WARNING: we log failures ourselves.
    errors_only = {"level": "ERROR"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"chosen": formatters[log_format]},
        "filters": {"request_id": {"()": request_id}} if request_id else {},
        "handlers": {
            "stderr": {
                "()": Handler,
                "formatter": "chosen",
                "filters": ["request_id"] if request_id else [],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"gunicorn.error": quiet, "gunicorn.access": quiet, "elastic_transport": errors_only},
    }


_INFO = logging.makeLogRecord({"levelno": logging.INFO, "levelname": "INFO"}).__dict__


class Line(logging.LogRecord):
    """A record of level INFO with further fields; made in a third of the time of other records."""

    def __init__(self, name: str, text: str, fields: Mapping[str, Any]) -> None:
        created = time.time()
        self.__dict__.update(_INFO, name=name, msg=text, created=created, msecs=created % 1 * 1000, **fields)


class Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes each line to standard error with one call."""

    def flush(self) -> None:
        """Do nothing: Python hands each line of standard error on when it ends."""


class TextFormatter(logging.Formatter):
    """Writes lines of text; the date and time of a second are written once for all lines of it."""

    _written = (-1, "")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """Return the time of a record, with milliseconds."""
        second, shown = self._written
        if second != int(record.created):
            shown = super().formatTime(record, datefmt).partition(",")[0]
            self._written = int(record.created), shown
        return f"{shown},{int(record.msecs):03d}"
