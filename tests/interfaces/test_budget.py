"""The time for a request is its own: nothing of it is left behind for what the thread does next."""

from app.engine.port import asked_at
from tests.interfaces.helpers import ask


def test_a_request_leaves_no_deadline_behind(client) -> None:
    for target in ("Organization/RR8", "Organization?nam=x", "nowhere"):
        ask(client, target)
        assert asked_at.get(None) is None
