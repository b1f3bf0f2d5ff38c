"""Writes a release in the form that TRUD publishes: a zip that holds a zip with each of its two XML files."""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import quoteattr

from indexer.report import Refused

Kind = Literal["Full", "Archive"]

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<HSCOrgRefData:OrgRefData xmlns:HSCOrgRefData="http://refdata.hscic.gov.uk/org/v2-0-0" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://refdata.hscic.gov.uk/org/v2-0-0 HSCOrgRefData.xsd">
"""
RECORDS = "  <Organisations>\n"
END = "  </Organisations>\n</HSCOrgRefData:OrgRefData>\n"
_INNER: dict[Kind, str] = {"Full": "fullfile.zip", "Archive": "archive.zip"}
_LEVEL = 4
"""Of deflate."""
_OIDS = {
    "OrganisationRecordClass": "2.16.840.1.113883.2.1.3.2.4.23",
    "OrganisationRole": "2.16.840.1.113883.2.1.3.2.4.17.507",
    "OrganisationRelationship": "2.16.840.1.113883.2.1.3.2.4.17.508",
}


@dataclass(frozen=True)
class Part:
    """One XML file of a release that is to be written, in pieces of bytes."""

    kind: Kind
    text: Iterable[bytes]


def described(kind: Kind, published: date) -> str:
    """Return the ContentDescription of a file, which is also its name without `.xml`."""
    return f"HSCOrgRefData_{kind}_{published:%Y%m%d}"


def write(out: Path, published: date, parts: Sequence[Part]) -> None:
    """Write a release to `out`, in one step at the end; raises Refused where that cannot be done.

    The times in the zips follow from the publication date, so that the same release is the same bytes.
    """
    with _replacing(out) as path, zipfile.ZipFile(path, "w") as outer:
        for part in parts:
            with tempfile.TemporaryFile(dir=out.parent) as spool:
                with (
                    zipfile.ZipFile(spool, "w") as inner,
                    inner.open(_entry(f"{described(part.kind, published)}.xml", published), "w") as target,
                ):
                    for block in part.text:
                        target.write(block)
                spool.seek(0)
                stored = _entry(_INNER[part.kind], published + timedelta(days=1), zipfile.ZIP_STORED)
                with outer.open(stored, "w") as target:
                    shutil.copyfileobj(spool, target, 1 << 20)


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """Give a path beside `out` that takes its place at the end, or is removed on an error."""
    path = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        yield path
        path.replace(out)
    except OSError as error:
        raise Refused(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        path.unlink(missing_ok=True)


def _entry(name: str, day: date, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 1, 0, 0))
    entry.compress_type = method
    entry._compresslevel = _LEVEL  # type: ignore[attr-defined]
    return entry


@dataclass(frozen=True)
class Manifest:
    """What the Manifest of a file says; `source` is one of `indexer.release.SOURCES`."""

    kind: Kind
    published: date
    sequence: int
    source: str
    count: int
    """Of its records, stubs included."""
    primary_roles: Mapping[str, str]

    def text(self) -> str:
        """Return the Manifest as XML."""
        values = {
            "Version": "2-0-0",
            "PublicationType": "Full",
            "PublicationSource": self.source,
            "PublicationDate": self.published.isoformat(),
            "PublicationSeqNum": self.sequence,
            "FileCreationDateTime": f"{self.published.isoformat()}T01:12:{self.sequence % 60:02}",
            "RecordCount": self.count,
            "ContentDescription": described(self.kind, self.published),
        }
        lines = [f'    <{element} value="{value}" />\n' for element, value in values.items()]
        scope = [
            f'      <PrimaryRole id="{role}" displayName={quoteattr(display)} />\n'
            for role, display in self.primary_roles.items()
        ]
        listed = f"    <PrimaryRoleScope>\n{''.join(scope)}    </PrimaryRoleScope>\n"
        return f"  <Manifest>\n{''.join(lines)}{listed}  </Manifest>\n"


def code_systems(concepts: Mapping[str, Mapping[str, str]]) -> str:
    """Return code systems as XML: their concepts by the name of the system, display names by id."""
    text = "  <CodeSystems>\n"
    for name, oid in _OIDS.items():
        rows = [
            f'      <concept id="{key}" code="{key[2:]}" displayName={quoteattr(display)} />\n'
            for key, display in concepts[name].items()
        ]
        text += f'    <CodeSystem name="{name}" oid="{oid}">\n{"".join(rows)}    </CodeSystem>\n'
    return text + "  </CodeSystems>\n"
