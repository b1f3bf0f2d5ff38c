"""The page of levels: a form, and where the organisations asked for belong (hierarchy 7)."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from app.directory import asked
from app.directory.bodies import Bodies
from app.directory.levels import Asked, answers
from app.directory.placed import Answer, Entry
from app.engine.port import Register
from app.pages import labels
from app.pages.page import day
from app.web.message import Fault, FaultKind, Request, quote
from app.web.parameters import as_sent

_BETWEEN = re.compile(r"[\s,;]+")


class Form(NamedTuple):
    """The form as it was sent: codes in upper case, and a date or an empty text."""

    codes: list[str]
    date: str


def command(base: str) -> str:
    """Return the command that sends a file."""
    return f"curl -H 'Content-Type: text/csv' --data-binary @FILE.csv '{base}/levels?code=COLUMN&date=COLUMN'"


class Misfilled(Fault):
    """A field of the form is wrong; the page shows the form again."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(FaultKind.MALFORMED, text)
        self.field = field


class Row(NamedTuple):
    """One organisation: its levels in the order of the labels, each with several bodies if undecided."""

    code: str
    name: str
    cells: list[Sequence[Entry]]
    country: str
    notes: list[str]


def form(request: Request) -> Form:
    """Return what was sent, unchecked; an empty date is none: browsers also send fields left empty."""
    text = ",".join(value for name, value in request.query if name == "code")
    given = (*request.values("date"), "")[0].strip()
    return Form([code.upper() for code in _BETWEEN.split(text) if code], given)


def check(request: Request, sent: Form) -> None:
    """Raise Misfilled for too many codes, two dates or a text that is no date; Fault for two formats."""
    as_sent(request, "format")
    try:
        as_sent(request, "date")
    except Fault as fault:
        raise Misfilled("date", fault.text) from None
    if len(sent.codes) > asked.MAX_CODES:
        text = f"There are {len(sent.codes):,} codes: use at most {asked.MAX_CODES}, or send a file"
        raise Misfilled("code", text)
    if sent.date and not asked.date(sent.date):
        raise Misfilled("date", f'"{quote(sent.date)}" is not a date: use YYYY-MM-DD')


def rows(register: Register, sent: Form, today: str) -> list[Row]:
    """Return a row for each code, in the order asked."""
    wanted = [Asked(code, sent.date[:10] or today) for code in sent.codes]
    found = answers(Bodies(register), wanted)
    return [
        _row(answer) if answer else Row(code, "", [()] * len(labels.LEVELS), "", ["Unknown code"])
        for (code, _), answer in zip(wanted, found, strict=True)
    ]


def _row(answer: Answer) -> Row:
    levels, body = answer.levels, answer.body
    cells: list[Sequence[Entry]] = [
        (levels.certain[key],) if key in levels.certain else levels.ambiguous.get(key, ())
        for key in labels.LEVELS
    ]
    notes = []
    if answer.opens:
        notes.append(f"Opens on {day(answer.opens)}")
    if body.closed and body.closed < levels.date:
        notes.append(f"Closed on {day(body.closed)}")
    if answer.heirs:
        notes.append(f"Succeeded by {', '.join(heir.body.code for heir in answer.heirs)}")
    notes += [f"{labels.LEVELS[key]}: several, none is certain" for key in levels.ambiguous]
    notes += [
        f"{labels.LEVELS[key]}: {', '.join(entry.code for entry in entries)} has ended"
        for key, entries in levels.ended.items()
    ]
    handed_down = any(entry.via[:1] == ("RE6",) for cell in cells[1:] for entry in cell)
    if handed_down:
        notes.append("Inherited from its operator")
    return Row(body.code, body.name, cells, levels.country or "", notes)
