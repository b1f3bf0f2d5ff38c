"""What is told of requests to the terminology operations that cannot be answered (fhir-r4 13)."""

from app.r4.words import Issue
from app.web.message import quote


def named(url: str) -> str:
    """Return a url for quotation; `quote` is too short for some of this server's own."""
    return quote(url[:100]) + quote(url[100:200])


def unknown_system(url: str) -> Issue:
    """Return what is told of a code system that is not served."""
    return Issue("not-found", f"Unknown code system {quote(url)}", 404)


def unknown_code(code: str, url: str) -> Issue:
    """Return what is told of a code that a code system lacks."""
    return Issue("not-found", f'Unknown code "{quote(code)}" in code system {named(url)}', 404)


def unknown_value_set(url: str) -> Issue:
    """Return what is told of a value set that is not served."""
    return Issue("not-found", f"Unknown value set {quote(url)}", 404)


def unknown_version(version: str, url: str, served: str) -> Issue:
    """Return what is told of a version of a code system or value set; `served` is the right one, if any."""
    instead = f"use {served}" if served else "it has no version"
    return Issue("not-found", f'Unknown version "{quote(version)}" of {named(url)}: {instead}', 404)


def missing(text: str) -> Issue:
    """Return what is told of a request that lacks an input."""
    return Issue("required", text)


def contradiction(text: str) -> Issue:
    """Return what is told of inputs that cannot be sent together."""
    return Issue("invalid", text)
