"""From a record to what can be searched of it: the fields of `app.search.fields`, kind `organisation`."""

from datetime import UTC, datetime
from functools import lru_cache

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
        "last_change": midnight(organisation.last_change) if organisation.last_change else None,
    }


@lru_cache(maxsize=16_384)
def midnight(date: str) -> int:
    """Return the start of a ``YYYY-MM-DD`` day, in milliseconds since 1970 UTC."""
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()) * 1000
