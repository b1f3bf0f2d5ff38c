"""Makes the searchable fields of a record: of its organisation, and of each of its affiliations."""

from functools import lru_cache

from app.register import relationship, shown, words
from app.register.fields import Value
from app.register.stated import term
from indexer.days import end_of, opened, start_of
from indexer.documents.r4 import period_of
from indexer.organisation import Organisation, Period, Relationship


def fields(organisation: Organisation, published: str) -> dict[str, Value]:
    """Return the values of the fields of an organisation; terms for roles are ids with letters (RO197).

    `published` is the PublicationDate of the release.
    """
    address, roles = organisation.address, organisation.roles
    stated = words.stated(organisation.name, address[:5] if address else ())
    return {
        "name": organisation.name,
        "town": address.town if address else None,
        "postcode": address.postcode if address else None,
        "country": address.country if address else None,
        "lines": tuple(filter(None, (*address[:3], address.county))) if address else None,
        "status": (organisation.status,),
        **_roles(tuple([(role.id, role.primary, role.status) for role in roles])),
        "last_change": start_of(organisation.last_change) if organisation.last_change else None,
        "record_class": (organisation.record_class,),
        "record_use": ("RefOnly" if organisation.ref_only else "Full",),
        "name_word": stated.name_word,
        "place_word": stated.place_word,
        "succession": tuple({f"{each.type}/{each.target.code}" for each in organisation.successions}),
        "relationship": tuple(
            [
                relationship.value(each.status, each.id, each.target.code)
                for each in organisation.relationships
            ]
        ),
        **_days(organisation.periods),
        "shown_role": shown.roles(roles, active=organisation.status == "Active"),
        "stated": _stated(organisation),
        **opened(organisation, published),
    }


@lru_cache(maxsize=4_096)  # a register has a few hundred different ones
def _roles(held: tuple[tuple[str, bool, str], ...]) -> dict[str, Value]:
    """Return the terms for roles, of which each is given by its id, whether it is primary, and its status."""
    active = [(role, primary) for role, primary, status in held if status == "Active"]
    return {
        "role": tuple([role for role, _, _ in held]),
        "primary_role": tuple([role for role, primary, _ in held if primary]),
        "non_primary_role": tuple([role for role, primary, _ in held if not primary]),
        "active_role": tuple([role for role, _ in active]),
        "active_primary_role": tuple([role for role, primary in active if primary]),
    }


def _days(periods: tuple[Period, ...]) -> dict[str, Value]:
    """Return the instants of an organisation's own dates."""
    if not periods:
        return {}
    operational, legal = shown.periods(periods)
    start = start_of(operational.start)
    end = start_of(operational.end) if operational.end else None
    if operational is legal:  # nearly always
        return {"op_start": start, "op_end": end, "leg_start": start, "leg_end": end}
    return {
        "op_start": start,
        "op_end": end,
        "leg_start": start_of(legal.start),
        "leg_end": start_of(legal.end) if legal.end else None,
    }


_LINES = ("address1", "address2", "address3")
_CONTACTS = {"tel": "telephone", "http": "website"}


def _stated(organisation: Organisation) -> tuple[str, ...]:
    """Return the terms of what an organisation states (see `app.register.stated`)."""
    address = organisation.address
    values = [("assigningAuth", organisation.assigning_authority)]
    if address:
        # Lines are shown closed up, as ORD has them.
        values += zip(_LINES, filter(None, address[:3]), strict=False)
        values += ("county", address.county), ("uprn", address.uprn)
    values += [(_CONTACTS[each.type], each.value) for each in organisation.contacts if each.type in _CONTACTS]
    terms: list[str] = []
    for name, value in values:
        if value:
            terms += name, term(name, value)
    return tuple(terms)


def of_affiliation(source: str, stated: Relationship, odd: tuple[str, ...]) -> dict[str, Value]:
    """Return the values of the fields of a relationship, which the organisation `source` states.

    `odd` says what is odd about it (`days.odd`).
    """
    period = period_of(stated.periods) if stated.periods else None
    return {
        "status": (stated.status,),
        "type": (stated.id,),
        "source": source,
        "target": stated.target.code,
        "start": start_of(period.start) if period else None,
        "end": end_of(period.end) if period and period.end else None,
        "odd": odd,
    }
