"""The entries of a Bundle, written one by one where the size of answers is limited (fhir-r4 7.6)."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from app.fhir.answer import Answer
from app.fhir.bundle import Entry
from app.fhir.subset import Subset
from app.fhir.version import ResourceType
from app.fhir.xml import IN_BUNDLE, in_bundle
from app.register.query import Match
from app.web.message import segment

_LINE = b"\n"


class Entries:
    """Makes the entries of one Bundle, until they are too large together."""

    def __init__(self, answer: Answer) -> None:
        self._answer, self._size = answer, 0

    def of(self, found: ResourceType, matches: Iterable[Match], subset: Subset) -> Iterator[Entry]:
        """Yield the entries of matches of a type; raises Rejected if the Bundle becomes too large."""
        answer, base = self._answer, self._answer.request.base
        address, complete, resource_id = f"{base}/{found.name}/", answer.version.complete, found.resource_id
        is_stored = answer.is_stored(subset)
        for match in matches:
            document = complete(found, match, base)
            resource = self._stored(document) if is_stored else self._cut(document, subset)
            yield Entry(address + segment(resource_id(match.id)), resource)

    def _stored(self, document: bytes) -> Any:
        """Return a resource that is sent as it is stored."""
        self._size += len(document)
        self._answer.check(self._size)
        return orjson.Fragment(document)

    def _cut(self, document: bytes, subset: Subset) -> Any:
        """Return a resource as the Bundle is to hold it: written, if the size of answers is limited."""
        answer, version = self._answer, self._answer.version
        resource = answer.resources(subset)(document)
        if version.max_bytes is None:
            return resource
        if answer.format.xml:
            resource = in_bundle(resource, pretty=answer.pretty)
            self._size += len(resource)
        else:
            document = version.dumps(resource, pretty=answer.pretty)
            resource = orjson.Fragment(document.replace(_LINE, _LINE + IN_BUNDLE.encode()))
            self._size += len(document)
        answer.check(self._size)
        return resource
