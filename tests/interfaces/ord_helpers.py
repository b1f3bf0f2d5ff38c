"""How the tests of ORD ask, and what they demand of its errors."""

import json

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.interfaces import ord_oracle as oracle
from tests.interfaces.helpers import ask
from tests.interfaces.ord_oracle import Answer
from tests.interfaces.ord_release import ORD


def get(client: FlaskClient, target: str, **headers: str) -> Answer:
    """Ask for a target under ORD; headers have underscores for their hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer.of(ask(client, ORD + target, headers=named))


def is_error(response: TestResponse, status: int, text: str | None = None) -> None:
    """Demand an error of ORD, to the byte; without a text, of some text."""
    if text is None:
        text = json.loads(response.data)["errorText"]
        assert text
    assert Answer.of(response) == oracle.error(status, text)
