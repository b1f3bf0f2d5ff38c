"""Chooses the format of an answer: by `_format`, else by Accept (fhir-search 83 to 90)."""

from dataclasses import dataclass
from functools import lru_cache

from werkzeug.http import parse_options_header

from app.web.negotiation import accepted

FHIR_JSON = "application/fhir+json"
FHIR_XML = "application/fhir+xml"

_JSON = ("application/fhir+json", "application/json", "text/json", "application/json+fhir")
_XML = ("application/fhir+xml", "application/xml", "text/xml", "application/xml+fhir")
_OLD = {"application/json+fhir": FHIR_JSON, "application/xml+fhir": FHIR_XML}


@dataclass(frozen=True)
class Format:
    """The format of an answer: JSON or XML, and its media type in Content-Type."""

    xml: bool
    media_type: str
    pretty: bool = False
    """Whether answers are indented if the request has no `_pretty`."""


JSON = Format(xml=False, media_type=FHIR_JSON)
XML = Format(xml=True, media_type=FHIR_XML)
_FOR_BROWSERS = Format(xml=False, media_type="application/json", pretty=True)
NAMES = ("json", "xml", *_JSON, *_XML)
"""The values of `_format`."""
JSON_TYPES, XML_TYPES = (
    tuple(dict.fromkeys(_OLD.get(name, name) for name in names)) for names in (_JSON, _XML)
)
"""The media types of answers in FHIR."""
_OF_FHIR = {FHIR_JSON, FHIR_XML, *_OLD}


def by_name(value: str) -> Format | None:
    """Return the format that a `_format` value names, or None; URL decoding makes a blank of a raw ``+``."""
    name = value.partition(";")[0].strip().lower().replace(" ", "+")
    if name == "json" or name in _JSON:
        return JSON
    return XML if name == "xml" or name in _XML else None


@lru_cache(maxsize=256)  # clients send few different headers
def by_accept(header: str, version: str) -> Format | None:
    """Return the best format an Accept header allows, or None; `version` is our FHIR version, ``3.0``.

    A header with `text/html` and no FHIR type is a browser's: it gets indented JSON (fhir-search 85).
    """
    ranges, named = [], {}
    for item, quality in accepted(header):
        media_range, options = parse_options_header(item)
        media_range = "*/*" if media_range == "*" else media_range.lower()
        named[media_range] = quality
        if options.get("fhirversion", version) == version:
            ranges.append((media_range, quality))
    if named.get("text/html", 0) > 0 and named.keys().isdisjoint(_OF_FHIR):
        return _FOR_BROWSERS
    if not ranges:
        return None
    json, xml = _best(ranges, _JSON), _best(ranges, _XML)
    if max(json, xml)[0] <= 0:
        return None
    # JSON wins at equal quality; within a format, the type that the header names in full.
    is_xml = xml[0] > json[0]
    chosen = (xml if is_xml else json)[3]
    return Format(is_xml, _OLD.get(chosen, chosen))


def _best(ranges: list[tuple[str, float]], offers: tuple[str, ...]) -> tuple[float, int, int, str]:
    """Return quality, specificity, negated rank and name of the best offer."""
    return max((*_quality(ranges, offer), -rank, offer) for rank, offer in enumerate(offers))


def _quality(ranges: list[tuple[str, float]], offer: str) -> tuple[float, int]:
    """Return the quality that the most specific range gives an offer (q=0 excludes), and that specificity."""
    major = offer.partition("/")[0]
    for specificity, pattern in ((2, offer), (1, f"{major}/*"), (0, "*/*")):
        found = [quality for media_range, quality in ranges if media_range == pattern]
        if found:
            return max(found), specificity
    return 0.0, 0
