"""A TRUD on this machine, which speaks its API and can be made to misbehave."""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "0123456789abcdef0123456789ABCDEF01234567"
NAME = "hscorgrefdataxml_data_12.0.0_20251212000001.zip"

Behaviour = Callable[[BaseHTTPRequestHandler], bool]
"""Answers a request itself and returns True, or leaves it to the server."""


@dataclass
class Trud:
    """What the server publishes, what it was asked, and what it does with requests for files and lists."""

    url: str = ""
    archives: dict[str, bytes] = field(default_factory=dict)
    """By name of the file, newest first."""
    entries: dict[str, Any] = field(default_factory=dict)
    """What is listed of each release in place of the truth."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    on_list: list[Behaviour] = field(default_factory=list)
    on_file: list[Behaviour] = field(default_factory=list)
    """Each is used up by one request."""
    ranges: bool = True

    def paths(self, part: str) -> list[str]:
        """Return the paths that were asked for and hold a text."""
        return [path for path, _ in self.asked if part in path]

    def releases(self) -> list[dict[str, Any]]:
        """Return the list as TRUD gives it."""
        return [
            {
                "id": f"{name}",
                "name": f"Release {12 - number}.0.0",
                "releaseDate": f"2025-{12 - number:02}-12",
                "archiveFileUrl": f"{self.url}/download/api/v1/keys/{KEY}/content/items/341/{name}",
                "archiveFileName": name,
                "archiveFileSizeBytes": len(content),
                "archiveFileSha256": hashlib.sha256(content).hexdigest().upper(),
            }
            | self.entries
            for number, (name, content) in enumerate(self.archives.items())
        ]


def reply(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Return a behaviour that answers with this."""

    def answer(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return True

    return answer


def cut(content: bytes, at: int) -> Behaviour:
    """Return a behaviour that promises a file and closes after so many bytes."""

    def answer(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[:at])
        handler.close_connection = True
        return True

    return answer


def endless(sent: list[int], piece: bytes, pause: float = 0, status: int = 200, **headers: str) -> Behaviour:
    """Return a behaviour that sends a piece a thousand times, or until the client closes; `sent` counts."""

    def answer(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.close_connection = True
        with suppress(OSError):
            for _ in range(1_000):
                handler.wfile.write(piece)
                sent.append(len(piece))
                time.sleep(pause)
        return True

    return answer


def message(status: int, text: str) -> bytes:
    """Return the body of an error of TRUD's."""
    return json.dumps({"apiVersion": "1", "httpStatus": status, "message": text}).encode()


@contextmanager
def running() -> Iterator[Trud]:
    """Give a server that runs while the context lasts."""
    trud = Trud()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            trud.asked.append((self.path, dict(self.headers)))
            kind = trud.on_list if self.path.startswith("/trud/") else trud.on_file
            if kind and kind.pop(0)(self):
                return
            if self.path.startswith("/trud/"):
                self._list()
            else:
                self._file(trud.archives.get(self.path.rpartition("/")[2], b""))

        def _list(self) -> None:
            if self.path.partition("?")[0] != f"/trud/api/v1/keys/{KEY}/items/341/releases":
                reply(400, message(400, f"Invalid API key in {self.path}"))(self)
                return
            found = trud.releases()
            listed = found[:1] if self.path.endswith("?latest") else found
            reply(
                200,
                json.dumps(
                    {"apiVersion": "1", "releases": listed, "httpStatus": 200, "message": "OK"}
                ).encode(),
            )(self)

        def _file(self, content: bytes) -> None:
            begin = self.headers.get("Range", "").removeprefix("bytes=").removesuffix("-")
            if begin and trud.ranges:
                start = int(begin)
                reply(206, content[start:], Content_Range=f"bytes {start}-{len(content) - 1}/{len(content)}")(
                    self
                )
            else:
                reply(200, content)(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    trud.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield trud
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
