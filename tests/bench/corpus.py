"""What a release gives to ask for: a sample of its records, and the words of its names with their frequency.

Reads any release of TRUD's form by pattern, not as XML: it is a source of values, not a second reader.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from html import unescape
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

SAMPLE = 12_000  # records to keep, about
BLOCK = 4 << 20  # bytes read at a time
BROAD = 0.005  # share of all names that a broad word stands in, at least

_END = b"</Organisation>"
_COUNT = re.compile(rb'<RecordCount value="(\d+)"')
_NAME = re.compile(rb"<Name>([^<]+)</Name>")
_CODE = re.compile(rb'</Date>\s*<OrgId[^>]*extension="([^"]+)"')
_CHANGED = re.compile(rb'<LastChangeDate value="([^"]+)"')
_TOWN = re.compile(rb"<Town>([^<]+)</Town>")
_POSTCODE = re.compile(rb"<PostCode>([^<]+)</PostCode>")
_ROLE = re.compile(rb'<Role id="RO(\d+)"([^>]*)>')
_RELATIONSHIP = re.compile(rb'<Rel id="(RE\d+)".*?<Target>\s*<OrgId[^>]*extension="([^"]+)"', re.DOTALL)
_BOARD = b'<Role id="RO261"'  # the role of an integrated care board
_WORD = re.compile(r"[A-Z]{4,}")


@dataclass(frozen=True, slots=True)
class Sampled:
    """What one record can be found by; roles are digits, the primary one is `primary`."""

    code: str
    name: str
    changed: str
    town: str
    postcode: str
    primary: str
    roles: tuple[str, ...]
    active: bool
    related: tuple[str, str] | None  # type and target of a relationship


@dataclass(frozen=True, slots=True)
class Corpus:
    """A sample of a release in random order; words of names by how many names hold them."""

    records: list[Sampled]
    broad: list[str]  # held by thousands, most frequent first
    rare: list[str]  # held by 1 to 20 names, in random order
    towns: list[str]
    count: int  # records of the files
    boards: list[str]  # codes of integrated care boards: of the open ones, if any is


def read_corpus(release: Path, seed: int) -> Corpus:
    """Read the outer zip of a release, of which the inner zips hold one XML each."""
    rng = Random(seed)
    records: list[Sampled] = []
    words: Counter[str] = Counter()
    towns: Counter[str] = Counter()
    boards: dict[bool, list[str]] = {True: [], False: []}
    count = 0
    for block in _blocks(release):
        if found := _COUNT.search(block):
            count += int(found[1])
        for name in _NAME.findall(block):
            words.update(set(_WORD.findall(name.decode())))
        towns.update(_TOWN.findall(block))
        chance = SAMPLE / max(count, SAMPLE)
        texts = block.split(_END)
        drawn = (_sampled(text) for text in texts if rng.random() < chance)
        records.extend(record for record in drawn if record)
        for text in texts:
            if _BOARD in text and (code := _CODE.search(text)):
                boards[_is_active(text)].append(code[1].decode())
    rng.shuffle(records)
    broad = [word for word, held in words.most_common() if held >= BROAD * count]
    rare = sorted(word for word, held in words.items() if held <= 20)
    rng.shuffle(rare)
    found = [unescape(town.decode()) for town, _ in towns.most_common()]
    return Corpus(records, broad, rare, found, count, boards[True] or boards[False])


def sources(release: Path) -> Iterator[IO[bytes]]:
    """The XML files of the outer zip of a release, opened one after another."""
    with zipfile.ZipFile(release) as outer:
        for inner_name in outer.namelist():
            if not inner_name.lower().endswith(".zip"):
                continue
            with outer.open(inner_name) as packed, zipfile.ZipFile(packed) as inner:
                for member in inner.namelist():
                    if member.lower().endswith(".xml"):
                        with inner.open(member) as source:
                            yield source


def _blocks(release: Path) -> Iterator[bytes]:
    """The XML of all files, cut between records."""
    for source in sources(release):
        rest = b""
        while data := source.read(BLOCK):
            rest += data
            end = rest.rfind(_END) + len(_END)
            if end >= len(_END):
                yield rest[:end]
                rest = rest[end:]


def _is_active(text: bytes) -> bool:
    return b'<Status value="Active"' in text.partition(b"<GeoLoc>")[0]


def _sampled(text: bytes) -> Sampled | None:
    """The values of a complete record; None for a stub, or one without town or postcode."""
    parts = [pattern.search(text) for pattern in (_CODE, _NAME, _CHANGED, _TOWN, _POSTCODE)]
    found = _ROLE.findall(text)
    if b'refOnly="true"' in text or not all(parts) or not found:
        return None
    roles = tuple(role.decode() for role, _ in found)
    primary = next((role.decode() for role, rest in found if b"primaryRole" in rest), roles[0])
    values = [unescape(part[1].decode()) for part in parts if part]
    rel = _RELATIONSHIP.search(text)
    return Sampled(*values, primary, roles, _is_active(text), rel and (rel[1].decode(), rel[2].decode()))
