"""Keep a copy of every ORD record in one SQLite file, in step with a server of ods-api-suite.

    python3 ord_sync.py http://127.0.0.1:8000 copy.db

Run it as often as you like: it fetches what changed since the last run. Needs only Python 3.11 or newer.
Why each step is there: ord-sync.md.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from email.message import Message
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import unquote
from urllib.request import urlopen

PAGE = 1000
"""Rows of a page: the most a server gives."""
MARGIN = timedelta(days=7)
"""How far before the date of the release that is in the copy `sync` is asked from."""
ATTEMPTS, PAUSE = 20, 5
BUSY = (429, 502, 503, 504)
"""Statuses of a server, or of a proxy before it, that may soon be other ones."""

SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS organisation (code TEXT PRIMARY KEY, changed TEXT, record TEXT);
CREATE TABLE IF NOT EXISTS state (generation TEXT);
"""


def get(url: str) -> tuple[Message, bytes]:
    """Return the headers and the body of an answer; a server that is not ready is asked again."""
    for _ in range(ATTEMPTS):
        try:
            with urlopen(url, timeout=60) as answer:
                return answer.headers, answer.read()
        except (OSError, HTTPException) as error:
            if isinstance(error, HTTPError) and error.code not in BUSY:
                raise
            sys.stderr.write(f"{url}: {error}; asked again in {PAUSE} s\n")
            time.sleep(PAUSE)
    raise SystemExit(f"{url} does not answer")


def listed(url: str, key: str) -> list[dict[str, str]]:
    """Return the items of a list."""
    return json.loads(get(url)[1])[key]


def changes(root: str, since: date) -> dict[str, str] | None:
    """Return the links of what changed since a day, by code; None where that is longer ago than is told."""
    try:
        rows = listed(f"{root}/sync?LastChangeDate={since}", "Organisations")
    except HTTPError as error:
        if error.code == 406:
            return None
        raise
    return {unquote(row["OrgLink"].rpartition("/")[2]): row["OrgLink"] for row in rows}


def rows(root: str) -> Iterator[dict[str, str]]:
    """Yield the summaries of all organisations, page by page."""
    for status in ("Active", "Inactive"):
        page = f"{root}/organisations?Status={status}&Limit={PAGE}"
        while page:
            headers, body = get(page)
            yield from json.loads(body)["Organisations"]
            page = headers.get("Next-Page", "")


def total(root: str) -> int:
    """Return how many organisations the server has."""
    answers = (get(f"{root}/organisations?Status={status}&Limit=1") for status in ("Active", "Inactive"))
    return sum(int(headers["X-Total-Count"]) for headers, _ in answers)


def fetch(copy: sqlite3.Connection, links: dict[str, str]) -> int:
    """Take records into the copy, and return how many."""
    for code, link in links.items():
        body = get(link)[1].decode()
        record = json.loads(body)["Organisation"]
        # A whole record of the same day may take the place of a stub: it stays in question.
        changed = "" if record.get("refOnly") else record.get("LastChangeDate", "")
        copy.execute("REPLACE INTO organisation VALUES (?, ?, ?)", (code, changed, body))
    return len(links)


def update(copy: sqlite3.Connection, root: str, before: str, generation: str) -> int:
    """Make the copy of one generation that of another, and return how many records were fetched."""
    links, fetched = None, 0
    if is_later(generation, before):
        links = changes(root, date.fromisoformat(before.partition(".")[0]) - MARGIN)
    if links is not None:
        told = listed(f"{root}/notifications", "DeletedOrganisations")
        deleted = [(row["OrgID"],) for row in told if row["OrgID"] not in links]
        copy.executemany("DELETE FROM organisation WHERE code = ?", deleted)
        fetched = fetch(copy, links)
    held = dict(copy.execute("SELECT code, changed FROM organisation"))
    if links is None or len(held) != total(root) or "" in held.values():  # look at every row
        found = {row["OrgId"]: row for row in rows(root)}
        gone = [(code,) for code in held if code not in found]
        copy.executemany("DELETE FROM organisation WHERE code = ?", gone)
        known = {} if links is None or gone else held
        wanted = (row for code, row in found.items() if known.get(code) != row.get("LastChangeDate", ""))
        fetched += fetch(copy, {row["OrgId"]: row["OrgLink"] for row in wanted})
    return fetched


def is_later(generation: str, before: str) -> bool:
    """Say whether a generation follows another, and is of no older release: names are DATE.NUMBER."""
    (day, _, number), (former_day, _, former_number) = generation.partition("."), before.partition(".")
    return bool(before) and day >= former_day and int(number) > int(former_number)


def live(address: str) -> str:
    """Return the name of the generation that the server serves."""
    return json.loads(get(f"{address}/health/ready")[1])["generation"]


def main(address: str, path: str) -> None:
    """Bring the copy up to date in one transaction: it is always whole, of one release or the next."""
    root = f"{address}/ORD/2-0-0"
    with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as copy:
        copy.executescript(SCHEMA)
        while True:
            copy.execute("BEGIN IMMEDIATE")
            (before,) = copy.execute("SELECT generation FROM state").fetchone() or ("",)
            generation, fetched = live(address), 0
            try:
                if before != generation:
                    fetched = update(copy, root, before, generation)
                    copy.execute("DELETE FROM state")
                    copy.execute("INSERT INTO state VALUES (?)", (generation,))
            except HTTPError:
                if live(address) == generation:
                    raise
            if live(address) == generation:
                break
            copy.execute("ROLLBACK")  # another release became live meanwhile
        (count,) = copy.execute("SELECT count(*) FROM organisation").fetchone()
        copy.execute("COMMIT")
    sys.stdout.write(f"{fetched} records fetched; {count} organisations of {generation}\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("Usage: python3 ord_sync.py http://127.0.0.1:8000 copy.db")
    try:
        main(sys.argv[1].rstrip("/"), sys.argv[2])
    except (HTTPError, sqlite3.Error, LookupError, ValueError) as error:
        raise SystemExit(f"{sys.argv[1]} could not be copied to {sys.argv[2]}: {error}") from None
