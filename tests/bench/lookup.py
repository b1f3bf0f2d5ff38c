"""How well organisations are found by the names that others give them: the table of lookup 2.4.

    python -m tests.bench.lookup FOLDER [--questions N]

FOLDER holds a release (`*.zip`) and corpora (`*.tsv`): id, question, role to ask with, right codes joined by
`|`. The release is loaded into a temporary index. All questions are asked, or N of each corpus.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from app.clock import clock
from app.directory.filters import Filters
from app.directory.ranking import find
from app.engine import open_index
from indexer.load import LoadOptions, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.engine.port import Register

FIRST = 5
TYPO = "-typo"


class Shares(NamedTuple):
    """Shares of the questions of which a right code comes first, and is among the first five."""

    first: float
    five: float

    def less(self, points: float) -> Shares:
        """Shares with so much taken away."""
        return Shares(self.first - points, self.five - points)


class Target(NamedTuple):
    """What a corpus must reach, and what it should."""

    must: Shares
    aim: Shares


_TABLE = """
pharmacy-2020-postcode      .94  .985 .97  .996
pharmacy-2014-postcode      .87  .935 .91  .98
pharmacy-2020-outward       .77  .95  .81  .98
pharmacy-2014-outward       .67  .87  .72  .91
hospital-2018-city          .87  .94  .93  .975
hospital-2014-city          .90  .945 .945 .975
children-2024-city          .94  .965 .985 .993
hospital-2018-name          .84  .92  .89  .955
children-2024-name          .85  .93  .91  .97
clinic-2014-city            .915 .96  .955 .985
gp-2014-name-role           .58  .67  .63  .72
gp-2014-postcode-role       .87  .93  .91  .965
practice-2014-name-role     .655 .755 .705 .80
practice-2014-postcode-role .93  .97  .96  .99
"""


def _targets() -> dict[str, Target]:
    found = {}
    for line in _TABLE.strip().splitlines():
        name, *figures = line.split()
        first, five, aim_first, aim_five = map(float, figures)
        must, aim = Shares(first, five), Shares(aim_first, aim_five)
        found[name] = Target(must, aim)
        found[name + TYPO] = Target(must.less(0.03), aim.less(0.015))
    return found


TARGETS = _targets()


class Question(NamedTuple):
    """One question of a corpus."""

    text: str
    role: str
    right: frozenset[str]


@dataclass(frozen=True)
class Reached:
    """What one corpus reached."""

    corpus: str
    questions: int
    shares: Shares


def read_questions(lines: Iterable[str]) -> Iterator[Question]:
    """The questions of a corpus."""
    for line in lines:
        _, text, role, right = line.rstrip("\n").split("\t")
        yield Question(text, role, frozenset(right.split("|")))


def codes(register: Register, question: Question) -> list[str]:
    """The codes that are found first."""
    filters = Filters(roles=(question.role,) if question.role else ())
    return [result.document["code"] for result in find(register, question.text, filters, FIRST).results]


def measure(register: Register, corpus: str, questions: list[Question]) -> Reached:
    """Ask the questions of a corpus."""
    first = five = 0
    for question in questions:
        found = codes(register, question)
        first += bool(found) and found[0] in question.right
        five += not question.right.isdisjoint(found)
    return Reached(corpus, len(questions), Shares(first / len(questions), five / len(questions)))


def row(reached: Reached) -> str:
    """A line of the table."""
    target, shares = TARGETS.get(reached.corpus), reached.shares
    cells = [reached.corpus, f"{reached.questions:,}", f"{shares.first:.3f}", f"{shares.five:.3f}"]
    cells += [f"{each.first:.3f} / {each.five:.3f}" for each in target or ()] or ["", ""]
    missed = target and (shares.first < target.must.first or shares.five < target.must.five)
    return f"| {' | '.join(cells)} |{' missed' if missed else ''}"


def main() -> None:
    """Load, ask and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.lookup", description="Measure lookups.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, help="of each corpus; all, if not given")
    given = parser.parse_args()
    releases, corpora = sorted(given.folder.glob("*.zip")), sorted(given.folder.glob("*.tsv"))
    if not releases or not corpora:
        sys.exit(f"bench: {given.folder} holds no release (*.zip) or no corpora (*.tsv)")
    with tempfile.TemporaryDirectory(prefix="ods-lookup-") as folder:
        index = open_index(f"sqlite:///{folder}/ods.db")
        load([releases[-1]], index, clock(None), LoadOptions(validate="none"))
        sys.stdout.write(
            "| corpus | questions | top-1 | top-5 | must | aim |\n| --- " + "| ---: " * 5 + "|\n"
        )
        asked, began = 0, time.process_time()
        for path in corpora:
            questions = list(read_questions(path.read_text(encoding="utf-8").splitlines()))
            if given.questions and given.questions < len(questions):
                questions = random.Random(1).sample(questions, given.questions)
            sys.stdout.write(row(measure(index.live(), path.stem, questions)) + "\n")
            sys.stdout.flush()
            asked += len(questions)
        taken = (time.process_time() - began) / asked
    sys.stdout.write(f"\n{asked:,} questions, {taken * 1000:.2f} ms of CPU each\n")


if __name__ == "__main__":
    main()
