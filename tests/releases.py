"""Releases for tests: the bundled sample in every form a release comes in, and synthetic ones."""

import io
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

from indexer.sources.synthesise.release import synthesise
from tests.conftest import SAMPLE


def unpacked(folder: Path) -> dict[str, list[Path]]:
    """Unpack the sample below `folder` and return the paths that name it, by the form they have."""
    zips, files = folder / "zips", folder / "files"
    for each in (zips, files):
        each.mkdir(parents=True)
    with zipfile.ZipFile(SAMPLE) as outer:
        for name in outer.namelist():
            content = outer.read(name)
            if name.endswith(".zip"):
                (zips / name).write_bytes(content)
                with zipfile.ZipFile(io.BytesIO(content)) as inner:
                    inner.extractall(files, [each for each in inner.namelist() if each.endswith(".xml")])
    return {
        "the outer zip": [SAMPLE],
        "the two inner zips": sorted(zips.iterdir()),
        "two XML files": sorted(files.glob("*.xml")),
        "a folder of zips": [zips],
        "a folder of XML files": [files],
    }


_TINY = """<?xml version="1.0" encoding="utf-8"?>
<HSCOrgRefData:OrgRefData xmlns:HSCOrgRefData="http://refdata.hscic.gov.uk/org/v2-0-0">
  <Manifest>
    <Version value="2-0-0" /><PublicationType value="Full" /><PublicationSource value="HSCIC" />
    <PublicationDate value="{published}" /><PublicationSeqNum value="1" />
    <FileCreationDateTime value="{published}T00:00:00" /><RecordCount value="{count}" />
    <ContentDescription value="HSCOrgRefData_Full_{compact}" />
    <PrimaryRoleScope><PrimaryRole id="RO177" displayName="PRESCRIBING COST CENTRE" /></PrimaryRoleScope>
  </Manifest>
  <CodeSystems><CodeSystem name="OrganisationRecordClass" oid="2">
    <concept id="RC1" code="1"
    displayName="HSCOrg" /></CodeSystem>
    <CodeSystem name="OrganisationRole" oid="1"><concept id="RO177" code="177"
    displayName="PRESCRIBING COST CENTRE" /></CodeSystem></CodeSystems>
  <Organisations>{organisations}</Organisations>
</HSCOrgRefData:OrgRefData>
"""
_ORGANISATION = """
    <Organisation orgRecordClass="RC1"><Name>{name}</Name>
      <Date><Type value="Operational" /><Start value="2001-02-03" /></Date>
      <OrgId root="2.16.840.1.113883.2.1.3.2.4.18.48" assigningAuthorityName="HSCIC" extension="{code}" />
      <Status value="Active" /><LastChangeDate value="{published}" />
      <GeoLoc><Location><Town>LEEDS</Town><PostCode>LS1 4AP</PostCode></Location></GeoLoc>
      <Roles><Role id="RO177" uniqueRoleId="{number}" primaryRole="true">
        <Date><Type value="Operational" /><Start value="2001-02-03" /></Date><Status value="Active" />
      </Role></Roles>
    </Organisation>"""


def tiny(path: Path, published: date, names: Mapping[str, str]) -> Path:
    """Write a full file of some organisations, names by code, and return its path."""
    organisations = "".join(
        _ORGANISATION.format(code=code, name=escape(name), published=published, number=number)
        for number, (code, name) in enumerate(names.items(), start=1)
    )
    content = _TINY.format(
        published=published, compact=f"{published:%Y%m%d}", count=len(names), organisations=organisations
    )
    path.write_text(content, encoding="utf-8")
    return path


def synthetic(path: Path, organisations: int, published: date) -> Path:
    """Write a synthetic release to `path` and return it."""
    synthesise(path, organisations, 1, published)
    return path
