"""What an organisation's page shows, from its flat object (lookup 3)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import quote

from app.directory.heirs import Heir
from app.directory.placed import Answer
from app.pages import labels
from app.web.message import segment

Json = Mapping[str, Any]

_CONTACTS = {"tel": "Telephone", "fax": "Fax", "http": "Web site", "mailto": "Email"}
"""What contact types are called."""

_TELEPHONE = re.compile(r"\+?[0-9][0-9 ()-]{4,}")


class Contact(NamedTuple):
    """A contact; `link` is empty unless the value is a web address or a telephone number (lookup 6)."""

    label: str
    value: str
    link: str


class Belonging(NamedTuple):
    """One body to which the organisation belongs, and how it was found."""

    code: str
    name: str
    is_itself: bool
    how: list[str]


class Level(NamedTuple):
    """One level: its bodies, of which there are several where the register does not decide."""

    label: str
    bodies: list[Belonging]
    note: str


class Event(NamedTuple):
    """An event of the time line; `date` may be empty, `others` are organisations that took part."""

    date: str
    text: str
    others: list[Json]
    is_end: bool = False


class Link(NamedTuple):
    """The same record in another form."""

    name: str
    path: str


class View(NamedTuple):
    """All that the page shows besides the flat object itself."""

    roles: list[str]
    address: list[str]
    map: str
    contacts: list[Contact]
    levels: list[Level]
    country: str
    events: list[Event]
    opens: str
    """When it opens, if that is to come."""
    is_over: bool
    heirs: tuple[Heir, ...]
    links: list[Link]


def view(flat: Json, answer: Answer, map_url: str) -> View:
    """Return what the page shows of an organisation, from its flat object and the answer of today."""
    return View(
        roles(flat),
        address(flat),
        map_link(flat, map_url),
        contacts(flat),
        levels(flat),
        flat.get("levels", {}).get("country", ""),
        events(flat),
        answer.opens or "",
        answer.heirs is not None,
        answer.heirs or (),
        data(flat),
    )


def roles(flat: Json) -> list[str]:
    """Return what it is: its primary role, then its other active ones, by name.

    The primary role seldom says what people call it: that of a GP practice is PRESCRIBING COST CENTRE.
    """
    others = [role for role in flat["roles"] if role["status"] == "active" and "primary" not in role]
    return list(dict.fromkeys(role.get("name", role["id"]) for role in (flat["primaryRole"], *others)))


def address(flat: Json) -> list[str]:
    """Return the lines of the address."""
    found = flat.get("address", {})
    parts = [*found.get("lines", ()), *(found.get(key) for key in ("town", "county", "postcode", "country"))]
    return [part for part in parts if part]


def place(found: Json) -> str:
    """Return town and postcode, in one line."""
    where = found.get("address", {})
    return ", ".join(filter(None, (where.get("town"), where.get("postcode"))))


def map_link(flat: Json, map_url: str) -> str:
    """Return the address of a map of the postcode, or an empty text."""
    postcode = flat.get("address", {}).get("postcode")
    return map_url.replace("{postcode}", quote(postcode, safe="")) if postcode else ""


def contacts(flat: Json) -> list[Contact]:
    """Return the contacts."""
    return [_contact(each["type"], each["value"]) for each in flat.get("contacts", ())]


def _contact(type_: str, value: str) -> Contact:
    link = ""
    if value.lower().startswith(("http://", "https://")):
        link = value
    elif type_ == "tel" and _TELEPHONE.fullmatch(value):
        link = f"tel:{re.sub('[^+0-9]', '', value)}"
    return Contact(_CONTACTS.get(type_, type_.capitalize()), value, link)


def levels(flat: Json) -> list[Level]:
    """Return the levels that are known, ambiguous or ended, in their order."""
    found = flat.get("levels", {})
    shown = []
    for key, label in labels.LEVELS.items():
        ambiguous, ended = (found.get(state, {}).get(key, []) for state in ("ambiguous", "ended"))
        entries = [found[key]] if key in found else ambiguous or ended
        note = "The register gives several, and does not say which." if ambiguous else ""
        if ended:
            note = "It has ended, and the register names no successor."
        if entries:
            shown.append(Level(label, [_belonging(flat, key, entry) for entry in entries], note))
    return shown


def _belonging(flat: Json, key: str, entry: Json) -> Belonging:
    how = []
    if entry["via"][:1] == ["RE6"] and key != "operator":
        how.append("inherited from its operator")
    if successor_of := entry.get("successorOf"):
        how.append(f"as successor of {successor_of}")
    return Belonging(entry["code"], entry.get("name", ""), entry["code"] == flat["code"], how)


def events(flat: Json) -> list[Event]:
    """Return the time line: opening, roles, successions, closing; events without a date come first."""
    opened, closed = flat.get("opened", ""), flat.get("closed", "")
    found = [Event(opened, "Opened", [])] if opened else []
    for role in flat.get("roles", ()):
        name = role.get("name") or role["id"]
        if role.get("start", opened) != opened:
            found.append(Event(role["start"], f"Began as {name}", []))
        if role.get("end", closed) != closed:
            found.append(Event(role["end"], f"Ended as {name}", []))
    found += _successions(flat.get("predecessors", ()), "Took over from")
    found += _successions(flat.get("successors", ()), "Succeeded by")
    if closed:
        found.append(Event(closed, "Closed", [], is_end=True))
    return sorted(found, key=lambda event: (event.date, event.is_end))


def _successions(parties: Iterable[Json], text: str) -> Iterator[Event]:
    dated = sorted(({"name": "", "date": "", **party} for party in parties), key=itemgetter("date", "code"))
    for date, group in groupby(dated, key=itemgetter("date")):
        yield Event(date, text, list(group))


def data(flat: Json) -> list[Link]:
    """Return the links to the organisation's record in the other interfaces."""
    code = segment(flat["code"])
    return [
        Link("Flat JSON", f"/organisations/{code}?format=json"),
        Link("FHIR R4", f"/R4/Organization/{code}"),
        Link("FHIR STU3", f"/STU3/Organization/{code}"),
        Link("ORD", f"/ORD/2-0-0/organisations/{code}"),
    ]
