"""Finds organisations by a text, with the ranking of lookups (fhir-r4 15.4)."""

from app.directory.filters import Filters
from app.directory.ranking import best
from app.engine.port import Register
from app.fhir.ranked import MOST, Best
from app.register.query import Clause


def organisations(register: Register, text: str, clauses: tuple[Clause, ...], wanted: int) -> Best:
    """Return the organisations that are found among those that match the clauses, the best first."""
    answer = best(register, text, Filters(others=clauses), MOST, wanted)
    return Best({result.document["code"]: result.fit.score for result in answer.results}, answer.total)
