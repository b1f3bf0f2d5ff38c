"""Logs: one line an event on standard error, as text or as JSON objects, with the request's id."""

from typing import Any

import flask


def configuration(log_format: str, level: str) -> dict[str, Any]:
    """Return the configuration for `logging.config.dictConfig`, the HTTP server's loggers included."""
    formatters = {
        "text": {"format": "%(asctime)s %(levelname)s %(message)s [%(request_id)s]"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    }
    quiet = {"handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"chosen": formatters[log_format]},
        "filters": {"request_id": {"()": "app.web.logs.RequestId"}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "chosen", "filters": ["request_id"]}
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"gunicorn.error": quiet, "gunicorn.access": quiet | {"level": "CRITICAL"}},
    }


class RequestId:
    """Gives every record the id of the request it was made in, or a dash."""

    def filter(self, record: Any) -> bool:
        """Add `request_id`."""
        record.request_id = flask.g.get("request_id", "-") if flask.has_request_context() else "-"
        return True
