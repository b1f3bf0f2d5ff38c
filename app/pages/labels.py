"""What pages call the types of relationships and the levels."""

from typing import NamedTuple


class Label(NamedTuple):
    """What one relationship type is called: by its source (`out`), and by its target (`into`)."""

    out: str
    into: str


RELATIONSHIPS = {
    "RE2": Label("Sub-division of", "Sub-divisions"),
    "RE3": Label("Directed by", "Directs"),
    "RE4": Label("Commissioned by", "Commissions"),
    "RE5": Label("In the geography of", "In its geography"),
    "RE6": Label("Operated by", "Operates"),
    "RE8": Label("Partner in", "Partners"),
    "RE9": Label("Nominated payee for", "Its nominated payees"),
    "RE10": Label("COVID nominated payee for", "Its COVID nominated payees"),
    "RE11": Label("Constituent of", "Constituents"),
}
"""By id; a release may have other types."""

LEVELS = {
    "operator": "Operated by",
    "pcn": "Primary care network",
    "commissioner": "Commissioner",
    "subIcb": "Sub-ICB location",
    "icb": "Integrated care board",
    "region": "NHS England region",
}
"""What levels are called, by the keys that answers have for them, and in their order."""


def relationship(type_id: str, name: str, direction: str) -> str:
    """Return what a relationship is called; `name` is the register's own, such as IS OPERATED BY."""
    if label := RELATIONSHIPS.get(type_id):
        return label.out if direction == "out" else label.into
    shown = name.capitalize() or type_id
    return shown if direction == "out" else f"{shown}: said of this organisation by others"
