"""The bytes of a file up to its first Organisation: encoding, DOCTYPE, Manifest and CodeSystems.

The other modules get the file as UTF-8 without a byte order mark, whatever its encoding. It is searched for a
DOCTYPE up to the root element, since none can follow later.
"""

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast
from xml.sax.saxutils import quoteattr

from lxml import etree

from indexer.leaves import MAX_WORD, Element, calendar_date, integer, local
from indexer.members import Member
from indexer.report import Refused, printable, refusal

NAMESPACE = "http://refdata.hscic.gov.uk/org/v2-0-0"
VERSION = "2-0-0"
CHUNK = 512 * 1024
MAX_PROLOG = 1 << 20
MAX_HEADER = 16 << 20

START = re.compile(rb"<(?:[^\s<>/:&;]{1,100}:)?Organisation(?=[\s/>])")
_ENCODING = re.compile(rb"""<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
# Only codecs that map bytes to characters: Python has others that decompress or evaluate.
_CODECS = re.compile(r"ascii|utf-8|iso8859-\d+|cp125\d|utf-(16|32)(-[bl]e)?")
_BEFORE_ROOT = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_HTML = re.compile(rb"<(?:!doctype\s+)?html[\s/>]", re.IGNORECASE)
_TELLING = 64
"""Bytes at the root element that are enough to recognise HTML or a DOCTYPE."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_VALUES = (
    "Version",
    "PublicationType",
    "PublicationSource",
    "PublicationDate",
    "PublicationSeqNum",
    "FileCreationDateTime",
    "RecordCount",
    "ContentDescription",
)


# The parser loads nothing, expands no entities, and keeps the limits of libxml2.
PARSER: dict[str, Any] = {
    "encoding": "utf-8",
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
    "remove_blank_text": True,
}


class Foreign(Refused):
    """The root element is not OrgRefData; ``str()`` is the whole sentence for the user."""


@dataclass(frozen=True)
class Manifest:
    """The Manifest of one file: ``publication_date`` is ``YYYY-MM-DD``, ``primary_roles`` id -> name."""

    version: str
    source: str
    """PublicationSource: `HSCIC`, or one of `indexer.release.SOURCES`."""
    publication_date: str
    sequence: int
    record_count: int
    description: str
    primary_roles: dict[str, str]


@dataclass(frozen=True)
class CodeSystem:
    """One CodeSystem: ``concepts`` maps an id with its letters (``RO197``) to its display name."""

    name: str
    oid: str
    concepts: dict[str, str]


@dataclass
class Header:
    """The contents of a file before its first Organisation, and the place of that Organisation.

    ``offset`` counts the UTF-8 bytes that ``chunks`` yields; it is None if there is no Organisation. ``line``
    is its line, from 1. ``opening`` and ``closing`` are tags: any sequence of Organisations between them is
    a document with the namespaces of the file.
    """

    manifest: Manifest | None = None
    code_systems: list[CodeSystem] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    offset: int | None = None
    line: int = 1
    opening: bytes = b""
    closing: bytes = b""


def chunks(member: Member, size: int = CHUNK) -> Iterator[bytes]:
    """Stream a file as UTF-8, a few hundred kB at a time, without its byte order mark.

    Raises:
        Refused: not XML, an HTML page, a DOCTYPE, an unknown encoding, bytes that are invalid in it; limits
            of a member.

    """
    with member.open() as stream:
        start = stream.read(size) or b""
        encoding, mark = _encoding(start, member.label)
        if encoding == "utf-8":
            source = _utf8(start[mark:], lambda: stream.read(size))
        else:
            source = _transcoded(start[mark:], lambda: stream.read(size), encoding, member.label)
        prolog = b""
        for chunk in source:
            prolog += chunk
            if _reached_root(prolog, member.label):
                break
        else:
            _reached_root(prolog, member.label, last=True)
        yield prolog
        yield from source


def _encoding(start: bytes, label: str) -> tuple[str, int]:
    """Return the encoding of a file and the length of its byte order mark, from its first bytes."""
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name, len(mark)
    for begin, name in _UNMARKED:
        if start.startswith(begin):
            return name, 0
    declared = _ENCODING.match(start)
    name = declared[1].decode() if declared else "utf-8"
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        codec = ""
    if not _CODECS.fullmatch(codec):
        raise refusal(label, f"its encoding {name} is not supported", 1)
    return codec, 0


def _utf8(start: bytes, read: Callable[[], bytes]) -> Iterator[bytes]:
    chunk = start
    while chunk:
        yield chunk
        chunk = read()


def _transcoded(start: bytes, read: Callable[[], bytes], encoding: str, label: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    position, chunk = 0, start
    while True:
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as fault:
            where = f"about byte {position + fault.start}"
            raise refusal(label, f"{where}: {fault.reason}, not {encoding} as declared") from None
        if text:
            yield text.encode()
        if not chunk:
            return
        position += len(chunk)
        chunk = read()


def _reached_root(prolog: bytes, label: str, *, last: bool = False) -> bool:
    """Return whether the bytes include the start of the root element; raises Refused if it is not XML."""
    begin = 0
    while found := _BEFORE_ROOT.match(prolog, begin):
        begin = found.end()
    rest, line = prolog[begin:], prolog.count(b"\n", 0, begin) + 1
    enough = last or len(rest) >= _TELLING
    if enough and _HTML.match(rest):
        what = "it is an HTML page, probably for signing in: sign in, then download the release again"
        raise refusal(label, what, line)
    if enough and rest[:9].upper() == b"<!DOCTYPE":
        raise refusal(label, "it has a DOCTYPE, which is never read", line)
    if rest and not rest.startswith(b"<"):
        start = printable(prolog[:20].decode(errors="replace"))
        raise refusal(label, f'it is neither a zip nor XML: it begins with "{start}"', line)
    if last and not rest:
        raise refusal(label, "it is empty or ends before its root element", line)
    if len(prolog) > MAX_PROLOG:
        raise refusal(label, f"its root element does not begin within {MAX_PROLOG:,} bytes")
    return enough and not rest.startswith((b"<?", b"<!--"))


def segments(source: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    """Cut a stream before each ``<Organisation``; yield each segment with the number of its first line.

    A parser that is fed segment by segment reports the start of an Organisation in the segment that begins
    with it. That gives its line and offset; lxml knows no lines beyond 65,535.
    """
    rest, line = b"", 1
    for chunk in source:
        buffer, begin = rest + chunk, 0
        for match in START.finditer(buffer):
            if match.start() > begin:
                yield buffer[begin : match.start()], line
                line += buffer.count(b"\n", begin, match.start())
                begin = match.start()
        # The last segment continues in the next chunk; if it is very long already, it is cut here.
        if len(buffer) - begin > MAX_PROLOG:
            cut = buffer.rfind(b"<", begin + 1)
            cut = len(buffer) if cut < 0 else cut
            yield buffer[begin:cut], line
            line += buffer.count(b"\n", begin, cut)
            begin = cut
        rest = buffer[begin:]
    if rest:
        yield rest, line


def malformed(label: str, fault: etree.XMLSyntaxError, code: str = "") -> Refused:
    """Make the sentence for an error of the XML parser."""
    # The exception may name a consequence, met later in the input: the first error in the log is the cause.
    log = cast("Iterable[Any]", fault.error_log)
    found = next((entry for entry in log if entry.level_name == "FATAL"), None)
    line, column = (found.line, found.column) if found else fault.position
    what = (found.message if found else fault.msg) or "syntax error"
    # Remove the line from libxml2's message: it stops at 65,535, unlike the position.
    what = re.sub(r",? line \d+(, column \d+)?|,? (try|use) XML_PARSE_HUGE.*", "", what).strip()
    return refusal(label, f"malformed XML: {printable(what)}", (line or 1, column or 1), code)


def read_header(member: Member) -> Header:
    """Read a file up to its first Organisation.

    Raises:
        Foreign: the root is not OrgRefData.
        Refused: malformed XML; wrong namespace or Version; Manifest missing, incomplete or of wrong types.

    """
    header = Header()
    pull = start_parser("start", "end")
    offset = 0
    for segment, line in segments(chunks(member)):
        fault = feed(pull, segment)
        for event, element in pull.read_events():
            if _take(header, event, cast("Element", element), member.label):
                header.offset, header.line = offset, line
                return header
        if fault:
            raise malformed(member.label, fault)
        offset += len(segment)
        if offset > MAX_HEADER:
            raise refusal(member.label, f"its first Organisation does not begin within {MAX_HEADER:,} bytes")
    finish(pull, member.label)
    if not header.manifest:
        raise refusal(member.label, "it has no Manifest")
    return header


def start_parser(*events: Literal["start", "end"], tag: str | None = None) -> "etree.XMLPullParser":
    """Return a parser for UTF-8 that is safe on any input, and clear the errors of earlier parsers."""
    # lxml logs a feed parser's errors for the whole thread, and malformed() reads the first one.
    etree.clear_error_log()
    return etree.XMLPullParser(events, tag=tag, **PARSER)


def feed(pull: "etree.XMLPullParser", data: bytes) -> etree.XMLSyntaxError | None:
    """Feed a parser; return its error, so that the caller can first read the events before the error."""
    try:
        pull.feed(data)
    except etree.XMLSyntaxError as fault:
        return fault
    return None


def finish(pull: "etree.XMLPullParser", label: str, code: str = "") -> None:
    """Close a parser at the end of a file; raises Refused if the XML is incomplete."""
    try:
        pull.close()
    except etree.XMLSyntaxError as fault:
        raise malformed(label, fault, code) from None


def _take(header: Header, event: str, element: Element, label: str) -> bool:
    """Handle one parser event; return True at the start of the first Organisation."""
    parent = element.getparent()
    name = local(element.tag)
    if event == "start":
        if parent is None:
            _check_root(element, label)
        elif name == "Organisation" and is_record(element):
            if not header.manifest:
                raise refusal(label, "it has no Manifest before its first Organisation", element.sourceline)
            header.opening, header.closing = _wrapping(parent)
            return True
    elif parent is None:
        return False
    elif parent.getparent() is None:
        if name == "Manifest" and not header.manifest:
            header.manifest = _manifest(element, label, header.unknown)
        elif name == "CodeSystems":
            header.code_systems.extend(_code_system(system, label) for system in element)
        elif name != "Organisations":
            header.unknown.append(f"{printable(name)}, line {element.sourceline}")
    elif local(parent.tag) == "Organisations" and is_record(element):
        header.unknown.append(f"Organisations/{printable(name)}, line {element.sourceline}")
    return False


def is_record(element: Element) -> bool:
    """Return whether an element is where records are: a child of an Organisations below the root."""
    parent = element.getparent()
    if parent is None or local(parent.tag) != "Organisations":
        return False
    above = parent.getparent()
    return above is not None and above.getparent() is None


def _check_root(root: Element, label: str) -> None:
    namespace, _, name = root.tag.removeprefix("{").rpartition("}")
    if name != "OrgRefData":
        what = f"its root element is {printable(name)}, only OrgRefData can be read"
        raise Foreign(str(refusal(label, what, root.sourceline)))
    if namespace not in ("", NAMESPACE):
        what = f"its root element is in namespace {printable(namespace)}, only {NAMESPACE} can be read"
        raise refusal(label, what, root.sourceline)


def _wrapping(organisations: Element) -> tuple[bytes, bytes]:
    """Return the start and end tags around the records, with every namespace in scope there."""
    names = [
        f"{element.prefix}:{local(element.tag)}" if element.prefix else local(element.tag)
        for element in (*organisations.iterancestors(), organisations)
    ]
    spaces = "".join(
        f" xmlns{':' if prefix else ''}{prefix or ''}={quoteattr(uri)}"
        for prefix, uri in organisations.nsmap.items()
    )
    root, records = names
    return f"<{root}{spaces}><{records}>".encode(), f"</{records}></{root}>".encode()


def _manifest(element: Element, label: str, unknown: list[str]) -> Manifest:
    values: dict[str, str] = {}
    roles: dict[str, str] = {}
    for child in element:
        name = local(child.tag)
        if name == "PrimaryRoleScope":
            for role in child:
                roles.setdefault(role.get("id", "").strip(), role.get("displayName", "").strip())
        elif name in _VALUES and name not in values:
            values[name] = child.get("value", "").strip()
        else:
            unknown.append(f"Manifest/{printable(name)}, line {child.sourceline}")
    for name in _VALUES:
        if not values.get(name):
            raise refusal(label, f"its Manifest has no {name}", element.sourceline)
    if values["Version"] != VERSION:
        what = f"its Version is {printable(values['Version'])}, only {VERSION} can be read"
        raise refusal(label, what, element.sourceline)
    for name, check, kind in (
        ("PublicationDate", calendar_date, "a calendar date (YYYY-MM-DD)"),
        ("PublicationSeqNum", integer, "an integer"),
        ("RecordCount", integer, "an integer"),
        ("FileCreationDateTime", datetime.fromisoformat, "a time (YYYY-MM-DDThh:mm:ss)"),
    ):
        try:
            check(values[name])
        except ValueError:
            what = f"its Manifest's {name} {printable(values[name])!r} is not {kind}"
            raise refusal(label, what, element.sourceline) from None
    return Manifest(
        values["Version"],
        values["PublicationSource"],
        values["PublicationDate"],
        integer(values["PublicationSeqNum"]),
        integer(values["RecordCount"]),
        values["ContentDescription"],
        roles,
    )


def _code_system(element: Element, label: str) -> CodeSystem:
    concepts: dict[str, str] = {}
    for concept in element:
        code_id = concept.get("id", "").strip()
        if len(code_id) > MAX_WORD:
            what = f"the id of a concept has {len(code_id):,} characters, the limit is {MAX_WORD}"
            raise refusal(label, what, concept.sourceline)
        concepts.setdefault(code_id, concept.get("displayName", "").strip())
    concepts.pop("", None)
    return CodeSystem(element.get("name", "").strip(), element.get("oid", "").strip(), concepts)
