"""The body of a sync (ord 6): its size has no limit, so it is sent in pieces."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from app.ord.xml import DECLARATION
from app.web.message import segment

_AT_ONCE = 1_000
"""Links in one piece."""


@dataclass(frozen=True)
class Links:
    """The parts of a body that lists links to records; all of them are ASCII."""

    codes: Sequence[str]
    """Percent-encoded."""
    opening: str
    before: str
    """The text before each code."""
    after: str
    between: str
    """The text between two rows."""
    closing: str

    def __len__(self) -> int:
        """Return the length of the whole body in bytes."""
        count = len(self.codes)
        rows = count * len(self.before + self.after) + max(count - 1, 0) * len(self.between)
        return len(self.opening) + rows + sum(map(len, self.codes)) + len(self.closing)

    def pieces(self) -> Iterator[bytes]:
        """Yield the body in pieces."""
        yield self.opening.encode("ascii")
        glue = self.after + self.between + self.before
        for at in range(0, len(self.codes), _AT_ONCE):
            rows = glue.join(self.codes[at : at + _AT_ONCE])
            yield f"{self.between if at else ''}{self.before}{rows}{self.after}".encode("ascii")
        yield self.closing.encode("ascii")


def links(base: str, codes: Sequence[str], *, xml: bool) -> Links:
    """Return the links to the records of `codes`; `base` is the public address of the interface."""
    ready = list(map(segment, codes))
    if xml:
        before = f"<Organisation><OrgLink>{escape(base)}/organisations/"
        after = "?_format=xml</OrgLink></Organisation>"
        return Links(ready, f"{DECLARATION}<Organisations>", before, after, "", "</Organisations>")
    before = f'{{"OrgLink": {json.dumps(f"{base}/organisations/")[:-1]}'
    return Links(ready, '{"Organisations": [', before, '"}', ", ", "]}")
