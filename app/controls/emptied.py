"""An index in which searches find nothing while the current request has a fault that asks for it."""

from collections.abc import Collection, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

from app.engine.port import Counts, Index, Register
from app.register.query import Clause, Page, Query

emptied: ContextVar[bool] = ContextVar("emptied", default=False)
"""Whether searches of the current request find nothing."""


def emptiable(index: Index) -> Index:
    """Return an index that gives emptied registers to the requests that ask for it."""
    return cast("Index", _EmptiableIndex(index))


@dataclass(frozen=True)
class _EmptiedRegister:
    """A register in which searches find nothing; all else is that of the register behind it."""

    register: Register

    def __getattr__(self, name: str) -> Any:
        return getattr(self.register, name)

    def search(self, query: Query, _document: str | None) -> Page:
        """Return a page without matches."""
        return Page([], 0 if query.total else None, more=False)

    def searches(
        self, queries: Sequence[Query], document: str | None, _ahead: Collection[str] = ()
    ) -> list[Page]:
        """Return a page without matches for each query."""
        return [self.search(query, document) for query in queries]

    def counts(self, _kind: str, _clauses: tuple[Clause, ...], fields: Sequence[str]) -> dict[str, Counts]:
        """Return no counts."""
        return {field: {} for field in fields}


@dataclass(frozen=True)
class _EmptiableIndex:
    """An index behind which each request finds the register, or the emptied one."""

    index: Index

    def __getattr__(self, name: str) -> Any:
        return getattr(self.index, name)

    def live(self) -> Register:
        """Return the live generation."""
        return _seen(self.index.live())

    def kept(self, name: str) -> Register:
        """Return a generation by its name."""
        return _seen(self.index.kept(name))


def _seen(register: Register) -> Register:
    return cast("Register", _EmptiedRegister(register)) if emptied.get() else register
