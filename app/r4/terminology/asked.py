"""A question to a terminology operation, as far as all have it."""

from typing import NamedTuple

from app.r4.terminology.inputs import Values
from app.r4.terminology.systems import Systems


class Asked(NamedTuple):
    """The code systems that are asked about, the inputs, and the resource; None: it is asked of the type."""

    systems: Systems
    inputs: Values
    resource_id: str | None = None
