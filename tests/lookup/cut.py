"""Cut a small register and its questions out of a large one, for tests.

    python -m tests.lookup.cut FOLDER

Writes `data/release.zip` and `data/questions.tsv`. FOLDER is laid out as for `tests.bench.lookup`. The cut
holds what lies in a few postcode areas, and what that refers to; its questions are some of those whose right
codes all lie there.
"""

from __future__ import annotations

import io
import random
import re
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

AREAS = ("LS", "BD", "HX", "HD", "WF", "HG", "YO", "HU", "B")
QUESTIONS = 40  # of each corpus
DATA = Path(__file__).with_name("data")

_RECORD = re.compile(r"    <Organisation .*?</Organisation>\n", re.DOTALL)
_CODE = re.compile(r'<OrgId [^>]*extension="([^"]+)"')
_POSTCODE = re.compile(r"<PostCode>([A-Z]{1,2})[0-9]")
_COUNT = re.compile(r'<RecordCount value="\d+"')
# Leading blanks are half of the text of a release, and no reader needs them.
_INDENTATION = re.compile(r"\n +")


class File(NamedTuple):
    """One file of a release: its place, what comes before and after its records, and the records by code."""

    zipped: str
    name: str
    head: str
    tail: str
    records: dict[str, str]


def read(release: Path) -> list[File]:
    """Read the files of a release."""
    found = []
    with zipfile.ZipFile(release) as outer:
        for zipped in (name for name in outer.namelist() if name.endswith(".zip")):
            with zipfile.ZipFile(io.BytesIO(outer.read(zipped))) as inner:
                (name,) = inner.namelist()
                text = inner.read(name).decode()
            records = _RECORD.findall(text)
            head, _, rest = text.partition(records[0])
            by_code = {_CODE.search(record)[1]: record for record in records}
            found.append(File(zipped, name, head, rest.rpartition(records[-1])[2], by_code))
    return found


def chosen(files: list[File]) -> set[str]:
    """The codes of what lies in the areas, and of what that refers to, and so on."""
    records = {code: record for each in files for code, record in each.records.items()}
    places = {code: _POSTCODE.search(record) for code, record in records.items()}
    found = {code for code, place in places.items() if place and place[1] in AREAS}
    waiting = list(found)
    while waiting:
        referred = {code for code in _CODE.findall(records[waiting.pop()]) if code in records} - found
        found |= referred
        waiting += referred
    return found


def write(files: list[File], codes: set[str]) -> None:
    """Write a release of these records."""
    with zipfile.ZipFile(DATA / "release.zip", "w") as outer:
        for each in files:
            records = [record for code, record in each.records.items() if code in codes]
            head = _COUNT.sub(f'<RecordCount value="{len(records)}"', each.head)
            inner = io.BytesIO()
            with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
                packed.writestr(
                    _dated(each.name), _INDENTATION.sub("\n", f"{head}{''.join(records)}{each.tail}")
                )
            outer.writestr(_dated(each.zipped), inner.getvalue())


def _dated(name: str) -> zipfile.ZipInfo:
    """A member that is the same at each run."""
    found = zipfile.ZipInfo(name, (2025, 12, 29, 0, 0, 0))
    found.compress_type = zipfile.ZIP_DEFLATED if name.endswith(".xml") else zipfile.ZIP_STORED
    return found


def questions(corpora: list[Path], codes: set[str]) -> list[str]:
    """Lines of questions, each with the name of its corpus before it."""
    found = []
    for path in corpora:
        lines = path.read_text(encoding="utf-8").splitlines()
        inside = [line for line in lines if codes.issuperset(line.split("\t")[3].split("|"))]
        some = random.Random(1).sample(inside, min(QUESTIONS, len(inside)))
        found += [f"{path.stem}\t{line}" for line in sorted(some)]
    return found


def main() -> None:
    """Read a folder and write the cut."""
    folder = Path(sys.argv[1])
    files = read(max(folder.glob("*.zip")))
    codes = chosen(files)
    write(files, codes)
    lines = questions(sorted(folder.glob("*.tsv")), codes)
    (DATA / "questions.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
