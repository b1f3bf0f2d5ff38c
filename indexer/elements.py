"""Converts an Organisation element into an Organisation by the rules of HSCOrgRefData.

Children are visited once, in any order: looking each one up by name took three times as long. Iterating
over the slice `element[:]` is faster than over the element. Tags are compared as written. Real files have no
namespace below the root; where an element has one, `Namespaced` is raised, and the caller strips all
namespaces and starts again.
"""

from collections.abc import Iterator
from functools import lru_cache
from sys import intern

from indexer.leaves import Element, Fault, Leaves, calendar_date
from indexer.organisation import (
    LARGEST_INTEGER,
    Address,
    Contact,
    Organisation,
    Period,
    Relationship,
    Role,
    Succession,
    Target,
)
from indexer.report import printable

_CONTACTS = {
    "tel": "tel",
    "fax": "fax",
    "http": "http",
    "mailto": "mailto",
    "mail": "mailto",
    "email": "mailto",
}
LINES = ("AddrLn1", "AddrLn2", "AddrLn3", "Town", "County", "PostCode", "Country", "UPRN")

_REPEATED = ("Town", "County", "Country")
_PARTS = {"Role": ("Status",), "Rel": ("Status", "Target"), "Succ": ("Type", "Target")}
_TRUE = ("true", "1")


@lru_cache(maxsize=100_000)
def _period(kind: str, start: str, end: str | None) -> Period:
    """Return one shared object for equal periods: most repeat, so this saves memory and pickling."""
    return Period(intern(kind), calendar_date(start), end and calendar_date(end))


class Walker:
    """Converts Organisation elements into records.

    ``leaves`` reads their texts and attributes. ``published`` is the date of the release, ``YYYY-MM-DD``: it
    decides the status of a component that states none.
    """

    def __init__(self, published: str, leaves: Leaves) -> None:
        self._published = published
        self._read = leaves

    def _add_period(self, element: Element, periods: tuple[Period, ...]) -> tuple[Period, ...]:
        """Return the periods of a component with that of one more Date element."""
        kind = start = end = None
        for child in element[:]:
            tag = child.tag
            if tag == "Type" and kind is None:
                kind = self._read.value(child)
            elif tag == "Start" and start is None:
                start = self._read.date(child)
            elif tag == "End" and end is None:
                end = self._read.date(child)
            else:
                self._read.unknown(child)
        if kind not in ("Operational", "Legal"):
            self._read.unknown(element, printable(f"Type {kind}"))
            return periods
        if start is None:
            self._read.warn("date_without_start", f"{self._read.path(element)} {kind}")
            return periods
        period = _period(kind, start, end)
        if not periods:
            return (period,)
        for place, other in enumerate(periods):
            if other.type == kind:
                where = self._read.path(element)
                self._read.warn("repeated_date", f"{where} {kind} from {other.start} and {start}")
                later = period if start > other.start else other
                return (*periods[:place], later, *periods[place + 1 :])
        return (*periods, period)

    def _checked(self, periods: tuple[Period, ...]) -> tuple[Period, ...]:
        for period in periods:
            if period.end is not None and period.end < period.start:
                self._read.warn("end_before_start", f"{period.type} {period.start} to {period.end}")
        return periods

    def _missing(self, what: str, periods: tuple[Period, ...]) -> str:
        """Return the status of a role or relationship that states none, with a warning."""
        self._read.warn("missing_status", what)
        for period in periods:
            if period.type == "Operational" and period.end is not None and period.end <= self._published:
                return "Inactive"
        return "Active"

    def _dated(self, what: str, periods: tuple[Period, ...]) -> None:
        """Warn of a role or relationship without any period."""
        if not periods:
            self._read.warn("no_date", what)

    def organisation(self, element: Element) -> Organisation:  # noqa: PLR0912, PLR0915
        """Convert one Organisation element into a record; its warnings are added to those of the leaves.

        Raises:
            Fault: a mandatory part is missing, or a value has the wrong type.
            Namespaced: an element has a namespace.

        """
        given = self._read.attributes(element, "orgRecordClass", "refOnly")
        record_class = given.get("orgRecordClass")
        if record_class not in ("RC1", "RC2"):
            shown = "has none" if record_class is None else f"has {printable(record_class)!r}"
            raise Fault(element, f"a record's orgRecordClass is RC1 or RC2, this one {shown}")
        name = code = root = authority = status = last_change = address = None
        periods: tuple[Period, ...] = ()
        contacts: list[Contact] = []
        roles: list[Role] = []
        marked: list[int] = []
        relationships: list[Relationship] = []
        successions: list[Succession] = []
        for child in element[:]:
            tag = child.tag
            if tag == "Date":
                periods = self._add_period(child, periods)
            elif tag == "OrgId" and code is None:
                org_id = self._read.attributes(child, "root", "assigningAuthorityName", "extension")
                code = self._read.code(child, org_id.get("extension"))
                root, authority = org_id.get("root"), org_id.get("assigningAuthorityName")
            elif tag == "Name" and name is None:
                name = self._read.text(child)
            elif tag == "Status" and status is None:
                status = self._read.status(child)
            elif tag == "LastChangeDate" and last_change is None:
                last_change = self._read.date(child)
            elif tag == "GeoLoc" and address is None:
                address = self._address(child)
            elif tag == "Contacts":
                contacts += filter(None, map(self._contact, self._all(child, "Contact")))
            elif tag == "Roles":
                for part in self._all(child, "Role"):
                    role, is_marked = self._role(part)
                    if is_marked:
                        marked.append(len(roles))
                    roles.append(role)
            elif tag == "Rels":
                relationships += map(self._relationship, self._all(child, "Rel"))
            elif tag == "Succs":
                successions += map(self._succession, self._all(child, "Succ"))
            else:
                self._read.unknown(child)
        if code is None:
            raise Fault(element, "the record has no code: there is no OrgId")
        if name is None:
            raise Fault(element, "the record has no Name")
        if not roles:
            raise Fault(element, "the record has no Role")
        primary = marked[0] if marked else 0
        if len(marked) != 1:
            self._read.warn(
                "no_primary_role", f"{len(marked)} roles are marked primary, {roles[primary].id} stands"
            )
        roles[primary] = roles[primary]._replace(primary=True)
        if status is None:
            self._read.warn("missing_status", "Organisation")
            status = roles[primary].status
        return Organisation(
            code=code,
            root=root and intern(root),
            assigning_authority=authority and intern(authority),
            record_class=self._read.known(record_class),
            ref_only=given.get("refOnly") in _TRUE,
            name=name,
            status=status,
            last_change=last_change,
            periods=self._checked(periods),
            address=address,
            contacts=tuple(contacts),
            roles=tuple(roles),
            relationships=tuple(relationships),
            successions=tuple(successions),
        )

    def _all(self, element: Element, tag: str) -> Iterator[Element]:
        """Yield the children named ``tag``, with a warning for any other content of the element."""
        if element.keys():
            self._read.attributes(element)
        for child in element[:]:
            if child.tag == tag:
                yield child
            else:
                self._read.unknown(child)

    def _address(self, element: Element) -> Address | None:
        lines: dict[str, str | None] = {}
        for location in self._all(element, "Location"):
            for child in location[:]:
                tag = child.tag
                if tag in LINES and tag not in lines:
                    text = self._read.text(child)
                    lines[tag] = intern(text) if text and tag in _REPEATED else text
                else:
                    self._read.unknown(child)
        if not any(lines.values()):
            return None
        get = lines.get
        return Address(*map(get, LINES))

    def _contact(self, element: Element) -> Contact | None:
        given = self._read.attributes(element, "type", "value")
        kind, value = given.get("type"), given.get("value")
        if kind is None:
            self._read.unknown(element, "without type")
            return None
        if kind not in _CONTACTS:
            self._read.warn("unknown_code", f"Contact {printable(kind)}")
        return Contact(_CONTACTS.get(kind, kind), value) if value else None

    def _role(self, element: Element) -> tuple[Role, bool]:
        """Return a role with ``primary`` false, and whether the data marks it as primary."""
        given = self._read.attributes(element, "id", "uniqueRoleId", "primaryRole")
        if "id" not in given:
            raise Fault(element, "a Role has no id")
        role = self._read.known(given["id"])
        unique = self._read.integer(element, "uniqueRoleId", given.get("uniqueRoleId"))
        if unique is None or unique > LARGEST_INTEGER:
            self._read.warn("no_role_id", f"Role {role}" if unique is None else f"Role {role} {unique}")
        periods, status, _, _ = self._component(element)
        self._dated(f"Role {role}", periods)
        return Role(
            role,
            unique,
            primary=False,
            periods=periods,
            status=status or self._missing(f"Role {role}", periods),
        ), given.get("primaryRole") in _TRUE

    def _relationship(self, element: Element) -> Relationship:
        given = self._read.attributes(element, "id", "uniqueRelId")
        if "id" not in given:
            raise Fault(element, "a Rel has no type: its id is missing")
        kind = self._read.known(given["id"])
        periods, status, target, _ = self._component(element)
        if target is None:
            raise Fault(element, f"the Rel {kind} has no Target with a code")
        unique = self._read.integer(element, "uniqueRelId", given.get("uniqueRelId"))
        if unique is None:
            self._read.warn("no_relationship_id", f"Rel {kind} to {printable(target.code)}")
        self._dated(f"Rel {kind}", periods)
        return Relationship(
            kind,
            unique,
            periods,
            status or self._missing(f"Rel {kind}", periods),
            target,
        )

    def _succession(self, element: Element) -> Succession:
        given = self._read.attributes(element, "uniqueSuccId", "forwardSuccession")
        periods, _, target, kind = self._component(element)
        if kind not in ("Predecessor", "Successor"):
            shown = "no Type" if kind is None else f"Type {printable(kind)!r}"
            raise Fault(element, f"a Succ is a Predecessor or a Successor, this one has {shown}")
        if target is None:
            raise Fault(element, f"the Succ to a {kind} has no Target with a code")
        return Succession(
            self._read.integer(element, "uniqueSuccId", given.get("uniqueSuccId")),
            forward=given.get("forwardSuccession") in _TRUE,
            periods=periods,
            type=intern(kind),
            target=target,
        )

    def _component(
        self, element: Element
    ) -> tuple[tuple[Period, ...], str | None, Target | None, str | None]:
        """Read the children of a role, relationship or succession: periods, status, target, type."""
        periods: tuple[Period, ...] = ()
        status = target = kind = None
        takes = _PARTS[element.tag]
        for child in element[:]:
            tag = child.tag
            if tag == "Date":
                periods = self._add_period(child, periods)
            elif tag not in takes:
                self._read.unknown(child)
            elif tag == "Status" and status is None:
                status = self._read.status(child)
            elif tag == "Target" and target is None:
                target = self._target(child)
            elif tag == "Type" and kind is None:
                kind = self._read.text(child)
            else:
                self._read.unknown(child)
        return self._checked(periods), status, target, kind

    def _target(self, element: Element) -> Target | None:
        code = role = unique = None
        for child in element[:]:
            tag = child.tag
            if tag == "OrgId" and code is None:
                given = self._read.attributes(child, "root", "assigningAuthorityName", "extension")
                if "extension" in given:
                    code = self._read.code(child, given["extension"])
            elif tag == "PrimaryRoleId" and role is None and unique is None:
                given = self._read.attributes(child, "id", "uniqueRoleId")
                role = self._read.known(given["id"]) if "id" in given else None
                unique = self._read.integer(child, "uniqueRoleId", given.get("uniqueRoleId"))
            else:
                self._read.unknown(child)
        return None if code is None else Target(code, role, unique)
