"""Small registers for the contract: organisations made by hand, and what puts them into an index."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import orjson

from app.clock import clock, milliseconds
from app.engine.history import Remembered, key
from app.engine.port import NONE, Build, Generation, Index, Packer
from app.register.fields import KINDS, Entry, spaced
from app.register.query import Stamp

START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
DAY = 86_400_000
NEW = Stamp(1, milliseconds(START))


def organisation(
    code: str,
    name: str | None = None,
    *,
    town: str | None = None,
    postcode: str | None = None,
    status: str | None = "Active",
    roles: Iterable[str] = (),
    changed: int | None = None,
    within: Iterable[str] = (),
    lines: Iterable[str] = (),
    mark: str = "",
    stamp: Stamp = NEW,
) -> Entry:
    """Return an organisation; the first role is the primary one, `changed` counts days since 1970."""
    held = tuple(roles)
    fields = {
        "name": name,
        "town": town,
        "postcode": postcode,
        "status": (status,) if status else (),
        "role": held,
        "primary_role": held[:1],
        "non_primary_role": held[1:],
        "within": tuple(within),
        "lines": tuple(lines) or None,
        "last_change": None if changed is None else changed * DAY,
    }
    body = {"Name": name, "OrgId": code}
    documents = {
        "stu3": document(code, name, mark),
        "ord": spaced({"Organisation": {"Name": name, "OrgId": {"extension": code}, "Roles": {"Role": []}}}),
        "ord_summary": spaced(body),
        "lookup": orjson.dumps(body),
    }
    return stamped(Entry(code, fields, documents), stamp)


def document(code: str, name: str | None = None, mark: str = "") -> bytes:
    """Return the document of an organisation, written as interfaces write theirs."""
    return orjson.dumps({"resourceType": "Organization", "id": code, "name": name, "mark": mark})


def resource(entry_id: str, url: str, stamp: Stamp = NEW) -> Entry:
    """Return a conformance resource; its id is its type and its own id."""
    kind, _, own = entry_id.partition("/")
    body = orjson.dumps({"resourceType": kind, "id": own, "url": url})
    return stamped(Entry(entry_id, {"type": (kind,), "url": (url,)}, {"stu3": body}), stamp)


def affiliation(
    entry_id: str,
    source: str | None = None,
    target: str | None = None,
    *,
    status: str | None = "Active",
    of: str | None = "RE4",
    start: int | None = None,
    end: int | None = None,
    stamp: Stamp = NEW,
) -> Entry:
    """Return a relationship of a type; `start` and `end` count days since 1970."""
    fields = {
        "status": (status,) if status else (),
        "type": (of,) if of else (),
        "source": source,
        "target": target,
        "start": None if start is None else start * DAY,
        "end": None if end is None else end * DAY,
    }
    body = orjson.dumps({"code": of, "organization": source})
    return stamped(Entry(entry_id, fields, {"r4": body}), stamp)


def role(number: str, source: str, of: str, *, primary: bool = False, status: str = "Active") -> Entry:
    """Return a role instance, which has no document."""
    fields = {"type": ("role",), "role": (of,), "primary": (str(primary).lower(),), "status": (status,)}
    return Entry(f"role/{number}", {**fields, "source": source}, {})


def succession(number: str, predecessor: str, successor: str) -> Entry:
    """Return a succession."""
    body = orjson.dumps({"predecessor": predecessor, "successor": successor})
    fields = {"type": ("succession",), "source": predecessor, "target": successor}
    return Entry(f"succession/{number}", fields, {"concept": body})


def deletion(code: str, day: int) -> Entry:
    """Return a deletion that was first missed so many days after 1970."""
    return Entry(code, {"missed": day * DAY}, {"ord": spaced({"OrgID": code, "time": day})})


def remembered(
    entry_id: str,
    version: int = 1,
    *,
    kind: str = "organisation",
    highest: int = 0,
    gone: str | None = None,
    digest: bytes | None = b"12345678",
) -> Remembered:
    """Return a row of a history; the highest version is the entry's own unless named."""
    return Remembered(kind, entry_id, digest, version, highest or version, 1_767_225_600_123, gone, "RO177")


def stamped(entry: Entry, stamp: Stamp) -> Entry:
    """Return an entry of a versioned kind that has its stamp among its fields, whence `add` takes it."""
    return entry._replace(fields=entry.fields | stamp._asdict())


def stamp_of(kind: str, entry: Entry) -> Stamp | None:
    """Return the stamp that stands among the fields of an entry, None where the kind is not versioned."""
    return Stamp(entry.fields["version"], entry.fields["updated"]) if KINDS[kind].versioned else None


def add(
    build: Build, pack: Packer, kind: str, entry: Entry, terms: Mapping[str, Sequence[str]] = NONE
) -> None:
    """Add an entry to a build as the indexer does: what packs it knows no stamp."""
    plain = {name: value for name, value in entry.fields.items() if name not in Stamp._fields}
    build.add(kind, entry.id, pack(kind, entry._replace(fields=plain)), terms, stamp_of(kind, entry))


Contents = Mapping[str, Iterable[Entry]]
"""The entries of a generation, by kind."""


def fill(
    index: Index,
    contents: Contents | Iterable[Entry],
    *,
    release: str = "2026-01-30",
    after: int = 0,
    report: dict[str, object] | None = None,
    history: Iterable[Remembered] = (),
) -> Generation:
    """Build and publish a generation, made live so many seconds after START."""
    kinds = contents if isinstance(contents, Mapping) else {"organisation": contents}
    now = START + timedelta(seconds=after)
    with index.build(release, now) as build:
        pack = build.packer(build.train({kind: list(entries) for kind, entries in kinds.items()}))
        for kind, entries in kinds.items():
            for entry in sorted(entries, key=lambda entry: entry.id):
                add(build, pack, kind, entry)
        for row in sorted(history, key=key):
            build.remember(row)
        return build.publish(lambda: report or {}, clock(now))
