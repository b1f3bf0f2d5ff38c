"""A client of the register, in a package whose name is that of the server's own."""

import json
from urllib.request import Request, urlopen


def organisation(base: str, code: str) -> dict:
    """Return an organisation."""
    with urlopen(Request(f"{base}/Organization/{code}", headers={"Apikey": "secret"}), timeout=60) as answer:
        return json.load(answer)


def found(base: str, name: str) -> int:
    """Return how many organisations have a name."""
    with urlopen(f"{base}/Organization?name={name}&_summary=count", timeout=60) as answer:
        return int(json.load(answer)["total"])
