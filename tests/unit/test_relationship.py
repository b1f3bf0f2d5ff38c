"""Relationships as terms: what is asked of one and the same relationship finds it, and no mixture of two."""

from hypothesis import given
from hypothesis import strategies as st

from app.register.relationship import STATUSES, asked, terms, value

ids = st.sampled_from(["RE3", "RE4", "RE4/X", "RE6"])
codes = st.sampled_from(["RR8", "QWO", "15F", "X RR8"])
relationships = st.tuples(st.sampled_from(STATUSES), ids, codes)


@given(
    held=st.lists(relationships, max_size=4),
    statuses=st.sampled_from([("Active",), ("Inactive",), STATUSES]),
    types=st.lists(st.sampled_from(["RE3", "RE4", "RE9"]), max_size=2),
    target=st.sampled_from(["", "RR8", "QWO"]),
)
def test_a_record_is_found_where_one_relationship_is_all_that_was_asked(
    held: list[tuple[str, str, str]], statuses: tuple[str, ...], types: list[str], target: str
) -> None:
    found = {term for relationship in held for term in terms(value(*relationship))}
    expected = any(
        status in statuses and (not types or type_id in types) and target in {"", code}
        for status, type_id, code in held
    )
    assert (not found.isdisjoint(asked(statuses, types, [target] if target else []))) is expected
