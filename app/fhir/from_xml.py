"""Reads FHIR's XML into its JSON objects: what clients send, so the schema of a resource is not looked at."""

from typing import Any
from xml.parsers import expat

from app.fhir.systems import FHIR_NAMESPACE

DEEPEST = 64
"""Elements that may stand in each other."""
_LISTS = frozenset(
    ("parameter", "part", "entry", "coding", "extension", "contains", "identifier", "include", "exclude")
) | {"concept", "filter", "valueSet", "designation"}
"""Elements that repeat, in the resources that are read; they are lists also where one stands alone."""
_ATTRIBUTES = ("id", "url")
"""The attributes that FHIR has beside `value`; another one could stand in the place of a list."""
_BOOLEANS = {"true": True, "false": False}
_TRUTHS = frozenset(("valueBoolean", "inactive", "abstract", "experimental", "immutable", "userSelected"))
_TOO_DEEP = f"The XML has more than {DEEPEST} elements in each other: send fewer"
_DOCTYPE = "The XML has a document type declaration: send it without one"

Json = dict[str, Any]


class NotWellFormed(Exception):
    """A body that cannot be read; the text is a sentence for the client."""


def from_xml(body: bytes) -> Json:
    """Return a resource as its JSON object; primitives are texts, but for booleans.

    An object is empty for what is no resource. Raises NotWellFormed.
    """
    found = _Reading()
    try:
        found.parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError):  # the others are of unknown encodings
        place = f"line {found.parser.CurrentLineNumber}, column {found.parser.CurrentColumnNumber + 1}"
        raise NotWellFormed(f"The body is not well-formed XML: see {place}") from None
    return found.resource


class _Element:
    """An element that is being read."""

    __slots__ = ("members", "name", "value")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.value = attributes.get("value")
        self.members: Json = {key: attributes[key] for key in _ATTRIBUTES if key in attributes}

    @property
    def is_resource(self) -> bool:
        return self.name[:1].isupper()

    def add(self, child: "_Element") -> None:
        """Take an element that stands in this one."""
        if child.is_resource:  # `resource` and `contained` hold a resource in one more element
            if "resourceType" not in self.members:  # of several the first counts
                self.members |= child.content()
            return
        content = child.content()
        if child.name in _LISTS:
            self.members.setdefault(child.name, []).append(content)
        elif child.name not in self.members:
            self.members[child.name] = content
        elif isinstance(before := self.members[child.name], list):
            before.append(content)
        else:
            self.members[child.name] = [before, content]

    def content(self) -> Any:
        if self.is_resource:
            return {"resourceType": self.name, **self.members}
        if self.value is None:
            return self.members
        return _BOOLEANS.get(self.value, self.value) if self.name in _TRUTHS else self.value


class _Reading:
    """One document, while it is parsed."""

    def __init__(self) -> None:
        self.resource: Json = {}
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = _refuse
        self._path: list[_Element | None] = []

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        is_fhir = namespace == FHIR_NAMESPACE and None not in self._path[-1:]
        if is_fhir and len(self._path) == DEEPEST:
            raise NotWellFormed(_TOO_DEEP)
        self._path.append(_Element(local, attributes) if is_fhir else None)

    def _end(self, _name: str) -> None:
        element = self._path.pop()
        if element is None:
            return
        if self._path and (parent := self._path[-1]):
            parent.add(element)
        elif element.is_resource:
            self.resource = element.content()


def _refuse(*_declared: object) -> None:
    """Refuse a document type: its entities could make a short body long."""
    raise NotWellFormed(_DOCTYPE)
