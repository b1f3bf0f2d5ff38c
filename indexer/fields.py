"""From a record to what can be searched of it: the fields of `app.search.fields`, kind `organisation`."""

from datetime import date
from functools import lru_cache

from app.clock import midnight
from app.search import relationship
from app.search.fields import Value
from indexer.organisation import Organisation


def fields(organisation: Organisation) -> dict[str, Value]:
    """Return the values of the fields of an organisation; role terms are ids with their letters."""
    address = organisation.address
    return {
        "name": organisation.name,
        "town": address.town if address else None,
        "postcode": address.postcode if address else None,
        "status": (organisation.status,),
        "role": tuple(role.id for role in organisation.roles),
        "primary_role": tuple(role.id for role in organisation.roles if role.primary),
        "non_primary_role": tuple(role.id for role in organisation.roles if not role.primary),
        "last_change": start_of(organisation.last_change) if organisation.last_change else None,
        "record_class": (organisation.record_class,),
        "relationship": tuple(
            {
                term: None  # in their order, each once
                for each in organisation.relationships
                for term in relationship.stored(each.status, each.id, each.target.code)
            }
        ),
    }


@lru_cache(maxsize=16_384)
def start_of(day: str) -> int:
    """Return the start of a ``YYYY-MM-DD`` day, in milliseconds since 1970 UTC."""
    return midnight(date.fromisoformat(day))
