"""The entries of a Bundle, written one by one where the size of answers is limited (fhir-r4 7.6)."""

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

    def of(self, found: ResourceType, match: Match, subset: Subset) -> Entry:
        """Return the entry of a match; raises Rejected if the Bundle becomes too large with it."""
        base, version = self._answer.request.base, self._answer.version
        url = f"{base}/{found.name}/{segment(found.resource_id(match.id))}"
        return Entry(url, self._resource(version.complete(found, match, base), subset))

    def _resource(self, document: bytes, subset: Subset) -> Any:
        """Return a resource as the Bundle is to hold it: written, if the size of answers is limited."""
        answer, version = self._answer, self._answer.version
        resource = answer.resources(subset)(document)
        if version.max_bytes is None:
            return resource
        if answer.format.xml:
            resource = in_bundle(resource, pretty=answer.pretty)
            self._size += len(resource)
        else:
            if not answer.is_stored(subset):
                document = version.dumps(resource, pretty=answer.pretty)
                resource = orjson.Fragment(document.replace(_LINE, _LINE + IN_BUNDLE.encode()))
            self._size += len(document)
        answer.check(self._size)
        return resource
