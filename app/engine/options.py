"""The options of an index, apart from its URL."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class EngineOptions:
    """How many generations are kept, and how to reach and set up Elasticsearch."""

    keep: int = 2
    """Number of generations kept after a load, the live one included."""
    ahead: bool = False
    """Whether what many searches need is read as soon as a generation is opened: in servers."""
    api_key: str = field(default="", repr=False)
    ca_certs: str = ""
    """A file of CA certificates to check the server's certificate; empty: the system's."""
    timeout: float = 5.0
    """Seconds that all calls to the server for one request may take together."""
    shards: int = 1
    replicas: int | None = None
    """None: one as soon as there is a second node."""


DEFAULTS = EngineOptions()
