"""Logs of server and indexer: a line an event on standard error, as text or as JSON objects."""

from typing import Any


def configuration(log_format: str, level: str, request_id: str | None = None) -> dict[str, Any]:
    """Return the configuration for `logging.config.dictConfig`, the HTTP server's loggers included.

    `request_id` names the filter class that gives records the ids of their request, where there are requests.
    """
    ids = "%(request_id)s %(correlation_id)s"
    text = f"%(asctime)s %(levelname)s %(message)s [{ids}]" if request_id else "%(message)s"
    formatters = {
        "text": {"format": text},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": f"%(asctime)s %(levelname)s %(name)s %(message)s{f' {ids}' if request_id else ''}",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    }
    quiet = {"handlers": [], "propagate": True}
    asked = {
        "level": "ERROR"
    }  # every request to a cluster, and every one that failed, which we say ourselves
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"chosen": formatters[log_format]},
        "filters": {"request_id": {"()": request_id}} if request_id else {},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "chosen",
                "filters": ["request_id"] if request_id else [],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"gunicorn.error": quiet, "gunicorn.access": quiet, "elastic_transport": asked},
    }
