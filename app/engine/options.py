"""What an operator may say of an index, beside its URL."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class EngineOptions:
    """How generations are kept, and how a server that keeps them is talked to."""

    keep: int = 2
    """Generations that outlive a load, the live one included."""
    api_key: str = field(default="", repr=False)
    ca_certs: str = ""
    """A file of certificates that the server's is checked against; empty: the system's."""
    timeout: float = 5.0
    """Seconds in which a request is answered, however often the server is asked for it."""
    shards: int = 1
    replicas: int | None = None
    """None: one as soon as there is a second node."""


DEFAULTS = EngineOptions()
