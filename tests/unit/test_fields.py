"""The table of fields is one that both engines can make their schemas from."""

import re

import pytest

from app.register.fields import KINDS, Kind, Type
from app.register.query import Clause, Operator, Query
from app.register.query import Test as Comparison
from app.register.text import fold


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_names_are_plain_and_used_once(kind: Kind) -> None:
    names = [
        kind.name,
        *(field.name for field in kind.fields),
        *(document.name for document in kind.documents),
    ]
    assert all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in names)
    assert len({field.name for field in kind.fields}) == len(kind.fields)
    assert "id" not in names
    assert kind.documents


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_form_of_a_text_folds_what_folding_folds(kind: Kind) -> None:
    for field in kind.of(Type.TEXT):
        assert field.form(" Straße  Café ") == fold("Straße Café")


def test_fields_of_types_keep_the_order_of_the_table() -> None:
    kind = KINDS["organisation"]
    assert sorted(field.name for type_ in Type for field in kind.of(type_)) == sorted(
        field.name for field in kind.fields
    )
    assert kind.of(*Type) == kind.fields


def test_queries_that_ask_the_same_are_equal_and_can_be_remembered() -> None:
    def query() -> Query:
        ranges = Clause((Comparison("last_change", Operator.RANGE, (None, 5)),), negated=True)
        return Query("organisation", (Clause((Comparison("name", Operator.EQ, "X"),)), ranges))

    assert query() == query()
    assert hash(query()) == hash(query())
