"""FHIR's issue types for answers that no request causes: faults on demand, and the rate limit (harness 3)."""

IMPOSED_CODES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    406: "not-supported",
    410: "deleted",
    422: "processing",
    429: "throttled",
    500: "exception",
    502: "transient",
    503: "transient",
    504: "timeout",
}
"""The issue type, by status."""
