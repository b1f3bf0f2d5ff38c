"""ods-indexer fetch and load trud:, against a TRUD that may misbehave."""

# ruff: noqa: E501 - sentences

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.engine import open_index
from tests.commands import SECONDS, UNCHECKED, clean, refused, run
from tests.conftest import SAMPLE
from tests.releases import tiny
from tests.trud import KEY, NAME, Trud, cut, endless, message, reply, running

CONTENT = SAMPLE.read_bytes()
SETTINGS = {"ODS_TRUD_API_KEY": KEY}


@pytest.fixture
def trud() -> Iterator[Trud]:
    with running() as server:
        server.archives = {NAME: CONTENT, "older_11.zip": b"an older one"}
        yield server


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/index/ods.db"


def indexer(trud: Trud, *given: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ods-indexer; whatever happens, the key is not shown."""
    settings = {"ODS_TRUD_URL": trud.url, "ODS_LOG_LEVEL": "DEBUG"} | SETTINGS | environment
    done = run("ods-indexer", *given, **settings)
    assert KEY.lower() not in (done.stdout + done.stderr).lower()
    return done


def fetch(trud: Trud, folder: Path, *given: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return indexer(trud, "fetch", "--to", folder, *given, **environment)


def said(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    return done.stderr.splitlines()[-1].removeprefix("Error: ")


# fetch


def test_the_newest_release_is_fetched_checked_and_not_fetched_again(trud: Trud, tmp_path: Path) -> None:
    done = fetch(trud, tmp_path / "new")
    path = tmp_path / "new" / NAME
    assert (done.returncode, done.stdout) == (0, f"Release 12.0.0 of 2025-12-12 is {path}.\n")
    assert path.read_bytes() == CONTENT
    assert [each.name for each in path.parent.iterdir()] == [NAME]
    assert trud.paths("?latest") == [f"/trud/api/v1/keys/{KEY}/items/341/releases?latest"]
    assert fetch(trud, tmp_path / "new").returncode == 0
    assert len(trud.paths("/download/")) == 1


def test_releases_are_listed_and_one_is_fetched_by_its_name(trud: Trud, tmp_path: Path) -> None:
    done = indexer(trud, "fetch", "--list")
    assert done.stdout.splitlines() == [
        f"2025-12-12  Release 12.0.0  {NAME}  {len(CONTENT):,} bytes",
        "2025-11-12  Release 11.0.0  older_11.zip  12 bytes",
    ]
    assert fetch(trud, tmp_path, "--release", "Release 11.0.0").returncode == 0
    assert (tmp_path / "older_11.zip").read_bytes() == b"an older one"
    assert (
        said(fetch(trud, tmp_path, "--release", "Release 1.0.0"))
        == 'TRUD has no release named "Release 1.0.0": --list shows the names'
    )
    refused(indexer(trud, "fetch", "--list", "--release", "x"), 2)


def test_without_a_key_nothing_is_asked(trud: Trud) -> None:
    for given in (["fetch"], ["load", "trud:"]):
        assert said(indexer(trud, *given, ODS_TRUD_API_KEY="")).startswith("ODS_TRUD_API_KEY is not set")
    assert trud.asked == []


def test_what_trud_says_of_a_bad_key_is_told_without_the_key(trud: Trud, tmp_path: Path) -> None:
    other = KEY.replace("0", "9")
    done = run(
        "ods-indexer",
        "fetch",
        "--to",
        tmp_path,
        ODS_TRUD_URL=trud.url,
        ODS_TRUD_API_KEY=other,
        ODS_LOG_LEVEL="DEBUG",
    )
    assert (
        said(done) == "TRUD answers 400: Invalid API key in /trud/api/v1/keys/***/items/341/releases?latest"
    )
    assert other.lower() not in done.stderr.lower()
    assert len(trud.asked) == 1


def test_an_item_without_subscription_is_told_and_asked_once(trud: Trud, tmp_path: Path) -> None:
    trud.on_list = [reply(404, message(404, f"No releases found for {KEY.upper()}"))]
    assert said(fetch(trud, tmp_path)) == "TRUD answers 404: No releases found for ***"
    assert len(trud.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_429_and_5xx_are_tried_again(status: int, trud: Trud, tmp_path: Path) -> None:
    trud.on_list = [reply(status, b"<html>", Retry_After="0")] * 2
    trud.on_file = [reply(status, b"", Retry_After="0")] * 2
    assert fetch(trud, tmp_path).returncode == 0
    assert (len(trud.paths("/trud/")), len(trud.paths("/download/"))) == (3, 3)


def test_three_tries_are_all(trud: Trud, tmp_path: Path) -> None:
    trud.on_list = [reply(503, message(503, "Busy"), Retry_After="0")] * 9
    assert said(fetch(trud, tmp_path)) == "TRUD could not be read in 3 tries: TRUD answers 503: Busy"
    assert len(trud.asked) == 3


@pytest.mark.parametrize("when", ["301", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_wait_of_more_than_five_minutes_is_told(when: str, trud: Trud, tmp_path: Path) -> None:
    trud.on_list = [reply(429, b"", Retry_After=when)]
    assert "seconds, more than 300: try again then" in said(fetch(trud, tmp_path))
    assert len(trud.asked) == 1


def test_other_4xx_of_a_file_are_not_tried_again(trud: Trud, tmp_path: Path) -> None:
    trud.on_file = [reply(403)]
    assert said(fetch(trud, tmp_path)) == "TRUD answers 403"
    assert len(trud.paths("/download/")) == 1


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"[]", b"[" * 100_000, b"\xff"])
def test_an_answer_that_is_no_list_is_told(body: bytes, trud: Trud, tmp_path: Path) -> None:
    trud.on_list = [reply(200, body)] * 3
    assert (
        said(fetch(trud, tmp_path))
        == "TRUD could not be read in 3 tries: TRUD does not answer with a list of releases"
    )


def test_a_trud_that_is_not_there_is_told(tmp_path: Path) -> None:
    with running() as gone:
        pass
    assert said(fetch(gone, tmp_path)).startswith(
        "TRUD could not be read in 3 tries: TRUD at 127.0.0.1 cannot be reached"
    )


def test_a_list_without_a_release_is_told(trud: Trud, tmp_path: Path) -> None:
    trud.archives = {}
    assert said(fetch(trud, tmp_path)) == (
        'TRUD lists no release of item 341 (its message is "OK"): try again later'
    )


# Downloads that break off, and files that are not what they should be


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_that_breaks_off_is_resumed_where_the_server_allows_it(
    ranges: bool, trud: Trud, tmp_path: Path
) -> None:
    trud.ranges = ranges
    trud.on_file = [cut(CONTENT, 100_000)]
    assert fetch(trud, tmp_path).returncode == 0
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert [headers.get("Range") for path, headers in trud.asked if "/download/" in path] == [
        None,
        "bytes=100000-",
    ]


def test_a_part_of_an_earlier_run_is_resumed(trud: Trud, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT[:1000])
    assert fetch(trud, tmp_path).returncode == 0
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert trud.asked[-1][1]["Range"] == "bytes=1000-"
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("part", [CONTENT + b"more", CONTENT, b"x" * len(CONTENT), b"x" * 500])
def test_a_part_that_is_whole_too_long_or_wrong_is_got_right(part: bytes, trud: Trud, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(part)
    assert fetch(trud, tmp_path).returncode == 0
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_a_range_that_the_server_refuses_or_shifts_begins_anew(trud: Trud, tmp_path: Path) -> None:
    for wrong in (reply(416), reply(206, CONTENT[10:], Content_Range=f"bytes 10-{len(CONTENT)}/*")):
        (tmp_path / f"{NAME}.part").write_bytes(CONTENT[:1000])
        trud.on_file = [wrong]
        assert fetch(trud, tmp_path).returncode == 0
        assert (tmp_path / NAME).read_bytes() == CONTENT
        (tmp_path / NAME).unlink()


def test_a_download_that_breaks_off_three_times_keeps_what_came(trud: Trud, tmp_path: Path) -> None:
    trud.ranges = False
    trud.on_file = [cut(CONTENT, 10), cut(CONTENT, 20), cut(CONTENT, 30)]
    assert said(fetch(trud, tmp_path)).startswith("TRUD could not be read in 3 tries: TRUD broke off")
    assert (tmp_path / f"{NAME}.part").stat().st_size == 30
    assert not (tmp_path / NAME).exists()


def test_a_wrong_checksum_is_tried_once_more_and_then_the_file_is_gone(trud: Trud, tmp_path: Path) -> None:
    wrong = CONTENT[:-1] + b"!"
    trud.on_file = [reply(200, wrong)]
    assert fetch(trud, tmp_path).returncode == 0
    trud.entries = {"archiveFileSha256": "0" * 64}
    assert (
        said(fetch(trud, tmp_path))
        == f"{NAME}: twice its SHA-256 was not the one that TRUD lists, and nothing was kept"
    )
    assert len(trud.paths("/download/")) == 4
    assert list(tmp_path.iterdir()) == []


def test_no_more_is_read_than_trud_lists(trud: Trud, tmp_path: Path) -> None:
    trud.archives[NAME] = CONTENT + b"x" * 1_000_000
    trud.entries = {
        "archiveFileSizeBytes": len(CONTENT),
        "archiveFileSha256": hashlib.sha256(CONTENT).hexdigest(),
    }
    assert fetch(trud, tmp_path).returncode == 0
    assert (tmp_path / NAME).stat().st_size == len(CONTENT)


def test_a_page_in_place_of_the_file_is_told_and_not_kept(trud: Trud, tmp_path: Path) -> None:
    trud.on_file = [reply(200, b"<html>Sign in</html>", Content_Type="text/html; charset=utf-8")] * 3
    assert said(fetch(trud, tmp_path)) == (
        "TRUD could not be read in 3 tries: TRUD sends a page in place of the file"
    )
    assert list(tmp_path.iterdir()) == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"archiveFileName": "../x.zip"}, "TRUD lists a file named ../x.zip: only letters, digits, . _ - and .zip at its end are accepted"),
    ({"archiveFileName": "x.exe"}, "TRUD lists a file named x.exe: only letters"),
    ({"archiveFileName": f"x{KEY.lower()}.zip"}, "TRUD lists a file named x***.zip: only letters"),
    ({"archiveFileName": "x\n.zip"}, "TRUD lists a file named x\ufffd.zip: only letters"),
    ({"archiveFileSizeBytes": (2 << 30) + 1}, "with 2147483649 bytes; at most 2,147,483,648 are read"),
    ({"archiveFileSizeBytes": "12"}, "with 12 bytes; at most"),
    ({"archiveFileSizeBytes": 0}, "with 0 bytes; at most"),
    ({"archiveFileSha256": "abc"}, "with a SHA-256 that is none: abc"),
    ({"archiveFileUrl": None}, "TRUD lists a release without archiveFileUrl"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "says"), WRONG)
def test_a_list_with_a_wrong_value_is_refused(
    entry: dict[str, Any], says: str, trud: Trud, tmp_path: Path
) -> None:
    trud.entries = entry
    assert says in said(fetch(trud, tmp_path))
    assert list(tmp_path.iterdir()) == []


# Addresses


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("https://evil.example/x.zip", "which is neither at 127.0.0.1 nor below nhs.uk"),
        ("https://nhs.uk.evil.example/x.zip", "which is neither at 127.0.0.1 nor below nhs.uk"),
        ("https://evilnhs.uk/x.zip", "which is neither at 127.0.0.1 nor below nhs.uk"),
        ("http://isd.digital.nhs.uk/x.zip", "only https is used"),
        ("file:///etc/passwd", "which is neither at"),
        ("https://isd.digital.nhs.uk@evil.example/x.zip", "which is no address"),
        ("https://evil.example\\@isd.digital.nhs.uk/x.zip", "which is no address"),
        ("https://[::1/x.zip", "which is no address"),
    ],
)
def test_files_and_redirects_go_only_where_they_may(
    address: str, says: str, trud: Trud, tmp_path: Path
) -> None:
    trud.entries = {"archiveFileUrl": address}
    assert says in said(fetch(trud, tmp_path))
    trud.entries = {}
    for requests in (trud.on_list, trud.on_file):
        requests.append(reply(302, b"", Location=address))
        assert says in said(fetch(trud, tmp_path))
    assert not (tmp_path / NAME).exists()


def test_a_redirect_within_the_host_is_followed_and_a_loop_ends(trud: Trud, tmp_path: Path) -> None:
    trud.on_file = [reply(302, b"", Location=f"/elsewhere/{NAME}")]
    assert fetch(trud, tmp_path).returncode == 0
    (tmp_path / NAME).unlink()
    trud.on_file = [reply(307, b"", Location=f"/elsewhere/{NAME}")] * 9
    assert said(fetch(trud, tmp_path)) == "TRUD redirects again and again"


def test_the_body_of_a_redirect_is_not_read(trud: Trud, tmp_path: Path) -> None:
    sent: list[int] = []
    trud.on_file = [endless(sent, b"x" * 65_536, status=302, Location=f"/elsewhere/{NAME}")]
    assert fetch(trud, tmp_path).returncode == 0
    assert len(sent) < 1_000


def test_the_key_is_not_sent_on_to_another_host(trud: Trud, tmp_path: Path) -> None:
    trud.on_file = [reply(302, b"", Location=f"https://files.digital.nhs.uk/{KEY}/x.zip")]
    assert said(fetch(trud, tmp_path)) == (
        "TRUD redirects to https://files.digital.nhs.uk/***/x.zip, and the key is not sent on to another host"
    )


def test_only_https_is_used_but_for_this_machine(tmp_path: Path) -> None:
    done = run("ods-indexer", "fetch", ODS_TRUD_URL="http://trud.example", **SETTINGS)
    assert said(done) == "TRUD names http://trud.example: only https is used (ODS_TRUD_URL)"


def test_no_password_of_the_user_is_sent_along(trud: Trud, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password hunter2\n")
    (tmp_path / ".netrc").chmod(0o600)
    assert fetch(trud, tmp_path / "x", HOME=str(tmp_path)).returncode == 0
    assert all("Authorization" not in headers for _, headers in trud.asked)


def test_the_key_is_in_no_traceback(trud: Trud, tmp_path: Path) -> None:
    broken = """
import indexer.commands.fetch as fetch
from indexer.cli import main
def chosen(client, key, wanted):
    raise RuntimeError(f"see {key}")
fetch.chosen = chosen
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", broken, "fetch", "--to", tmp_path],
        env=clean({"ODS_TRUD_URL": trud.url, **SETTINGS}), capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "RuntimeError: see ***" in done.stderr
    assert f"see {KEY}" not in done.stderr


def test_one_download_at_a_time_writes_to_a_folder(trud: Trud, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        assert (
            said(fetch(trud, tmp_path))
            == f"Another download into {tmp_path} is running: wait until it has ended"
        )
    finally:
        os.close(descriptor)
    assert fetch(trud, tmp_path).returncode == 0


def test_a_folder_that_cannot_be_made_is_told(trud: Trud, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert said(fetch(trud, tmp_path / "file" / "x")).endswith("file/x cannot be written: Not a directory")


# load trud:


def load(trud: Trud, url: str, *given: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return indexer(trud, "load", "trud:", "--index", url, "--validate", "none", *given, **environment)


def test_the_newest_release_is_loaded_once_unless_forced(trud: Trud, url: str) -> None:
    done = load(trud, url, "--json")
    assert json.loads(done.stdout)["generation"] == "2025-12-11.1"
    again = load(trud, url)
    assert (again.returncode, again.stdout) == (
        0,
        "The newest release is live already: generation 2025-12-11.1.\n",
    )
    assert json.loads(load(trud, url, "--json").stdout)["generation"] == "2025-12-11.1"
    assert len(trud.paths("/download/")) == 1
    assert json.loads(load(trud, url, "--json", "--force").stdout)["generation"] == "2025-12-11.2"
    assert len(trud.paths("/download/")) == 2


def test_what_was_loaded_from_a_file_is_known_too_and_what_is_republished_is_loaded(
    trud: Trud, url: str
) -> None:
    assert run("ods-indexer", "load", SAMPLE, *UNCHECKED, "--index", url).returncode == 0
    assert load(trud, url).stdout.startswith("The newest release is live already")
    trud.archives = {NAME: CONTENT[:-2] + b"\x01\x00!"}  # the same release with a comment in the zip
    done = load(trud, url, "--json")
    assert json.loads(done.stdout)["generation"] == "2025-12-11.2"


def test_a_failure_of_trud_is_the_last_failure_of_the_index(trud: Trud, url: str, tmp_path: Path) -> None:
    assert load(trud, url).returncode == 0
    trud.on_list = [reply(404, message(404, "Not subscribed"))]
    told = said(load(trud, url))
    failure = open_index(url).notes.failure()
    assert failure
    assert failure.sentence == told == "TRUD answers 404: Not subscribed"


def test_trud_stands_alone(trud: Trud) -> None:
    assert (
        refused(indexer(trud, "load", "trud:", "x.zip"), 2)
        == "trud: stands alone: name no other RELEASE beside it."
    )


def test_force_overrules_no_other_refusal(trud: Trud, url: str, tmp_path: Path) -> None:
    names = {f"X{number}": "X" for number in range(20)}
    assert (
        run(
            "ods-indexer", "load", tiny(tmp_path / "one.xml", date(2025, 1, 1), names), "--index", url
        ).returncode
        == 0
    )
    assert "20 of the 20 organisations" in said(load(trud, url, "--force"))
    assert load(trud, url, "--force", "--max-change", "100").returncode == 0
