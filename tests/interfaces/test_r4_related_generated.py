"""Chains and `_has` made up from what the register holds, each compared with a second reading of it."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.interfaces.helpers import query
from tests.interfaces.ord_release import fold
from tests.interfaces.r4_relations import holds, ids, matches, register, relationships

ORGANISATIONS = list(register().values())
ENDS = {"primary-organization": "source", "participating-organization": "target"}
ROLES = sorted({role["id"] for each in ORGANISATIONS for role in each.record["Roles"]["Role"]})

organisations = st.sampled_from(ORGANISATIONS)


def escaped(value):
    return "".join(f"\\{char}" if char in ",$|\\" else char for char in value)


@st.composite
def descriptions(draw):
    """A parameter of an organisation, its value, and which organisations it describes."""
    org = draw(organisations)
    name, start = org.record["Name"], draw(st.integers(1, 12))
    part = name[draw(st.integers(0, max(0, len(name) - 3))) :][:4].strip()
    day = org.record["LastChangeDate"][: draw(st.sampled_from([4, 7, 10]))]
    some = draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=3))
    return draw(
        st.sampled_from(
            [
                ("name", escaped(name[:start]), lambda o: o.name.startswith(fold(name[:start]))),
                ("name:contains", escaped(part), lambda o: fold(part) in o.name),
                ("name:exact", escaped(name), lambda o: o.record["Name"] == name),
                ("_id", org.code, lambda o: o.code == org.code),
                ("_id:not", org.code, lambda o: o.code != org.code),
                ("roleCode", ",".join(some), lambda o: any(holds(o, role) for role in some)),
                ("roleCode:not", ",".join(some), lambda o: not any(holds(o, role) for role in some)),
                ("activeRoleCode", some[0], lambda o: holds(o, some[0], active=True)),
                ("active", "true", lambda o: o.record["Status"] == "Active"),
                ("lastChangeDate", f"gt{day}", lambda o: o.record["LastChangeDate"][: len(day)] > day),
                ("lastChangeDate", day, lambda o: o.record["LastChangeDate"].startswith(day)),
                ("address-postalcode:missing", "true", lambda o: not o.postcode),
            ]
        )
    )


@st.composite
def relations(draw):
    """A parameter of a relationship, its value, and which relationships it describes."""
    one = draw(st.sampled_from(relationships()))
    other = draw(st.sampled_from(relationships()))
    types = sorted({one.type, other.type})
    return draw(
        st.sampled_from(
            [
                ("role", ",".join(types), lambda each: each.type in types),
                ("role:not", one.type, lambda each: each.type != one.type),
                ("active", str(one.status == "Active").lower(), lambda each: each.status == one.status),
                ("primary-organization", one.source, lambda each: each.source == one.source),
                (
                    "participating-organization",
                    f"Organization/{one.target},{other.target}",
                    lambda each: each.target in {one.target, other.target},
                ),
                ("_id", f"{one.id},{other.id}", lambda each: each.id in {one.id, other.id}),
                ("identifier", one.id, lambda each: each.id == one.id),
            ]
        )
    )


def made_up(test):
    options = {"derandomize": True, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
    return settings(max_examples=100, **options)(test)


@made_up
@given(
    st.lists(st.tuples(st.sampled_from(sorted(ENDS)), descriptions()), min_size=1, max_size=3),
    st.lists(relations(), max_size=1),
)
def test_made_up_chains_find_what_a_second_reading_of_the_release_finds(client, chains, others):
    pairs = [(f"{parameter}.{name}", value) for parameter, (name, value, _) in chains]
    pairs += [(name, value) for name, value, _ in others]
    expected = [
        each
        for each in relationships()
        if all(describes(register()[getattr(each, ENDS[parameter])]) for parameter, (*_, describes) in chains)
        and all(describes(each) for *_, describes in others)
    ]
    assert matches(client, f"OrganizationAffiliation?{query(*pairs)}") == ids(expected)


@made_up
@given(
    st.lists(st.tuples(st.sampled_from(sorted(ENDS)), relations()), min_size=1, max_size=3),
    st.lists(descriptions(), max_size=1),
)
def test_made_up_has_finds_what_a_second_reading_of_the_release_finds(client, having, others):
    start = "_has:OrganizationAffiliation"
    pairs = [(f"{start}:{parameter}:{name}", value) for parameter, (name, value, _) in having]
    pairs += [(name, value) for name, value, _ in others]
    expected = {code for code, each in register().items() if all(test(each) for *_, test in others)}
    for parameter, (*_, describes) in having:
        expected &= {getattr(each, ENDS[parameter]) for each in relationships() if describes(each)}
    assert matches(client, f"Organization?{query(*pairs)}") == sorted(expected)
