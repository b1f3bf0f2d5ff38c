"""`/levels`: where organisations belong, as JSON, as CSV, and as columns added to a file (hierarchy 7)."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import NamedTuple

import orjson

from app.clock import utc_day
from app.directory import asked
from app.directory.bodies import Bodies
from app.directory.forms import COLUMNS, answer_json, cells, status
from app.directory.levels import Asked, Walks, answers
from app.directory.placed import Answer
from app.engine.port import Register
from app.lookup import table
from app.web import conditional
from app.web.message import Fault, FaultKind, Request, Response, quote
from app.web.negotiation import prefers
from app.web.parameters import as_sent

CSV_HEADERS = {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": 'attachment; filename="levels.csv"',
    "X-Content-Type-Options": "nosniff",
}

_FORMATS = {"json": False, "csv": True}
FORMATS = (*_FORMATS, "html")
"""The values of `format`; html is a page."""
PARAMETERS = {
    "code": f"ODS codes, separated by commas: 1 to {asked.MAX_CODES}",
    "date": "A date (YYYY-MM-DD); default today",
    "format": "json, csv or html; overrules Accept",
}
"""What the parameters mean."""
OF_FILE = {
    "code": "The column with the codes",
    "date": "The column with a date for each row, or one date for all rows; default today",
}
"""What the parameters mean where a file is sent."""
_OWN_COLUMNS = ("code", "name", "status", "opened", "closed", "date")
_AT_ONCE = 500
"""Rows of a file for which the register is read together: any number of them is some ten requests."""
_PIECE = 100
"""Rows that are sent together."""
_FILES = threading.BoundedSemaphore(2)
"""Files that a process answers at a time."""
_UNKNOWN = "unknown code"


def get(register: Register, now: datetime, version: str, request: Request) -> Response:
    """Return the levels of the organisations that a request names; raises Fault."""
    wanted = as_sent(request, "date")
    with _faults():
        codes = asked.codes(value for name, value in request.query if name == "code")
        day = str(utc_day(now).date()) if wanted is None else asked.day(wanted)
    is_csv = _is_csv(request)
    since = utc_day(now) if wanted is None else None
    headers = conditional.validators(register, version, is_csv, since=since) | {"Vary": "Accept"}
    if conditional.is_unchanged(request, headers):
        return Response(304, headers)
    found = answers(Bodies(register), [Asked(code, day) for code in codes])
    if is_csv:
        rows = [_row(code, answer) for code, answer in zip(codes, found, strict=True)]
        body = table.written([[*_OWN_COLUMNS, *COLUMNS, "error"], *rows])
        return Response(200, {**CSV_HEADERS, **headers}, body)
    body = orjson.dumps(
        [
            answer_json(answer) if answer else {"code": code, "error": _UNKNOWN}
            for code, answer in zip(codes, found, strict=True)
        ]
    )
    return Response(200, {"Content-Type": "application/json", **headers}, body)


def post(register: Register, now: datetime, receive: Callable[[], Request]) -> Response:
    """Return the file that a request sends with the levels of each row added, as a stream; raises Fault.

    `receive` reads the file: a slow client holds one of the few turns meanwhile, and no other thread.
    """
    if not _FILES.acquire(blocking=False):
        fault = "This server answers as many files as it can: send the file again in a few seconds"
        raise Fault(FaultKind.UNAVAILABLE, fault, {"Retry-After": "5"})
    stream = _answered(register, now, receive)
    next(stream)  # a fault is raised before the answer begins
    return Response(200, {**CSV_HEADERS, "Cache-Control": "no-store"}, stream)


class _Source(NamedTuple):
    """Where the codes and dates of a file stand."""

    table: table.Table
    code: int
    date: int | None
    """The column with a date for each row, if there is one."""
    day: str
    """The date of all rows otherwise."""


def _answered(register: Register, now: datetime, receive: Callable[[], Request]) -> Iterator[bytes]:
    """Yield nothing once the request is known to be good, then the file in pieces; raises Fault."""
    try:
        source = _source(receive(), str(utc_day(now).date()))
        walks = Walks(Bodies(register))
        header = [*source.table.header, *(f"ods_{column}" for column in (*COLUMNS, "error"))]
        pieces = _pieces(source, walks)
        first = next(pieces, b"")
        yield b""
        yield source.table.opening.encode() + source.table.write([header])
        yield first
        yield from pieces
    finally:
        _FILES.release()


def _pieces(source: _Source, walks: Walks) -> Iterator[bytes]:
    rows = source.table.rows
    for at in range(0, len(rows), _AT_ONCE):
        completed = _completed(source, walks, rows[at : at + _AT_ONCE])
        while piece := list(islice(completed, _PIECE)):
            yield source.table.write(piece)


def _completed(source: _Source, walks: Walks, rows: Sequence[list[str]]) -> Iterator[list[str]]:
    """Yield rows with the columns added."""
    wanted = [Asked(asked.in_upper_case(row[source.code]), _day(source, row)) for row in rows]
    found = walks.answers([each for each in wanted if each.code and each.date])
    for row, (code, date) in zip(rows, wanted, strict=True):
        if not code:
            yield row + _failed("no code")
        elif not date:
            yield row + _failed("not a date (YYYY-MM-DD)")
        elif answer := next(found):
            yield row + _added(answer)
        else:
            yield row + _failed(_UNKNOWN)


def _day(source: _Source, row: Sequence[str]) -> str:
    """Return the date of a row, or an empty text if it is none."""
    return source.day if source.date is None else asked.date(row[source.date]) or ""


def _source(request: Request, day: str) -> _Source:
    """Read the file of a request, and find its columns; raises Fault."""
    code, wanted = as_sent(request, "code"), as_sent(request, "date")
    sent = table.read(request.body, [name.strip() for name in (code, wanted) if name])
    if not code:
        fault = "The request does not say which column has the codes: add code=COLUMN to the address"
        raise Fault(FaultKind.MALFORMED, f"{fault}, where COLUMN is one of {sent.columns}")
    place = sent.column(code.strip())
    if place is None:
        fault = f'The parameter code names no column: there is no column "{quote(code)}"'
        raise Fault(FaultKind.MALFORMED, f"{fault}; the file has {sent.columns}")
    if wanted is None:
        return _Source(sent, place, None, day)
    dates = sent.column(wanted.strip())
    if dates is not None:
        return _Source(sent, place, dates, "")
    if found := asked.date(wanted):
        return _Source(sent, place, None, found)
    fault = f'The parameter date, "{quote(wanted)}", is neither a date (YYYY-MM-DD) nor a column'
    raise Fault(FaultKind.MALFORMED, f"{fault}; the file has {sent.columns}")


def _row(code: str, answer: Answer | None) -> list[str]:
    """Return a row of a list."""
    if answer is None:
        # The code is the client's, and the file may be opened by somebody else: it must start no formula.
        shown = f"'{code}" if code[0] in "=+-@" else code
        return [shown, *[""] * (len(_OWN_COLUMNS) - 1), *_failed(_UNKNOWN)]
    body, date = answer.body, answer.levels.date
    own = [body.code, body.name, status(answer), body.opened or "", body.closed or "", date]
    return own + _added(answer)


def _added(answer: Answer) -> list[str]:
    return [*cells(answer), f"opens {answer.opens}" if answer.opens else ""]


def _failed(error: str) -> list[str]:
    return [*[""] * len(COLUMNS), error]


def _is_csv(request: Request) -> bool:
    wanted = as_sent(request, "format")
    if wanted is None:
        return prefers(request.headers.get("accept", ""), "text/csv", "application/json")
    if wanted not in _FORMATS:
        known = ", ".join(FORMATS)
        raise Fault(FaultKind.MALFORMED, f'Unknown format "{quote(wanted)}": this address has {known}')
    return _FORMATS[wanted]


@contextmanager
def _faults() -> Iterator[None]:
    """Turn values that cannot be read into faults."""
    try:
        yield
    except asked.BadValue as error:
        raise Fault(FaultKind.MALFORMED, str(error)) from None
