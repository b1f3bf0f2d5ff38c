"""Reads the organisations of an XML file as a stream, in one of two ways that give the same records.

The fast way cuts the file into pieces, each after an ``</Organisation>``, for worker processes to parse:
plain records by patterns, others by an XML parser between the start and end tags of the document. A piece
shows faults of a record, but not every fault of the document. In doubt it is Unreadable, and the file is read
again in the serial way: one process parses the whole document and decides.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, cast, overload

from lxml import etree

from indexer.elements import Walker
from indexer.header import CHUNK, PARSER, chunks, feed, finish, is_record, malformed, segments, start_parser
from indexer.leaves import Element, Fault, Leaves, Namespaced, local
from indexer.organisation import Organisation
from indexer.plain import record as plain_record
from indexer.release import File
from indexer.report import printable, refusal

MAX_ELEMENTS = 100_000
MAX_RECORD = 16 << 20
"""Most bytes from the start of one Organisation to the next; this bounds memory."""

_PLAIN_END = b"</Organisation>"
_END = re.compile(rb"</(?:[^\s<>/:&;]{1,100}:)?Organisation\s{0,100}>")
_LONGEST_END = 250
"""Longest match of `_END`, in bytes."""
_LINES = 60_000
"""Most lines of a piece: lxml's line numbers have 16 bits."""


class Record(NamedTuple):
    """An organisation, and its warnings as (kind, detail)."""

    organisation: Organisation
    warnings: tuple[tuple[str, str], ...]


class Piece(NamedTuple):
    """Consecutive whole records in UTF-8, and the number of their first line."""

    data: bytes
    line: int
    nth: int = 0
    """The number of its first record in the file, which a comment may falsify."""


@dataclass(frozen=True)
class Head:
    """The facts about a file that reading its pieces needs; sent to worker processes with each piece."""

    label: str
    kind: str
    publication_date: str
    codes: frozenset[str]
    opening: bytes
    closing: bytes


Plain = TypeVar("Plain")
"""What a plain record is read as."""
ReadPlain = Callable[[bytes, frozenset[str]], Plain | None]
"""Reads a plain record, as `read_plain` does, or returns None."""


class Unreadable(Exception):
    """A piece cannot be judged alone: read the whole file serially to see whether it is faulty."""


def head(file: File) -> Head:
    """Return the head of a file; its publication date is that of the release."""
    header = file.header
    return Head(
        label=file.label,
        kind=file.kind,
        publication_date=file.manifest.publication_date,
        codes=file.codes,
        opening=header.opening,
        closing=header.closing,
    )


def pieces(file: File, size: int = CHUNK) -> Iterator[Piece]:
    """Cut a file into pieces of about ``size`` bytes that end right after an Organisation.

    Raises:
        Refused: a limit, a damage, an encryption, a DOCTYPE.
        Unreadable: an Organisation is too large, or more than end tags follow the last one.

    """
    header = file.header
    if header.offset is None:  # reading the header has read the whole file
        return
    source = chunks(file.member, size)
    skip, line, nth = header.offset, header.line, 0
    rest = b""
    for chunk in source:
        if skip >= len(chunk):
            skip -= len(chunk)
            continue
        buffer = rest + chunk[skip:] if rest or skip else chunk
        skip = 0
        cut = _last_end(buffer, len(rest))
        if cut:
            data = buffer[:cut]
            yield Piece(data, line, nth)
            line += data.count(b"\n")
            nth += data.count(_PLAIN_END)
        rest = buffer[cut:]
        if len(rest) > MAX_RECORD:
            raise Unreadable
    _check_tail(header.opening + rest)


def _last_end(buffer: bytes, seen: int) -> int:
    """Return where the last ``</Organisation>`` ends, or 0; the first ``seen`` bytes hold no whole one."""
    place = len(buffer)
    while (place := buffer.rfind(b"Organisation", max(seen - _LONGEST_END, 0), place)) >= 0:
        begin = buffer.rfind(b"</", max(place - _LONGEST_END, 0), place)
        end = _END.match(buffer, begin) if begin >= 0 else None
        if end:
            return end.end()
    return 0


def _check_tail(document: bytes) -> None:
    """Raise Unreadable unless the document ends after its last record."""
    try:
        root = etree.fromstring(document, etree.XMLParser(**PARSER))
    except etree.XMLSyntaxError:
        raise Unreadable from None
    organisations = root[0]
    texts = (root.text, organisations.text, organisations.tail)
    if len(root) > 1 or len(organisations) or any(text and text.strip() for text in texts):
        raise Unreadable


def read_plain(raw: bytes, codes: frozenset[str]) -> Record | None:
    """Read a plain record, or return None if the bytes are anything else.

    The result depends on nothing but the bytes and the codes of the release.
    """
    try:
        plain = plain_record(raw.decode(), 0, codes)
    except UnicodeDecodeError:
        return None
    return Record(plain[0], ()) if plain else None


@overload
def read_piece(head: Head, piece: Piece) -> list[Record]: ...
@overload
def read_piece(head: Head, piece: Piece, plain: ReadPlain[Plain]) -> list[Record | Plain]: ...
def read_piece(head: Head, piece: Piece, plain: ReadPlain[Any] = read_plain) -> list[Any]:
    """Read the records of one piece; `plain` reads those that `read_plain` accepts.

    Raises:
        Refused: a record breaks a rule of HSCOrgRefData; the sentence names file, line and code.
        Unreadable: not well-formed alone, too many lines, or a faulty record without a code to name.

    """
    try:
        return _by_patterns(head, piece, plain)
    except Unreadable:  # perhaps a comment contains text that looks like a record or its end tag
        return list(_by_tree(head, piece))


def _by_patterns(head: Head, piece: Piece, read: ReadPlain[Plain]) -> list[Record | Plain]:
    """Read plain records by patterns, and each sequence of other records by an XML parser."""
    data = piece.data
    found: list[Record | Plain] = []
    runs = done = at = 0
    before = b""  # the plain record that ends at `done`

    def others() -> list[Record]:
        nonlocal runs
        runs += 1
        if runs * len(head.opening) > len(data):  # parsing the tags around them would take too long
            raise Unreadable
        part = Piece(data[done:at], piece.line + data.count(b"\n", 0, done))
        last = read_plain(before, head.codes) if before else None
        return _by_tree(head, part, last.organisation.code if last else "")

    while at < len(data):
        end = data.find(_PLAIN_END, at)
        end = len(data) if end < 0 else end + len(_PLAIN_END)
        raw = data[at:end]
        plain = read(raw, head.codes)
        if plain is not None:
            if done < at:
                found += others()
            found.append(plain)
            before, done = raw, end
        at = end
    if done < at:
        found += others()
    return found


def _by_tree(head: Head, piece: Piece, last: str = "") -> list[Record]:
    """Read records by an XML parser; ``last`` is the code of the record before them, for error texts."""
    if piece.data.count(b"\n") > _LINES:
        raise Unreadable
    try:
        root = etree.fromstring(head.opening + piece.data + head.closing, etree.XMLParser(**PARSER))
    except etree.XMLSyntaxError:
        raise Unreadable from None
    if len(root) != 1:
        raise Unreadable
    organisations = cast("Element", root[0])
    crowded = piece.data.count(b"<") > MAX_ELEMENTS
    try:
        return _walk(head, piece, organisations, last, crowded=crowded)
    except Namespaced:
        _strip_namespaces(organisations)
        return _walk(head, piece, organisations, last, crowded=crowded)


def _walk(head: Head, piece: Piece, organisations: Element, last: str, *, crowded: bool) -> list[Record]:
    leaves = Leaves(head.codes)
    walker = Walker(head.publication_date, leaves)
    found: list[Record] = []
    if (organisations.text or "").strip():
        leaves.unknown(organisations, "text")
    for element in organisations:
        if element.tag != "Organisation":
            leaves.unknown(element)
        else:
            try:
                if crowded:
                    _check_size(element)
                organisation = walker.organisation(element)
            except Fault as fault:
                code = _code_in(element) or (last and f"after {last}")
                if not code:
                    raise Unreadable from None
                line = piece.line + fault.element.sourceline - 1
                raise refusal(head.label, str(fault), line, code) from None
            last = organisation.code
            found.append(Record(organisation, tuple(leaves.warnings)))
            leaves.warnings.clear()
        if (tail := element.tail) and tail.strip():
            leaves.unknown(organisations, "text")
    return found


def records(file: File, size: int = CHUNK) -> Iterator[Record]:
    """Read the records of a file as one document: slower, but it decides every case. Memory stays constant.

    Raises:
        Refused: a fault of the document or a record. The sentence names file, line, column if the XML parser
            knows it, and the code of the record, or "after" and the code of the last one.

    """
    about = head(file)
    serial = _Serial(about)
    # The latest record is held back: warnings about the end of the document are added to the last one.
    held: Record | None = None
    for segment, line in segments(chunks(file.member, size)):
        for record in serial.feed(segment, line):
            if held:
                yield held
            held = record
    trailing = serial.finish()
    if held:
        yield held._replace(warnings=held.warnings + trailing)


class _Serial:
    """Parses a whole file, segment by segment."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._pull = start_parser("start", "end", tag="{*}Organisation")
        self._leaves = Leaves(head.codes)
        self._walker = Walker(head.publication_date, self._leaves)
        self._run: list[bytes] = []
        self._first_line = 1
        self._hand: Element | None = None
        self._done: Element | None = None
        self._last = ""

    def feed(self, segment: bytes, line: int) -> Iterator[Record]:
        """Parse the next segment, which begins on ``line``, and yield the records that end in it."""
        self._run.append(segment)
        fault = feed(self._pull, segment)
        for event, node in self._pull.read_events():
            element = cast("Element", node)
            if not is_record(element):
                continue
            if event == "start":
                # The parser confirms that the segment begins with a record, not with text in a comment.
                self._run, self._first_line, self._hand = [segment], line, element
            else:
                yield self._record(element)
                self._hand, self._done = None, element
        if fault:
            raise malformed(self._head.label, fault, self._code())
        if sum(map(len, self._run)) > MAX_RECORD:
            what = f"more than {MAX_RECORD:,} bytes, the limit, without the end of an Organisation"
            raise refusal(self._head.label, what, self._first_line, self._code())

    def finish(self) -> tuple[tuple[str, str], ...]:
        """End the document, and return the warnings about content after the last record."""
        finish(self._pull, self._head.label, self._code())
        if self._done is not None:
            organisations = _parent(self._done)
            if (self._done.tail or "").strip():
                self._leaves.unknown(organisations, "text")
            for element in (*self._done.itersiblings(), *organisations.itersiblings()):
                self._skipped(element)
        return tuple(self._leaves.warnings)

    def _code(self) -> str:
        return _code_in(self._hand) or (f"after {self._last}" if self._last else "")

    def _record(self, element: Element) -> Record:
        self._drop_before(element)
        _strip_namespaces(element)
        try:
            if sum(part.count(b"<") for part in self._run) > MAX_ELEMENTS:
                _check_size(element)
            organisation = self._walker.organisation(element)
        except Fault as fault:
            raise refusal(self._head.label, str(fault), self._line_of_fault(), self._code()) from None
        record = Record(organisation, tuple(self._leaves.warnings))
        self._leaves.warnings.clear()
        self._last = organisation.code
        element.clear(keep_tail=True)
        return record

    def _drop_before(self, element: Element) -> None:
        """Remove all elements before a record, to keep memory constant, and warn of unknown ones."""
        organisations = _parent(element)
        for above, known in (
            (organisations, ("Manifest", "CodeSystems", "Organisations")),
            (element, ("Organisation",)),
        ):
            for before in reversed(list(above.itersiblings(preceding=True))):
                # Unknown elements before the first record were reported when the header was read.
                if self._done is not None:
                    if local(before.tag) not in known:
                        self._skipped(before)
                    if (before.tail or "").strip():
                        self._leaves.unknown(_parent(before), "text")
                _parent(before).remove(before)

    def _skipped(self, element: Element) -> None:
        self._leaves.warn("unknown_element", printable(self._leaves.path(element)))

    def _line_of_fault(self) -> int:
        """Return the line of a fault by parsing its record again: lxml counts only 65,535 lines."""
        pull = start_parser("end", tag="{*}Organisation")
        # The segments may continue after the record, even to the end of the document.
        feed(pull, self._head.opening + b"".join(self._run))
        for _, node in pull.read_events():
            element = cast("Element", node)
            if is_record(element):
                _strip_namespaces(element)
                try:
                    _check_size(element)
                    self._walker.organisation(element)
                except Fault as fault:
                    return self._first_line + fault.element.sourceline - 1
        return self._first_line


def check_count(file: File, read: int) -> None:
    """Raise Refused if the number of records read is not the Manifest's RecordCount."""
    stated = file.manifest.record_count
    if read != stated:
        raise refusal(file.label, f"its Manifest's RecordCount is {stated}, but {read} records were read")


def _parent(element: Element) -> Element:
    parent = element.getparent()
    if parent is None:
        raise ValueError(element.tag)
    return parent


def _code_in(element: Element | None) -> str:
    """Return the code of a record for an error text, or "" if it has not been read."""
    for child in () if element is None else element:
        if local(child.tag) == "OrgId" and (code := child.get("extension", "").strip()):
            return printable(code.upper(), 64)
    return ""


def _strip_namespaces(element: Element) -> None:
    for below in element.iter():
        if below.tag.startswith("{"):
            below.tag = local(below.tag)


def _check_size(element: Element) -> None:
    count = sum(1 for _ in element.iter())
    if count > MAX_ELEMENTS:
        raise Fault(element, f"the record has {count:,} elements, the limit is {MAX_ELEMENTS:,}")
