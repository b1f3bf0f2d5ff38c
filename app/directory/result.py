"""One result of a lookup, and its place among the others."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from app.directory.fit import Fit
from app.directory.likeness import Document, Organisation


class Result(NamedTuple):
    """One organisation that was found, and how well it fits."""

    organisation: Organisation
    fit: Fit

    @property
    def document(self) -> Document:
        """The document `lookup` of the organisation."""
        return self.organisation.document

    @property
    def operator(self) -> str:
        """The code of its operator, or empty."""
        return operator(self.document)

    @property
    def place(self) -> tuple[Any, ...]:
        """The sort key of results: by fit, then active ones, by kind, shorter names, by code."""
        organisation, fit = self
        document = organisation.document
        return (
            fit.tier,
            -round(fit.share, 3),
            document["status"] != "active",
            organisation.precedence,
            len(document["name"]),
            document["code"],
        )


def parents(results: Iterable[Result]) -> set[str]:
    """Return the codes of the parents of results."""
    return {result.document["parent"]["code"] for result in results if "parent" in result.document}


def operator(document: Document) -> str:
    """Return the code of the operator of an organisation, or empty; `document` is its document `lookup`."""
    parent = document.get("parent", {})
    return str(parent["code"]) if parent.get("relationship") == "RE6" else ""
