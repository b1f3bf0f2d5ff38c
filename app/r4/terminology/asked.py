"""A question to a terminology operation, as far as all have it."""

from collections.abc import Callable
from typing import NamedTuple

from app.fhir.rejected import Rejected
from app.r4.terminology import words
from app.r4.terminology.inputs import Values
from app.r4.terminology.system import System
from app.r4.terminology.systems import Systems


class Asked(NamedTuple):
    """The code systems that are asked about, the inputs, and the resource; None: it is asked of the type."""

    systems: Systems
    inputs: Values
    check: Callable[[int], None]
    """Refuses an answer of so many bytes if that is too much; raises Rejected."""
    resource_id: str | None = None

    def system(self, name: str, version: str) -> System | None:
        """Return the code system that the resource is, or that an input names, if there is one.

        Raises Rejected if it, or its version, is not served, or if resource and input differ.
        """
        url = self.inputs.get(name, "")
        named = self.systems.find(url, version) if url else None
        if self.resource_id is None:
            return named
        own = self.systems.of_resource(self.resource_id, version)
        if named and named.url != own.url:
            raise Rejected(
                words.contradiction(
                    f'"{name}" is another code system than CodeSystem/{self.resource_id}: leave it out'
                )
            )
        return own
