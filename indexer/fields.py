"""Makes the searchable fields of a record: kind `organisation` in `app.register.fields`."""

from datetime import date
from functools import lru_cache

from app.clock import midnight
from app.register import relationship, words
from app.register.fields import Value
from indexer.organisation import Organisation


def fields(organisation: Organisation) -> dict[str, Value]:
    """Return the values of the fields of an organisation; terms for roles are ids with letters (RO197)."""
    address, roles = organisation.address, organisation.roles
    active = [role for role in roles if role.status == "Active"]
    stated = words.stated(organisation.name, address[:5] if address else ())
    return {
        "name": organisation.name,
        "town": address.town if address else None,
        "postcode": address.postcode if address else None,
        "status": (organisation.status,),
        "role": tuple([role.id for role in roles]),
        "primary_role": tuple([role.id for role in roles if role.primary]),
        "non_primary_role": tuple([role.id for role in roles if not role.primary]),
        "last_change": start_of(organisation.last_change) if organisation.last_change else None,
        "record_class": (organisation.record_class,),
        "name_word": stated.name_word,
        "place_word": stated.place_word,
        "active_role": tuple([role.id for role in active]),
        "active_primary_role": tuple([role.id for role in active if role.primary]),
        "succession": tuple({f"{each.type}/{each.target.code}" for each in organisation.successions}),
        "relationship": tuple(
            [
                relationship.value(each.status, each.id, each.target.code)
                for each in organisation.relationships
            ]
        ),
    }


@lru_cache(maxsize=16_384)
def start_of(day: str) -> int:
    """Return the start of a ``YYYY-MM-DD`` day, in milliseconds since 1970 UTC."""
    return midnight(date.fromisoformat(day))
