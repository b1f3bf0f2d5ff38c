"""The links of a sync: one body without a limit, so it is written in pieces while it is sent (ord 6)."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from app.ord.xml import DECLARATION
from app.web.message import segment

_AT_ONCE = 1_000
"""Links of one piece."""


@dataclass(frozen=True)
class Links:
    """A list of links to records, all of them ASCII."""

    codes: Sequence[str]
    """Ready to stand in an address."""
    opening: str
    before: str
    """What stands before each code."""
    after: str
    between: str
    """What stands between two rows."""
    closing: str

    def __len__(self) -> int:
        """Return the bytes of the whole body."""
        count = len(self.codes)
        rows = count * len(self.before + self.after) + max(count - 1, 0) * len(self.between)
        return len(self.opening) + rows + sum(map(len, self.codes)) + len(self.closing)

    def pieces(self) -> Iterator[bytes]:
        """Yield the body."""
        yield self.opening.encode("ascii")
        glue = self.after + self.between + self.before
        for at in range(0, len(self.codes), _AT_ONCE):
            rows = glue.join(self.codes[at : at + _AT_ONCE])
            yield f"{self.between if at else ''}{self.before}{rows}{self.after}".encode("ascii")
        yield self.closing.encode("ascii")


def links(base: str, codes: Sequence[str], *, xml: bool) -> Links:
    """Return the list of links to the records of some codes, below the public address of the interface."""
    ready = list(map(segment, codes))
    if xml:
        before = f"<Organisation><OrgLink>{escape(base)}/organisations/"
        after = "?_format=xml</OrgLink></Organisation>"
        return Links(ready, f"{DECLARATION}<Organisations>", before, after, "", "</Organisations>")
    before = f'{{"OrgLink": {json.dumps(f"{base}/organisations/")[:-1]}'
    return Links(ready, '{"Organisations": [', before, '"}', ", ", "]}")
