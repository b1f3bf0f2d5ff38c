"""The document of an organisation as a result of a lookup, ready to serve but for its score (lookup 2)."""

from collections.abc import Mapping
from json.encoder import encode_basestring as _quoted

from app.directory.kinds import COMMISSIONERS
from app.directory.precedence import precedence
from indexer.documents import address
from indexer.organisation import Organisation, Relationship

_PARENTS = ("RE6", "RE4", "RE5")
"""Types of relationships whose target is the parent, the first that is held: operator, commissioner, and
the geography above them."""


def result(organisation: Organisation, roles: Mapping[str, str]) -> bytes:
    """Return the document; `roles` are display names by id.

    It begins with `precedence`, which orders results and is not served.
    """
    primary = organisation.primary_role
    held = [role.id for role in organisation.roles if role.status == organisation.status]
    display = roles.get(primary)
    named = f',"name":{_quoted(display)}' if display else ""
    place = organisation.address and address.members(organisation.address, address.LOOKUP)
    return (
        f'{{"precedence":{precedence(held)},"code":{_quoted(organisation.code)},'
        f'"name":{_quoted(organisation.name)},"status":"{organisation.status.lower()}",'
        f'"recordClass":"{organisation.record_class}","primaryRole":{{"id":{_quoted(primary)}{named}}}'
        f'{f""","address":{{{place}}}""" if place else ""}{_parent(organisation)}}}'
    ).encode()


def _parent(organisation: Organisation) -> str:
    """Return the member for the parent: of the first type that is active, the one that began last."""
    active = [each for each in organisation.relationships if each.id in _PARENTS and each.status == "Active"]
    if not active:
        return ""
    commissioners = {each.target.code for each in active if each.id == "RE4"}
    for type_id in _PARENTS:
        found = [
            each
            for each in active
            if each.id == type_id and not _is_no_operator(organisation, each, commissioners)
        ]
        if found:
            latest = max(found, key=lambda each: (_start(each), each.target.code))
            return f',"parent":{{"code":{_quoted(latest.target.code)},"relationship":"{type_id}"}}'
    return ""


def _is_no_operator(organisation: Organisation, relationship: Relationship, commissioners: set[str]) -> bool:
    """Return whether a relationship RE6 names a commissioner (hierarchy 4)."""
    target = relationship.target
    return (
        relationship.id == "RE6"
        and organisation.record_class == "RC1"
        and (target.code in commissioners or target.primary_role in COMMISSIONERS)
    )


def _start(relationship: Relationship) -> str:
    """Return the operational start, or else the legal one, or an empty text."""
    starts = {period.type: period.start for period in relationship.periods}
    return starts.get("Operational") or starts.get("Legal") or ""
