"""Logs of server and indexer: one line for each event on standard error, as text or as a JSON object."""

from typing import Any


def configuration(log_format: str, level: str, request_id: str | None = None) -> dict[str, Any]:
    """Return the configuration for `logging.config.dictConfig`, the HTTP server's loggers included.

    `request_id` names the filter class that adds the ids of the current request to each record; None in the
    indexer, which has no requests.
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
    # It logs each request to Elasticsearch as INFO and each failed one as WARNING: we log failures ourselves.
    errors_only = {"level": "ERROR"}
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
        "loggers": {"gunicorn.error": quiet, "gunicorn.access": quiet, "elastic_transport": errors_only},
    }
