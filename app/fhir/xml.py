"""Writes FHIR's XML from its JSON objects, whose key order is the order of XML elements.

The XML is written as text: a page of twenty organisations has some two thousand elements, and building a tree
of them takes three times as long.
"""

import re
from collections.abc import Callable
from typing import Any

from app.fhir.systems import FHIR_NAMESPACE

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_IN_ATTRIBUTES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)
_NOT_IN_XML = (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)
"""Characters that JSON can have and XML cannot: U+FFFD stands for each."""
_IN_ATTRIBUTES |= dict.fromkeys(_NOT_IN_XML, "\ufffd")
_MARKED = re.compile('[&<>"\x00-\x1f\ufffe\uffff]')  # few texts have any: to look first takes less time
IN_BUNDLE = 3 * "  "
"""The indentation of a resource in Bundle, entry and resource."""


class Written(str):
    """XML of a resource that is written already."""

    __slots__ = ()


def in_bundle(resource: dict[str, Any], *, pretty: bool) -> Written:
    """Return a resource as XML that can stand in the place of a resource of a Bundle."""
    parts: list[str] = []
    _resource(parts.append, resource, f"\n{IN_BUNDLE}" if pretty else "")
    return Written("".join(parts))


def to_xml(resource: dict[str, Any], *, pretty: bool = False) -> bytes:
    """Return a resource as XML: primitives in `value` attributes, no white space unless `pretty`."""
    parts = [_DECLARATION]
    _resource(parts.append, resource, "\n" if pretty else "", f' xmlns="{FHIR_NAMESPACE}"')
    return "".join(parts).encode()


def _resource(
    write: Callable[[str], None], resource: dict[str, Any], indent: str, namespace: str = ""
) -> None:
    """Write a resource; `indent` is a line end and blanks, or empty for no white space."""
    tag = resource["resourceType"]
    write(f"{indent}<{tag}{namespace}>")
    for key, value in resource.items():
        if key != "resourceType":
            _property(write, key, value, indent and f"{indent}  ")
    write(f"{indent}</{tag}>")


def _property(write: Callable[[str], None], key: str, value: Any, indent: str) -> None:
    """Write an element, or one for each item of a list."""
    kind = type(value)
    if kind is str and key != "div":
        write(f'{indent}<{key} value="{_attribute(value)}"/>')
    elif kind is list:
        for item in value:
            _property(write, key, item, indent)
    elif kind is dict:
        inner = indent and f"{indent}  "
        if "resourceType" in value:
            write(f"{indent}<{key}>")
            _resource(write, value, inner)
        else:
            # The id of an element, unlike that of a resource, and the url of an extension are attributes.
            is_extension = key == "extension"
            own = f' id="{_attribute(value["id"])}"' if "id" in value else ""
            url = f' url="{_attribute(value["url"])}"' if is_extension else ""
            write(f"{indent}<{key}{own}{url}>")
            for name, content in value.items():
                if not (name == "id" or (is_extension and name == "url")):
                    _property(write, name, content, inner)
        write(f"{indent}</{key}>")
    elif kind is Written:
        write(f"{indent}<{key}>{value}{indent}</{key}>")
    elif key == "div":
        write(indent + value)  # the XHTML of a narrative
    else:
        write(f'{indent}<{key} value="{str(value).lower() if kind is bool else value}"/>')


def _attribute(text: str) -> str:
    """Return a text as it stands between quotes."""
    return text.translate(_IN_ATTRIBUTES) if _MARKED.search(text) else text
