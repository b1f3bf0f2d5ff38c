"""One XML file of a release, as a stream that keeps every limit on hostile input.

Sizes declared in zips are not believed: bytes are counted as they come out.
"""

import hashlib
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from indexer.report import Refused, printable, refusal, unreadable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_MEMBER = 4 << 30
MAX_RELEASE = 8 << 30
MAX_RATIO = 200

ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass
class Budget:
    """Counts the unpacked bytes of a release; reading a member again does not count again."""

    reached: dict[int, int] = field(default_factory=dict)

    def spend(self, member: int, position: int, label: str) -> None:
        """Note that a member was read up to a position; raises Refused beyond the limit of a release."""
        if position > self.reached.get(member, 0):
            self.reached[member] = position
            if sum(self.reached.values()) > MAX_RELEASE:
                raise refusal(label, f"the release is larger than {MAX_RELEASE:,} bytes")


@dataclass(eq=False)
class Member:
    """One file that may be XML: ``label`` for people, ``around`` the name of the zip it is in.

    ``size`` is the declared size: not reliable, use it for progress only. ``packed`` is the size in the zip.
    ``sha256`` is set, in hex, when the member has been read to its end.
    """

    label: str
    name: str
    around: str
    size: int
    number: int
    packed: int | None
    raw: Callable[[], IO[bytes]]
    budget: Budget
    sha256: str = ""

    def open(self) -> "Stream":
        """Open the raw bytes; reading raises Refused if they are damaged, encrypted or over a limit."""
        try:
            return Stream(self, self.raw())
        except ZIP_FAULTS as fault:
            raise damaged(self.label, fault) from None


class Stream(io.RawIOBase):
    """The unpacked bytes of a member; counts and hashes them, and enforces the limits."""

    def __init__(self, member: Member, source: IO[bytes]) -> None:
        super().__init__()
        self._member = member
        self._source = source
        self._digest = hashlib.sha256()
        self._position = 0

    def readable(self) -> bool:
        """Return True: io requires it of a stream that can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read some bytes; raises Refused if they are damaged or over a limit."""
        member = self._member
        view = memoryview(buffer)
        try:
            data = self._source.read(len(view))
        except ZIP_FAULTS as fault:
            raise damaged(member.label, fault) from None
        if not data:
            member.sha256 = self._digest.hexdigest()
            return 0
        self._position += len(data)
        if self._position > MAX_MEMBER:
            raise refusal(member.label, f"it is larger than {MAX_MEMBER:,} bytes, the limit of one member")
        if member.packed is not None and self._position > MAX_RATIO * max(member.packed, 1):
            raise refusal(member.label, f"it unpacks to more than {MAX_RATIO} times its size in the zip")
        member.budget.spend(member.number, self._position, member.label)
        self._digest.update(data)
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the file below as well."""
        self._source.close()
        super().close()


def damaged(label: str, fault: Exception) -> Refused:
    """Return the error text for a file or a member of a zip that cannot be read."""
    text = str(fault)
    if isinstance(fault, NotImplementedError):
        return refusal(label, f"its compression is not one that can be read ({printable(text)})")
    if isinstance(fault, RuntimeError) and ("encrypt" in text or "password" in text):
        return refusal(label, "it is encrypted")
    if isinstance(fault, zipfile.BadZipFile) and "CRC" in text:
        return refusal(label, "its CRC is wrong: the zip is damaged")
    if isinstance(fault, EOFError):
        return refusal(label, "the zip is truncated")
    if isinstance(fault, OSError) and fault.strerror:
        return unreadable(label, fault)
    return refusal(label, f"the zip is damaged or truncated ({printable(text) or type(fault).__name__})")
