"""Where value sets come from: the register's, and those that a client sends (fhir-r4 10.4 and 11)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from app.directory.met import Met
from app.engine.port import Register
from app.fhir.rejected import Rejected, UnknownId
from app.r4.terminology import words
from app.r4.terminology.composition import composition
from app.r4.terminology.inputs import Values
from app.register.query import Clause, Operator, Query, Test

TYPE = "ValueSet"
_NEEDED = 'needs "url", or a "valueSet", or the address of a value set: ValueSet/ID/$'
_HEAD = ("url", "version", "name", "title")

Json = Mapping[str, Any]


class ValueSet(NamedTuple):
    """A value set: its definition, and what identifies it; one that a client sends is not identified."""

    compose: Json
    head: Mapping[str, str]
    """Those of `url`, `version`, `name` and `title` that it has, in this order."""

    @property
    def url(self) -> str | None:
        """The url by which it can be found; None for one that is not identified."""
        return self.head.get("url")


_known = Met[ValueSet](128)
"""The register's, by url."""


class ValueSets:
    """The value sets of a register, and those that a request brings, for the time of this request."""

    def __init__(self, register: Register, inputs: Values) -> None:
        """Take the value sets that are sent as `tx-resource`; raises Rejected."""
        self._register, self._inputs = register, inputs
        self._by_url = {
            each["url"]: _sent(each, _head(each))
            for each in inputs["tx-resource"]
            if each["resourceType"] == TYPE and isinstance(each.get("url"), str)
        }

    def asked(self, resource_id: str | None, operation: str) -> ValueSet:
        """Return the value set that an operation is asked of; raises Rejected."""
        inputs = self._inputs
        sent = [name for name in ("url", "valueSet") if name in inputs]
        if len(sent) + (resource_id is not None) > 1:
            text = 'Send "url", or "valueSet", or ask ValueSet/ID: these name several value sets'
            raise Rejected(words.contradiction(text))
        version = inputs.get("valueSetVersion", "")
        if "url" in inputs:
            return self.find(inputs["url"], version)
        if resource_id is not None:
            return self._of_resource(resource_id, version)
        if "valueSet" in inputs:
            return _sent(inputs["valueSet"], {})
        raise Rejected(words.missing(f"${operation} {_NEEDED}{operation}"))

    def find(self, url: str, version: str = "") -> ValueSet:
        """Return the value set with a url, after which `|` and a version may stand; raises Rejected."""
        plain, _, canonical = url.partition("|")
        if plain not in self._by_url:
            self._by_url |= _known.known(self._register, [plain])
        if plain not in self._by_url:
            asked = Query("resource", (Clause((Test("url", Operator.EQ, plain),)),), size=None, total=False)
            found = self._register.search(asked, "r4").matches
            # Resources of other types and versions of FHIR may have the same url.
            bodies = [each.document for each in found if each.document and each.id.startswith(f"{TYPE}/")]
            if not bodies:
                raise Rejected(words.unknown_value_set(plain))
            self._by_url[plain] = _read(bodies[0])
            _known.keep(self._register, {plain: self._by_url[plain]})
        return _of_version(self._by_url[plain], version, canonical)

    def _of_resource(self, resource_id: str, version: str) -> ValueSet:
        body = self._register.get("resource", f"{TYPE}/{resource_id}", "r4")
        if body is None:
            raise Rejected(UnknownId(TYPE, resource_id))
        return _of_version(_read(body), version)


def _read(document: bytes) -> ValueSet:
    resource = orjson.loads(document)
    return ValueSet(resource["compose"], _head(resource))


def _head(resource: Json) -> dict[str, str]:
    return {name: value for name in _HEAD if isinstance(value := resource.get(name), str)}


def _sent(resource: Json, head: Mapping[str, str]) -> ValueSet:
    """Return a value set that a client sent; raises Rejected."""
    compose = resource.get("compose")
    if not isinstance(compose, dict):
        raise Rejected(words.missing('The value set needs a "compose" that is an object with "include"'))
    return ValueSet(composition(compose), head)


def _of_version(value_set: ValueSet, *versions: str) -> ValueSet:
    served = value_set.head.get("version", "")
    for version in versions:
        if version and version != served:
            raise Rejected(words.unknown_version(version, value_set.head["url"], served))
    return value_set
