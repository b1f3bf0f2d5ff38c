"""Releases that follow each other: a small synthetic register to which everything happens that may."""

import io
import zipfile
from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

from lxml import etree

from app.clock import clock
from app.engine import open_index
from indexer.load import LoadOptions, load
from tests.releases import synthetic

KEPT = {"Full": 340, "Archive": 60}
"""Records of each file that are kept of 1,000; some stubs thereby lose their record."""
EACH = 5
"""How many organisations each thing happens to in a release."""


def publish(paths: Sequence[Path], url: str, published: date) -> None:
    """Load a release, ten days after it was published."""
    loaded = datetime.combine(published + timedelta(days=10), time(6), UTC)
    load(paths, open_index(url), clock(loaded), LoadOptions(validate="none"))


class World:
    """A register, as the XML of its two files, and what was deleted from it."""

    def __init__(self, folder: Path, published: date) -> None:
        self.folder, self.published, self.rng = folder, published, Random(3)
        self.files, self.deleted, self.made = {}, [], 0
        with zipfile.ZipFile(synthetic(folder / "first.zip", 1000, published)) as outer:
            for kind, member in (("Full", "fullfile.zip"), ("Archive", "archive.zip")):
                with zipfile.ZipFile(io.BytesIO(outer.read(member))) as inner:
                    file = etree.fromstring(inner.read(inner.namelist()[0]))
                del file.find("Organisations")[KEPT[kind] :]
                self.files[kind] = file

    def pass_to(self, published: date, back: int = 0, *, dated: bool = True) -> list[Path]:
        """Rename, close, relate, add, delete, bring deleted ones back; write the release of that day."""
        full = self.files["Full"].find("Organisations")
        for each in self.deleted[:back]:
            full.append(each)
        changed = self.deleted[:back] if dated else []
        del self.deleted[:back]
        subjects = iter(self.rng.sample(self._subjects(), 6 * EACH))
        for _ in range(EACH):
            renamed, closed, left, joined, parent, deleted = (next(subjects) for _ in range(6))
            renamed.find("Name").text += " AND PARTNERS"
            closed.find("Status").set("value", "Inactive")
            left.find("Rels/Rel/Status").set("value", "Inactive")
            joined.find("Rels").append(deepcopy(joined.find("Rels/Rel")))
            joined.find("Rels")[-1].set("uniqueRelId", str(900_000 + self.made))
            full.append(deepcopy(parent))
            full[-1].find("OrgId").set("extension", f"QQ{self.made:03}")
            self.made += 1
            full.remove(deleted)
            self.deleted.append(deleted)
            changed += [renamed, closed, left, joined, full[-1]]
        for each in changed:
            # What changed on the day of a release, but after it was made, is in the next one.
            day = self.published + timedelta(days=self.rng.randint(0, (published - self.published).days))
            each.find("LastChangeDate").set("value", day.isoformat())
        self.published = published
        return self.write()

    def _subjects(self) -> list[etree._Element]:
        stubs = {code_of(each) for file in self.files.values() for each in file.iterfind(".//*[@refOnly]")}
        return [
            each
            for each in self.files["Full"].find("Organisations")
            if each.find("Status").get("value") == "Active"
            and each.find("Rels") is not None
            and code_of(each) not in stubs
        ]

    def write(self, *kinds: str) -> list[Path]:
        """Write the release as it is now, or only these of its files."""
        paths = []
        for kind in kinds or self.files:
            file = self.files[kind]
            about = {
                "PublicationDate": self.published.isoformat(),
                "RecordCount": str(len(file.find("Organisations"))),
                "ContentDescription": f"HSCOrgRefData_{kind}_{self.published:%Y%m%d}",
            }
            for name, value in about.items():
                file.find(f"Manifest/{name}").set("value", value)
            paths.append(self.folder / f"{kind}.{self.published}.xml")
            paths[-1].write_bytes(etree.tostring(file))
        return paths


def code_of(organisation: etree._Element) -> str:
    """Return the code of a record."""
    return organisation.find("OrgId").get("extension")
