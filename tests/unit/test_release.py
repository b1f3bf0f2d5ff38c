"""A path -> the files of a release: every form it comes in, and every reason to refuse it."""

import hashlib
import io
import os
import re
import struct
import zipfile
from pathlib import Path

import pytest

from indexer import header, members, release, walk
from indexer.reader import head, pieces, read_piece, records
from indexer.release import Refused, open_release
from indexer.report import KINDS, NAMED, Warnings, printable

SAMPLE = Path(release.__file__).parent / "demo" / "hscorgrefdataxml_data_12.0.0_20251212000001.zip"
DAY = "2025-12-11"


def xml(kind="Full", *, day=DAY, sequence=1, concepts="", scope="", more="", **values):
    """A file of one record; a Manifest value may be given, or left out as None."""
    values = {
        "Version": "2-0-0",
        "PublicationType": "Full",
        "PublicationSource": "HSCIC",
        "PublicationDate": day,
        "PublicationSeqNum": sequence,
        "FileCreationDateTime": f"{DAY}T01:02:03",
        "RecordCount": 1,
        "ContentDescription": f"HSCOrgRefData_{kind}_{day}",
        **values,
    }
    manifest = "".join(f'<{key} value="{value}"/>\n' for key, value in values.items() if value is not None)
    return f"""<H:OrgRefData xmlns:H="{header.NAMESPACE}">
<Manifest>{manifest}<PrimaryRoleScope>{scope}</PrimaryRoleScope></Manifest>{more}
<CodeSystems><CodeSystem name="OrganisationRole" oid="1.2">{concepts}</CodeSystem></CodeSystems>
<Organisations>
<Organisation orgRecordClass="RC1"><Name>{kind}</Name><OrgId extension="RR8"/>
<Roles><Role id="RO1" uniqueRoleId="1" primaryRole="true">
<Status value="Active"/></Role></Roles></Organisation>
</Organisations></H:OrgRefData>
""".encode()


FULL, ARCHIVE = xml("Full", sequence=1), xml("Archive", sequence=2)
FOREIGN = b"<newsletter/>"


def packed(entries, method=zipfile.ZIP_DEFLATED):
    """The bytes of a zip of (name, bytes), or of a dict."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries.items() if isinstance(entries, dict) else entries:
            archive.writestr(name, data)
    return file.getvalue()


OUTER = {"fullfile.zip": packed({"F.xml": FULL}), "archive.zip": packed({"A.xml": ARCHIVE})}


@pytest.fixture
def put(tmp_path):
    """Write files of a release and open them."""
    opened = []

    def put(files, *, folder=False):
        paths = []
        for name, data in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_bytes(data)
            paths.append(path)
        opened.append(open_release([tmp_path] if folder else paths))
        return opened[-1]

    yield put
    for each in opened:
        each.close()


def read(opened):
    """Read every record of a release; Refused where reading is what finds the fault."""
    return [found.organisation.name for file in opened.files for found in records(file)]


def refused(put, files, **how):
    with pytest.raises(Refused) as fault:
        read(put(files, **how))
    return str(fault.value)


def kinds(opened):
    return [file.kind for file in opened.files]


def warned(opened):
    return dict(opened.warnings.counts)


@pytest.mark.parametrize(
    ("files", "folder"),
    [
        ({"release.zip": packed(OUTER)}, False),
        ({"release.dat": packed(OUTER, zipfile.ZIP_STORED)}, False),
        (
            {"release.zip": packed({"a/x.xml": ARCHIVE, "b/y.XML": FULL, "news.pdf": b"%PDF", "c/": b""})},
            False,
        ),
        ({"release.zip": packed({"one": OUTER["archive.zip"], "two": OUTER["fullfile.zip"]})}, False),
        (OUTER, False),
        (dict(reversed(OUTER.items())), False),
        ({"f.xml": FULL, "a.xml": ARCHIVE}, False),
        ({"f": FULL, "a.txt": ARCHIVE}, False),
        ({"f.xml": FULL, "archive.zip": OUTER["archive.zip"]}, False),
        ({"d/release.zip": packed(OUTER), "d/README.txt": b"text"}, True),
        (OUTER | {"README.txt": b"text", "two/deep/other.xml": FULL}, True),
        ({"fullfile/F.xml": FULL, "archive/A.xml": ARCHIVE}, True),
        ({"r/fullfile.zip": OUTER["fullfile.zip"], "r/archive.zip": OUTER["archive.zip"]}, True),
        ({"empty.txt": b"", "fullfile.zip": OUTER["fullfile.zip"], "archive/A.xml": ARCHIVE}, True),
        ({"f.xml": FULL, "A.XML": ARCHIVE}, True),
    ],
)
def test_a_release_is_found_in_every_form_it_comes_in(put, tmp_path, files, folder):
    if any(name.startswith("d/") for name in files):
        for name, data in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(data)
        opened = open_release([tmp_path / "d"])
    else:
        opened = put(files, folder=folder)
    with opened:
        assert kinds(opened) == ["full", "archive"]
        assert opened.publication_date == DAY
        assert warned(opened) == {}
        assert read(opened) == ["Full", "Archive"]
        assert [file.sha256 for file in opened.files] == [
            hashlib.sha256(x).hexdigest() for x in (FULL, ARCHIVE)
        ]


def test_the_sample_is_a_release():
    with open_release([SAMPLE]) as opened:
        full, archive = opened.files
        assert full.label == f"{SAMPLE.name} > fullfile.zip > HSCOrgRefData_Full_20251211.xml"
        assert archive.label == f"{SAMPLE.name} > archive.zip > HSCOrgRefData_Archive_20251211.xml"
        assert [file.manifest.sequence for file in opened.files] == [4326, 4327]
        assert [file.manifest.record_count for file in opened.files] == [2455, 104]
        assert [len(file.manifest.primary_roles) for file in opened.files] == [89, 8]
        sizes = [[len(system.concepts) for system in file.code_systems] for file in opened.files]
        assert [sorted(each) for each in sizes] == [[2, 9, 233], [2, 7, 225]]
        merged = {name: len(system.concepts) for name, system in opened.code_systems.items()}
        assert merged == {
            "OrganisationRecordClass": 2,
            "OrganisationRole": 240,
            "OrganisationRelationship": 10,
        }
        assert opened.code_systems["OrganisationRole"].oid == "2.16.840.1.113883.2.1.3.2.4.17.507"
        assert full.size == 4_620_176
        assert warned(opened) == {}


def test_nothing_but_the_head_of_a_file_is_read_to_open_a_release(put):
    (file,) = put(
        {"f.xml": FULL.replace(b"</Organisation>", b"</Organisation>\n<Organisation >" * 70_000)}
    ).files
    assert file.member.budget.reached[file.member.number] < file.size / 3
    assert file.sha256 == ""


def test_code_systems_and_scopes_are_united_and_the_full_files_wording_wins(put):
    concept = '<concept id="{}" code="1" displayName="{}"/>'.format
    role = '<PrimaryRole id="{}" displayName="{}"/>'.format
    full = xml("Full", concepts=concept("RO1", "NEW") + concept("RO2", "TWO"), scope=role("RO1", "NEW"))
    archive = xml(
        "Archive",
        concepts=concept("RO1", "OLD") + concept("RO3", "THREE"),
        scope=role("RO1", "OLD") + role("RO3", "THREE"),
    )
    opened = put({"a.xml": archive, "f.xml": full})
    assert opened.code_systems["OrganisationRole"].concepts == {"RO1": "NEW", "RO2": "TWO", "RO3": "THREE"}
    assert opened.primary_roles == {"RO1": "NEW", "RO3": "THREE"}
    assert opened.code_systems["OrganisationRelationship"].concepts == {}
    assert {file.codes for file in opened.files} == {frozenset({"RO1", "RO2", "RO3"})}


@pytest.mark.parametrize(
    ("name", "around", "kind"),
    [
        ("x.xml", "archive.zip", "archive"),
        ("x.xml", "FullFile.zip", "full"),
        ("ARCHIVE.xml", "full.zip", "archive"),
    ],
)
def test_a_file_whose_description_tells_no_kind_is_told_by_its_names(put, name, around, kind):
    other = {"full": ARCHIVE, "archive": FULL}[kind]
    opened = put(
        {"r.zip": packed({around: packed({name: xml("Odd", ContentDescription="Odd")}), "o.xml": other})}
    )
    assert [file.kind for file in opened.files if file.member.name == name] == [kind]


def test_a_single_file_of_no_kind_is_the_full_file(put):
    assert kinds(put({"x.xml": xml(ContentDescription="HSCOrgRefData_APICall")})) == ["full"]


def test_two_files_of_which_one_has_no_kind_are_refused(put):
    said = refused(put, {"x.xml": xml(ContentDescription="Odd"), "f.xml": FULL})
    assert said.startswith("x.xml: neither its ContentDescription nor its name says")


def test_the_full_file_alone_is_read_with_a_warning(put):
    opened = put({"f.xml": FULL})
    assert (kinds(opened), warned(opened)) == (["full"], {"no_archive": 1})


def test_an_archive_alone_is_refused(put):
    said = refused(put, {"archive.zip": OUTER["archive.zip"]})
    assert said == f"archive.zip > A.xml: the release of {DAY} holds only the archive; give the full file too"


def test_a_copy_of_a_file_is_read_once_with_a_warning(put):
    opened = put({"r.zip": packed({**OUTER, "archive/A.xml": ARCHIVE})})
    assert (kinds(opened), warned(opened)) == (["full", "archive"], {"duplicate_file": 1})
    assert opened.warnings.examples["duplicate_file"] == [
        "r.zip > archive/A.xml is the same as r.zip > archive.zip > A.xml"
    ]


def test_of_two_full_files_the_one_of_the_archives_date_stands(put):
    later = xml("Full", day="2025-12-28", sequence=9)
    opened = put(
        {"r.zip": packed({"full.zip": packed({"late.xml": later, "right.xml": FULL}), "a.xml": ARCHIVE})}
    )
    assert opened.files[0].label.endswith("right.xml")
    (said,) = opened.warnings.examples["superseded_file"]
    assert "late.xml is superseded by" in said
    assert said.endswith("right.xml")


def test_of_two_full_files_of_one_date_the_later_sequence_number_stands(put):
    opened = put(
        {"1.xml": xml(sequence=7), "2.xml": xml(sequence=8), "3.xml": xml(sequence=6), "a.xml": ARCHIVE}
    )
    assert (opened.files[0].label, warned(opened)) == ("2.xml", {"superseded_file": 2})


def test_equal_sequence_numbers_with_different_content_are_two_files(put):
    assert warned(put({"1.xml": FULL, "2.xml": FULL + b"\n", "a.xml": ARCHIVE})) == {"superseded_file": 1}


def test_two_publication_dates_are_refused_with_both(put):
    said = refused(put, {"f.xml": FULL, "a.xml": xml("Archive", day="2025-11-30")})
    assert said == f"a.xml: its PublicationDate is 2025-11-30, that of f.xml is {DAY}"


def test_xml_of_another_kind_beside_a_release_is_a_warning(put):
    opened = put({"r.zip": packed({**OUTER, "news.xml": FOREIGN})})
    assert warned(opened) == {"foreign_file": 1}
    assert opened.warnings.examples["foreign_file"] == [
        "r.zip > news.xml, line 1: its root element is newsletter, only OrgRefData can be read"
    ]


def test_xml_of_another_kind_alone_is_refused(put):
    said = refused(put, {"r.zip": packed({"news.xml": FOREIGN})})
    assert said == "r.zip > news.xml, line 1: its root element is newsletter, only OrgRefData can be read"


def test_office_documents_and_folder_droppings_of_a_mac_are_ignored(put):
    word = packed({"[Content_Types].xml": FOREIGN, "word/document.xml": FOREIGN})
    opened = put({"r.zip": packed({**OUTER, "news.docx": word, "__MACOSX/._F.xml": b"\x00\x05\x16\x07\x00"})})
    assert warned(opened) == {}


def test_what_is_unknown_in_a_head_is_a_warning(put):
    opened = put(
        {
            "f.xml": xml(more="<Extra/>", Odd="1").replace(b"<Organisations>", b"<Organisations><x/>"),
            "a.xml": ARCHIVE,
        }
    )
    assert warned(opened) == {"unknown_element": 3}
    assert opened.warnings.examples["unknown_element"][0] == "f.xml: Manifest/Odd, line 10"
    assert read(opened) == ["Full", "Archive"]


# Refused: section 7


def test_a_path_that_is_missing_is_refused(tmp_path):
    with pytest.raises(Refused, match=r"nowhere: there is no such file or folder$"):
        open_release([tmp_path / "nowhere"])


def test_a_path_that_cannot_be_read_is_refused(tmp_path, monkeypatch):
    (tmp_path / "f.xml").write_bytes(FULL)

    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(Refused, match=r"f\.xml: it cannot be read \(Permission denied\): let this user"):
        open_release([tmp_path / "f.xml"])


def test_a_disk_that_fails_while_a_file_is_read_is_told_with_the_file(put):
    class Failing(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(size)

    (file,) = put({"f.xml": FULL}).files
    file.member.raw = lambda: Failing(FULL + b"\n" * 1_000_000)
    for reading in (records, pieces):
        with pytest.raises(
            Refused, match=r"^f\.xml: it cannot be read \(Input/output error\): copy the release"
        ):
            list(reading(file))


def test_folders_that_hold_each_other_by_links_are_walked_once(put, tmp_path):
    for name, to in (("loop", "."), ("self", "self"), ("gone", "nowhere"), ("sub/up", "..")):
        (tmp_path / "sub").mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(to)
    opened = put({"sub/F.xml": FULL, "A.xml": ARCHIVE}, folder=True)
    assert (kinds(opened), warned(opened)) == (["full", "archive"], {})
    assert [file.label for file in opened.files] == [f"{tmp_path}/sub/F.xml", f"{tmp_path}/A.xml"]


def test_a_folder_given_and_a_folder_in_it_are_both_walked(put, tmp_path):
    put({"r/F.xml": FULL, "r/sub/A.xml": ARCHIVE})
    with open_release([tmp_path / "r", tmp_path / "r" / "sub"]) as opened:
        assert (kinds(opened), warned(opened)) == (["full", "archive"], {"duplicate_file": 1})


def test_a_folder_of_very_many_entries_is_refused_before_they_are_read(put, monkeypatch):
    monkeypatch.setattr(walk, "MAX_WALK", 9)
    some = {f"{n}/{n}.txt": b"x" for n in range(3)}
    assert kinds(put({**some, "F.xml": FULL, "G.txt": b""}, folder=True)) == ["full"]
    said = refused(put, {"H.txt": b"", "I.txt": b""}, folder=True)
    assert "more than 9 entries: name the files of the release themselves" in said


@pytest.mark.parametrize("what", ["scandir", "open"])
def test_a_place_in_a_folder_that_cannot_be_read_is_named(put, tmp_path, monkeypatch, what):
    put({"sub/F.xml": FULL})

    def denying(then):
        def open_or_list(path, *given, **named):
            if Path(path).name in ("sub", "F.xml"):
                raise PermissionError(13, "Permission denied")
            return then(path, *given, **named)

        return open_or_list

    owner = os if what == "scandir" else Path
    monkeypatch.setattr(owner, what, denying(getattr(owner, what)))
    place = "sub" if what == "scandir" else "sub/F.xml"
    with pytest.raises(Refused) as fault:
        open_release([tmp_path])
    assert (
        str(fault.value)
        == f"{tmp_path}/{place}: it cannot be read (Permission denied): let this user read it"
    )


def test_a_device_is_refused():
    with pytest.raises(Refused, match="neither a file nor a folder"):
        open_release([Path("/dev/null")])


@pytest.mark.parametrize(
    ("files", "folder", "sentence"),
    [
        ({"f.xml": b""}, False, "f.xml: it is empty"),
        ({"f.xml": b" \n "}, False, "f.xml, line 2: it is empty or ends before its root element"),
        ({"f.xml": b"hello"}, False, 'f.xml, line 1: it is neither a zip nor XML: it begins with "hello"'),
        ({"f.xml": b"\xff\xfeh\0i\0"}, False, 'it begins with "hi"'),
        ({"r.zip": packed({})}, False, "it holds no XML file, it is empty"),
        ({"r.zip": packed({"a.txt": b"x", "b.pdf": b"y"})}, False, "it holds no XML file, only a.txt, b.pdf"),
        ({f"{n}.txt": b"x" for n in range(7)}, True, "only 0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 2 more"),
        ({"r.zip": packed({"a.xml": b""})}, False, "r.zip > a.xml: it is empty"),
        ({"archive.zip": b"", "F.xml": FULL}, True, "/archive.zip: it is empty"),
        (
            {"archive.zip": b"no", "F.xml": FULL},
            True,
            '/archive.zip, line 1: it is neither a zip nor XML: it begins with "no"',
        ),
        (
            {"r.zip": packed({"archive.zip": b"no", "F.xml": FULL})},
            False,
            "r.zip > archive.zip, line 1: it is neither a zip",
        ),
        (
            {"archive.zip": b"PK\x07\x08" + packed({}), "F.xml": FULL},
            True,
            "/archive.zip, line 1: it is neither a zip",
        ),
        ({"sub/a.txt": b"", "sub/deep/F.xml": FULL}, True, "it holds no XML file, only sub/, a.txt, deep/"),
        ({"empty": b""}, True, "it holds no XML file, only empty"),
    ],
)
def test_what_is_no_release_is_refused_with_what_was_found(put, files, folder, sentence):
    assert sentence in refused(put, files, folder=folder)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            FULL.replace(header.NAMESPACE.encode(), b"urn:v1"),
            "f.xml, line 1: its root element is in namespace urn:v1, only http",
        ),
        (xml(Version="1-0-0"), "f.xml, line 2: its Version is 1-0-0, only 2-0-0 can be read"),
        (
            re.sub(rb"<Manifest>.*</Manifest>", b"", FULL, flags=re.DOTALL),
            "f.xml, line 5: it has no Manifest before",
        ),
        (b"<OrgRefData/>", "f.xml: it has no Manifest"),
        *((xml(**{name: None}), f"its Manifest has no {name}") for name in header._VALUES),
        (xml(ContentDescription=" "), "its Manifest has no ContentDescription"),
        (
            xml(PublicationDate="2025-02-30"),
            "PublicationDate '2025-02-30' is not a calendar date (YYYY-MM-DD)",
        ),
        (xml(PublicationSeqNum="x"), "PublicationSeqNum 'x' is not an integer"),
        (xml(RecordCount="1.5"), "RecordCount '1.5' is not an integer"),
        (xml(FileCreationDateTime="noon"), "FileCreationDateTime 'noon' is not a time"),
        (FULL.replace(b"</Manifest>", b"</Manifesto>"), "f.xml, line 10, column "),
        (FULL[:300], "malformed XML: "),
        (
            b"<?xml version='1.0' encoding='hex'?>" + FULL,
            "f.xml, line 1: its encoding hex is not supported",
        ),
        (
            b"<?xml version='1.0' encoding='klingon'?>" + FULL,
            "its encoding klingon is not supported",
        ),
        (
            b"<!-- " + b" " * header.MAX_PROLOG + b"-->" + FULL,
            "its root element does not begin within 1,048,576",
        ),
    ],
)
def test_a_head_that_is_wrong_is_refused_with_what_was_found_and_what_is_read(put, text, sentence):
    assert sentence in refused(put, {"f.xml": text})


def test_a_head_without_end_is_refused(put, monkeypatch):
    monkeypatch.setattr(header, "MAX_HEADER", 10_000)
    assert "does not begin within 10,000 bytes" in refused(put, {"f.xml": xml(more="<x/>" * 9_000)})


@pytest.mark.parametrize(
    "doctype",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE x SYSTEM "http://localhost/x.dtd">',
        b"<?xml version='1.0'?>\n<!-- <a> -->\n<?pi <b> ?>\n<!DOCTYPE OrgRefData>",
    ],
)
@pytest.mark.parametrize("encode", [lambda text: text, lambda text: text.decode().encode("utf-16")])
def test_a_doctype_is_refused_before_it_is_parsed(put, doctype, encode):
    said = refused(put, {"f.xml": encode(doctype + FULL)})
    assert re.fullmatch(r"f\.xml, line \d: it has a DOCTYPE, which is never read", said)


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><html lang=en><title>Sign in</title>",
        b"\xef\xbb\xbf\r\n <!doctype  HTML>\n<p>Sign in",
        b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html/>',
        b"\n\n<html><head><meta charset=utf-8></head>",
        b"<!-- a page --><HTML\n><body>",
        b"<html/>",
    ],
)
@pytest.mark.parametrize("name", ["page.zip", "page.xml", "page"])
@pytest.mark.parametrize(
    "encode", [lambda text: text, lambda text: text.decode("utf-8-sig").encode("utf-16")]
)
def test_an_html_page_is_told_as_one(put, name, page, encode):
    said = "it is an HTML page, probably for signing in: sign in, then download the release again"
    assert re.fullmatch(rf"{name}, line \d: {said}", refused(put, {name: encode(page)}))


@pytest.mark.parametrize("name", ["archive.zip", "archive.xml"])
def test_an_html_page_beside_a_file_of_the_release_is_refused(put, name):
    page = b"<html>Sign in</html>"
    assert "it is an HTML page" in refused(put, {"F.xml": FULL, name: page}, folder=True)
    assert "it is an HTML page" in refused(put, {"r.zip": packed({"F.xml": FULL, name: page})})


@pytest.mark.parametrize("size", [1, 5, 14])
def test_an_html_page_that_comes_in_small_pieces_is_told_as_one(put, size):
    (file,) = put({"f.xml": FULL}).files
    file.member.raw = lambda: io.BytesIO(b"<!DOCTYPE    html ><p>" + b" " * 99)
    with pytest.raises(Refused, match="it is an HTML page"):
        list(header.chunks(file.member, size))


def test_only_html_is_told_as_html(put):
    assert "it has a DOCTYPE" in refused(put, {"x.xml": b"<!DOCTYPE htmlx><htmlx/>"})
    assert "its root element is htmlx" in refused(put, {"x.xml": b"<htmlx/>"})


def test_a_doctype_that_is_only_a_comment_is_none(put):
    assert read(put({"f.xml": b"<!-- <!DOCTYPE x> -->" + FULL})) == ["Full"]


# Hostile and damaged zips: section 7.1


def patched(data, at, value):
    return data[:at] + value + data[at + len(value) :]


def central(data, entry=0):
    """Where the central directory's record of an entry begins."""
    place = -1
    for _ in range(entry + 1):
        place = data.index(b"PK\x01\x02", place + 1)
    return place


PLAIN = packed({"F.xml": FULL})


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (PLAIN[:-30], "r.zip: the zip is damaged or truncated"),
        (PLAIN[: len(PLAIN) // 2], "r.zip: the zip is damaged or truncated"),
        (packed({"full.zip": PLAIN[:-30]}), "r.zip > full.zip: the zip is damaged or truncated"),
        (patched(PLAIN, central(PLAIN) + 8, b"\x01\x00"), "r.zip > F.xml: it is encrypted"),
        (
            patched(PLAIN, central(PLAIN) + 16, b"\0\0\0\0"),
            "r.zip > F.xml: its CRC is wrong: the zip is damaged",
        ),
        (
            patched(PLAIN, central(PLAIN) + 10, struct.pack("<H", 97)),
            "r.zip > F.xml: its compression is not one",
        ),
        (patched(PLAIN, 45, b"\xff" * 40), "r.zip > F.xml: the zip is damaged or truncated"),
        (patched(PLAIN, central(PLAIN) + 24, struct.pack("<I", 300)), "r.zip > F.xml: its CRC is wrong"),
        (
            packed({"a.zip": packed({"b.zip": PLAIN})}),
            "r.zip > a.zip > b.zip: a zip in a zip in a zip: 2 levels",
        ),
        (
            packed({f"{n}.txt": b"" for n in range(1_001)}),
            "r.zip: the zip has 1,001 entries, the limit is 1,000",
        ),
        (
            packed({"F.xml": FULL + b" " * 3_000_000}),
            "r.zip > F.xml: it unpacks to more than 200 times its size",
        ),
    ],
)
def test_a_damaged_or_hostile_zip_is_refused_with_its_member(put, data, sentence):
    assert sentence in refused(put, {"r.zip": data})


def test_a_damaged_member_that_nobody_reads_is_no_matter(put):
    data = packed({"n.pdf": b"%PDF", "F.xml": FULL, "A.xml": ARCHIVE})
    assert read(put({"r.zip": patched(data, central(data) + 8, b"\x01\x00")})) == ["Full", "Archive"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_read(put, method):
    assert read(put({"r.zip": packed({"F.xml": FULL}, method)})) == ["Full"]


def test_a_declared_size_is_not_believed(put, monkeypatch):
    monkeypatch.setattr(members, "MAX_RATIO", 2)
    data = packed({"F.xml": FULL + b" " * 5_000})
    lying = patched(data, central(data) + 20, struct.pack("<I", 0x7FFFFFFF))
    # Newer versions of Python refuse it themselves: it would reach into what follows.
    python_looks = hasattr(zipfile.ZipInfo(), "_end_offset")
    expected = "Overlapped entries" if python_looks else "more than 2 times its size"
    assert expected in refused(put, {"r.zip": lying})


def test_a_member_beyond_its_limit_is_refused(put, monkeypatch):
    monkeypatch.setattr(members, "MAX_MEMBER", len(FULL) - 1)
    assert refused(put, {"f.xml": FULL}).startswith("f.xml: it is larger than")


def test_a_release_beyond_its_limit_is_refused_but_reading_twice_is_free(put, monkeypatch):
    monkeypatch.setattr(members, "MAX_RELEASE", len(FULL) + len(ARCHIVE))
    opened = put({"f.xml": FULL, "a.xml": ARCHIVE})
    assert read(opened) == read(opened) == ["Full", "Archive"]
    monkeypatch.setattr(members, "MAX_RELEASE", len(FULL) + len(ARCHIVE) - 1)
    assert refused(put, {"f.xml": FULL, "a.xml": ARCHIVE}).startswith("a.xml: the release is larger than")


@pytest.mark.parametrize("name", ["../../../escape.xml", "/absolute.xml", "C:\\windows.xml", "a\x1b[31m.xml"])
def test_names_in_a_zip_are_never_paths_and_safe_to_show(put, tmp_path, name):
    data = packed({name: FULL, "../up.zip": packed({"../../A.xml": ARCHIVE})})
    before = sorted(tmp_path.parent.iterdir())
    opened = put({"r.zip": data})
    assert read(opened) == ["Full", "Archive"]
    assert sorted(tmp_path.parent.iterdir()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["r.zip"]
    assert opened.files[0].label.isprintable()


def test_a_fault_found_while_reading_names_the_member_in_both_ways_of_reading(put):
    data = packed({"F.xml": FULL + b"\n" * 3_000_000 + b"<!-- -->" * 40_000}, zipfile.ZIP_STORED)
    opened = put({"r.zip": patched(data, central(data) + 16, b"\0\0\0\0")})
    file = opened.files[0]
    for reading in (records, pieces):
        with pytest.raises(Refused, match=r"r\.zip > F\.xml: its CRC is wrong"):
            list(reading(file))


def test_closing_a_release_closes_its_zips(put):
    opened = put({"r.zip": packed(OUTER)})
    with opened:
        pass
    with pytest.raises((Refused, ValueError)):
        read(opened)


def test_a_head_without_a_release_judges_by_its_own_date(put):
    file = put({"f.xml": FULL}).files[0]
    (piece,) = pieces(file)
    assert head(file).publication_date == DAY
    assert [found.organisation.name for found in read_piece(head(file), piece)] == ["Full"]


# The words


def test_warnings_are_counted_and_the_first_few_named():
    warnings, others = Warnings(), Warnings()
    for number in range(4):
        warnings.add("odd_code", f"A{number}")
        others.add("odd_code", f"B{number}")
    warnings.update(others)
    assert warnings.counts == {"odd_code": 8}
    assert warnings.examples == {"odd_code": ["A0", "A1", "A2", "A3", "B0"]}
    assert len(warnings.examples["odd_code"]) == NAMED
    assert len({*KINDS}) == len(KINDS) == 19


def test_foreign_text_is_made_printable_and_short():
    assert printable("a\x1b[31m\nb") == "a\ufffd[31m\ufffdb"
    assert printable("a" * 300) == "a" * 200 + "…"
