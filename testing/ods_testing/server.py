"""A server as tests use it: addresses, requests, faults, releases."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ods_testing.controls import Controls, Refused

Organisations = Iterable[Mapping[str, Any]]


class Headers(Mapping[str, str]):
    """Headers, found without regard to case."""

    def __init__(self, sent: Mapping[str, str]) -> None:
        self._sent = {name.lower(): value for name, value in sent.items()}

    def __getitem__(self, name: str) -> str:
        return self._sent[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sent)

    def __len__(self) -> int:
        return len(self._sent)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._sent

    def __repr__(self) -> str:
        return repr(self._sent)


@dataclass(frozen=True)
class Request:
    """One request that the server got; `status` is None where the answer was closed or cut."""

    method: str
    path: str
    query: str
    params: dict[str, list[str]]
    headers: Headers
    body: str
    status: int | None
    time: datetime


@dataclass(frozen=True)
class Content:
    """What a server serves: a list of organisations, a release, or neither: what it was started with."""

    organisations: str = ""
    """As JSON."""
    release: str = ""
    """An absolute path."""

    @classmethod
    def of(cls, organisations: Organisations | None, release: str | Path | None) -> "Content":
        """Return the content that arguments name; raises ValueError."""
        if organisations is not None and release is not None:
            raise ValueError("Name organisations or a release, not both")
        if organisations is not None:
            return cls(organisations=_json(list(organisations)))
        return cls(release=str(Path(release).absolute())) if release is not None else cls()


class Fault:
    """A fault on demand; as a context manager it ends with the block."""

    def __init__(self, controls: Controls, fault_id: int) -> None:
        self._controls, self._id, self._hits = controls, fault_id, 0

    @property
    def hits(self) -> int:
        """How many requests it has failed; once it has ended, how many it had when it was last looked at."""
        self._look()
        return self._hits

    def remove(self) -> None:
        """End the fault; nothing happens if it has ended already."""
        if self._look():
            self._controls.ask("DELETE", f"/faults/{self._id}")

    def __enter__(self) -> "Fault":
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def _look(self) -> bool:
        """Update the hits, and return whether the fault is still there."""
        found = [each for each in self._controls.ask("GET", "/faults") if each["id"] == self._id]
        self._hits = found[0]["hits"] if found else self._hits
        return bool(found)


@dataclass
class Server:
    """A running server."""

    url: str
    """The address, without a slash at the end."""
    content: Content = field(default_factory=Content, repr=False)
    """What `reset` loads, for a server that was not started by us."""

    def __post_init__(self) -> None:
        self._controls = Controls(self.url)

    @property
    def stu3(self) -> str:
        """The base address of FHIR STU3."""
        return f"{self.url}/STU3"

    @property
    def r4(self) -> str:
        """The base address of FHIR R4."""
        return f"{self.url}/R4"

    @property
    def ord(self) -> str:
        """The base address of ORD."""
        return f"{self.url}/ORD/2-0-0"

    @property
    def requests(self) -> list[Request]:
        """The requests of the test so far, oldest first."""
        return [
            Request(
                **each | {"headers": Headers(each["headers"]), "time": datetime.fromisoformat(each["time"])}
            )
            for each in self._controls.ask("GET", "/requests")
        ]

    def fail(self, **fault: Any) -> Fault:
        """Let requests fail.

        Which: `path` (a pattern), `method`, `times`, `after`. What happens: `status`, `retry_after`, `body`,
        `content_type`, `empty`, `delay`, `cut`, `close`. Raises ValueError for a wrong fault.
        """
        given = {key: value for key, value in fault.items() if value is not None}
        try:
            added = self._controls.ask("POST", "/faults", _json(given).encode())
        except Refused as error:
            raise ValueError(str(error)) from None
        return Fault(self._controls, added["id"])

    def load(self, *, organisations: Organisations | None = None, release: str | Path | None = None) -> None:
        """Swap the next release in: a list of organisations, or a file; raises ValueError for a bad one."""
        content = Content.of(organisations, release)
        if content == Content():
            raise ValueError("Name organisations or a release to load")
        try:
            self._send(content)
        except Refused as error:
            raise ValueError(str(error)) from None

    def reset(self) -> None:
        """Forget faults and requests, and make the first release live again."""
        self._controls.ask("POST", "/reset")
        if self.content != Content():
            self._send(self.content)

    def _send(self, content: Content) -> None:
        if content.release:
            self._controls.ask("POST", "/release", Path(content.release).read_bytes(), "application/zip")
        else:
            self._controls.ask("POST", "/organisations", content.organisations.encode())


def _json(value: Any) -> str:
    """Return JSON; raises ValueError for what cannot be JSON."""
    with suppress(TypeError):
        return json.dumps(value, sort_keys=True, allow_nan=False)
    raise ValueError(f"{value!r} has a value that is neither text, number, true, false, list nor object")
