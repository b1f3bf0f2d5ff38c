"""Records read by patterns: most are, and whatever is changed in one, it is read as the parser reads it."""

import contextlib
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import plain
from indexer.reader import Head, Piece, Unreadable, head, pieces, read_piece
from indexer.release import Refused, open_release
from tests.unit.test_reader import CODES, SAMPLE

PLAIN = """
    <Organisation orgRecordClass="RC1" refOnly="false">
      <Name>SMITH &amp; O&apos;HARA </Name>
      <Date>
        <Type value="Legal" />
        <Start value="1999-12-31" />
      </Date>
      <Date>
        <Type value="Operational" />
        <Start value="2001-02-03" />
        <End value="2004-05-06" />
      </Date>
      <OrgId root="2.16.840.1.113883.2.1.3.2.4.18.48" assigningAuthorityName="HSCIC" extension="RR8" />
      <Status value="Active" />
      <LastChangeDate value="2020-01-02" />
      <GeoLoc>
        <Location>
          <AddrLn1>1 HIGH STREET</AddrLn1>
          <Town>LEEDS</Town>
          <PostCode>LS1 4AP</PostCode>
          <Country>ENGLAND</Country>
          <UPRN>72930551</UPRN>
        </Location>
      </GeoLoc>
      <Contacts>
        <Contact type="tel" value="01962 840520" />
        <Contact type="http" value="" />
      </Contacts>
      <Roles>
        <Role id="RO1" uniqueRoleId="11" primaryRole="true">
          <Date>
            <Type value="Operational" />
            <Start value="2001-02-03" />
          </Date>
          <Status value="Active" />
        </Role>
        <Role id="RO2" uniqueRoleId="12">
          <Date>
            <Type value="Operational" />
            <Start value="2001-02-03" />
          </Date>
          <Status value="Inactive" />
        </Role>
      </Roles>
      <Rels>
        <Rel id="RE1" uniqueRelId="33">
          <Date>
            <Type value="Operational" />
            <Start value="2001-02-03" />
          </Date>
          <Status value="Active" />
          <Target>
            <OrgId root="2.16.840.1.113883.2.1.3.2.4.18.48" assigningAuthorityName="HSCIC" extension="Y55" />
            <PrimaryRoleId id="RO2" uniqueRoleId="22" />
          </Target>
        </Rel>
      </Rels>
      <Succs>
        <Succ uniqueSuccId="44" forwardSuccession="true">
          <Date>
            <Type value="Legal" />
            <Start value="2001-02-03" />
          </Date>
          <Type>Predecessor</Type>
          <Target>
            <OrgId root="2.16.840.1.113883.2.1.3.2.4.18.48" assigningAuthorityName="HSCIC" extension="5FE" />
          </Target>
        </Succ>
      </Succs>
    </Organisation>"""

HEAD = Head(
    label="x.xml",
    kind="full",
    publication_date="2025-12-11",
    codes=frozenset(CODES),
    opening=b"<OrgRefData><Organisations>",
    closing=b"</Organisations></OrgRefData>",
)


def taken(text: str) -> bool:
    """Tell whether a record is read by patterns."""
    return plain.record(text, 0, HEAD.codes) is not None


def told(text: str) -> object:
    """Return what becomes of a piece: its records, or the sentence that refuses it."""
    try:
        return read_piece(HEAD, Piece(text.encode(), 7))
    except Refused as refused:
        return str(refused)
    except Unreadable:
        return Unreadable


@contextlib.contextmanager
def without_patterns():
    """Leave everything to the XML parser."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("indexer.reader.plain_record", lambda *_: None)
        yield


def alike(text: str) -> object:
    """Return what becomes of a piece, having seen that the parser alone says the same."""
    by_patterns = told(text)
    with without_patterns():
        assert told(text) == by_patterns
    return by_patterns


def test_a_record_with_everything_is_taken_and_read_as_by_the_parser():
    assert taken(PLAIN)
    (found,) = alike(PLAIN)
    assert found.warnings == ()
    assert found.organisation.name == "SMITH & O'HARA"


@pytest.mark.parametrize("between", ["", "\n", "\r\n\t"])
def test_breaks_between_elements_and_the_writing_of_empty_ones_do_not_matter(between):
    text = re.sub(r">\s+<", f">{between}<", PLAIN).replace(" />", "/>")
    assert taken(text)
    assert alike(text) == alike(PLAIN)


ODD = [
    ("the order of attributes", 'id="RO1" uniqueRoleId="11"', 'uniqueRoleId="11" id="RO1"'),
    ("an unknown attribute", '"RO1"', '"RO1" more="1"'),
    ("an attribute twice", 'id="RO1"', 'id="RO1" id="RO1"'),
    ("an unknown element", "<Contacts>", "<More/><Contacts>"),
    ("an unknown role", "RO1", "RO3"),
    ("an unknown relationship", "RE1", "RE3"),
    ("an unknown role of a target", '"RO2" uniqueRoleId="22"', '"RO3" uniqueRoleId="22"'),
    ("no record class known", "RC1", "RC3"),
    ("no name", "SMITH &amp; O&apos;HARA ", " "),
    ("a long name", "SMITH", "S" * 4001),
    ("another entity", "&amp;", "&#65;"),
    ("an entity that is none", "&amp;", "&amp"),
    ("an ampersand", "&amp;", "&"),
    ("a control character", "SMITH", "S\x01"),
    ("what XML must not have in text", "SMITH", "S]]>"),
    ("a comment", "SMITH", "<!-- -->SMITH"),
    ("a comment between", "<Roles>", "<!-- --><Roles>"),
    ("CDATA", "SMITH", "<![CDATA[SMITH]]>"),
    ("text between", "<Roles>", "text<Roles>"),
    ("two primary roles", 'uniqueRoleId="12"', 'uniqueRoleId="12" primaryRole="true"'),
    ("no primary role", ' primaryRole="true"', ""),
    ("no role", '<Role id="RO1"', '</Roles><Roles><Role id="RO1"'),
    ("no status", '<Status value="Active" />', ""),
    ("another status", '"Active"', '"Closed"'),
    ("no such day", "1999-12-31", "1999-02-29"),
    ("no such day of change", "2020-01-02", "2020-13-02"),
    ("other digits", "1999-12-31", "١٩٩٩-12-31"),
    ("an end before the start", "2004-05-06", "2001-02-02"),
    ("two dates of a type", '"Legal"', '"Operational"'),
    ("a code of small letters", "RR8", "rr8"),
    ("an odd code", "RR8", "RR-8"),
    ("a code too long", "RR8", "R" * 65),
    ("a number too long", '"33"', f'"{"3" * 19}"'),
    ("no number", '"33"', '"A"'),
    ("a contact of no known type", '"tel"', '"pigeon"'),
    ("an end before its time", "</Succs>", "</Organisation>"),
    ("another end before its time", "</Rels>", "</Organisation>"),
    ("no end of a part", "</Contacts>", ""),
    *(
        (f"{sign} in {old}", old, f"{old}{sign}")
        for sign in ("&", "&bogus;", "&amp", "&#65;", "&#0;")
        for old in (
            *('root="2', 'Name="H', "<Name>", "<AddrLn1>", 'value="0', 'extension="', 'id="RE1', '"RO1'),
            *('"RO2" uniqueRoleId="22', '<Target>\n            <OrgId root="2', "<Predecessor"[1:]),
        )
    ),
    ("a long text", "LEEDS", "L" * 1_000),
    ("many blanks", "LEEDS</Town>", "LEEDS</Town>" + " " * 100),
    ("a long root", 'root="', 'root="' + "1" * 100),
    ("a default namespace", "<Organisation ", '<Organisation xmlns="urn:x" '),
]


@pytest.mark.parametrize(("old", "new"), [case[1:] for case in ODD], ids=[case[0] for case in ODD])
def test_what_is_not_plain_is_left_to_the_parser_wherever_it_stands(old, new):
    odd = PLAIN.replace(old, new, 1)
    assert odd != PLAIN
    assert not taken(odd)
    alike(odd)
    alike(PLAIN + odd)
    alike(PLAIN + odd + odd + PLAIN)


def test_a_large_record_is_left_to_the_parser_which_counts_its_elements():
    contact = '<Contact type="tel" value="1"/>'
    for count, whole in ((1_000, True), (40_000, False)):
        text = PLAIN.replace("<Contacts>", "<Contacts>" + contact * count)
        assert taken(text) is whole
        (found,) = alike(text)
        assert len(found.organisation.contacts) == count + 1
    assert "elements, the limit is" in told(PLAIN.replace("<Contacts>", "<Contacts>" + contact * 100_000))


def test_a_plain_record_in_a_comment_is_none():
    for start in ("<!-- ", "<!-- </Organisation> "):
        text = f"{PLAIN}{start}{PLAIN} --> {PLAIN}"
        assert len(alike(text)) == 2


def test_a_fault_is_told_by_its_line_and_the_record_before():
    odd = PLAIN.replace('extension="RR8"', "")
    said = alike(PLAIN + PLAIN.replace("RR8", "A1") + odd)
    line = 7 + (PLAIN * 2).count("\n") + odd[: odd.index("<OrgId")].count("\n")
    assert said == f"x.xml, line {line}, after A1: the record has no code: its OrgId has no extension"


FOUND = list(re.finditer(r"</?\w+|\w+=|\"[^\"]*\"|/?>|[^<>\"\s]+|\s+", PLAIN))
PLACES = [match.span() for match in FOUND]
TOKENS = sorted({"", "<!--", "-->", "&", "é", "\x85", *(match[0] for match in FOUND)})


@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(TOKENS) | st.text(max_size=3)), max_size=2),
    st.booleans(),
)
def test_whatever_is_changed_both_say_the_same(changes, between):
    text = PLAIN
    for (start, end), new in sorted(changes, reverse=True):
        text = text[:start] + new.encode(errors="ignore").decode() + text[end:]
    alike(PLAIN + text + PLAIN if between else text)


def test_the_sample_is_read_by_patterns_but_for_regions_without_status():
    with open_release([SAMPLE]) as release:
        for file in release.files:
            about, left = head(file), []
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("indexer.reader._by_tree", lambda *given, left=left: left.append(given) or [])
                found = sum(len(read_piece(about, piece)) for piece in pieces(file))
            assert found + len(left) == file.manifest.record_count
            assert len(left) < 3
            assert all(b"COMMISSIONING REGION" in piece.data for _, piece, _ in left)
