"""Some hundred searches made up from what the register holds, each compared with a second reading of it."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.interfaces.helpers import query, walk
from tests.interfaces.oracle import codes, contains, equals, fold, has_role, register, spaced, starts

ORGANISATIONS = list(register().values())
ALLOWED = {
    "name": lambda c: c.isalnum() or c in "&()'+-_./:@,;\"[]’! ",
    "town": lambda c: c.isalpha() or c in " ,.'-’",
    "postcode": lambda c: c.isascii() and (c.isalnum() or c == " "),
}
LENGTHS = {"name": (3, 100), "town": (3, 75), "postcode": (2, 8)}
NAMES = {"name": "name", "town": "address-city", "postcode": "address-postalcode"}

organisations = st.sampled_from(ORGANISATIONS)


def escaped(value):
    return "".join(f"\\{c}" if c in ",$|\\" else c for c in value)


@st.composite
def texts(draw, field, pool):
    """A text of a field, a start or a part of one, in any case: a pair, and who it matches."""
    least, most = LENGTHS[field]
    whole = [
        each
        for org in draw(st.lists(pool, min_size=1, max_size=2))
        if len(each := getattr(org, field)) >= least
    ]
    modifier = draw(st.sampled_from(["", ":contains", ":exact"]))
    values = []
    for text in whole:
        start = draw(st.integers(0, len(text) - least)) if modifier == ":contains" else 0
        end = draw(st.integers(start + least, len(text)))
        part = (text if modifier == ":exact" else text[start:end]).strip()
        if least <= len(part) <= most and all(map(ALLOWED[field], part)):
            change = str if modifier == ":exact" else draw(st.sampled_from([str, str.lower, str.title]))
            without = field == "postcode" and modifier != ":exact" and draw(st.booleans())
            values.append(change(part).replace(" ", "") if without else change(part))
    if not values:
        return (f"{NAMES[field]}{modifier}", ""), lambda org: True
    prepared = [spaced(value) if field == "postcode" else value for value in values]
    compare = {"": starts, ":contains": contains, ":exact": equals}[modifier]
    tests = [compare(field, value) for value in (values if modifier == ":exact" else prepared)]
    return (f"{NAMES[field]}{modifier}", ",".join(map(escaped, values))), lambda org: any(
        t(org) for t in tests
    )


@st.composite
def tokens(draw, pool):
    """A token parameter, perhaps negated, and who it matches."""
    name = draw(st.sampled_from(["_id", "identifier", "active", "ods-org-role"]))
    negated = draw(st.sampled_from([False, False, True]))
    if name == "active":
        values = ["true" if draw(pool).active else "false"]
        tests = [equals("active", values == ["true"])]
    elif name == "ods-org-role":
        roles = pool.flatmap(lambda org: st.sampled_from(org.roles)).map(lambda role: role[0])
        values = draw(st.lists(roles, min_size=1, max_size=3))
        tests = [has_role(value) for value in values]
    else:
        values = [org.code for org in draw(st.lists(pool, min_size=1, max_size=3))]
        tests = [equals("code", value) for value in values]
        values = [draw(st.sampled_from([value, value.lower()])) for value in values]
    pair = (f"{name}:not" if negated else name, ",".join(values))
    return pair, lambda org: any(test(org) for test in tests) != negated


@st.composite
def dates(draw, pool):
    """A date of change at some precision, and who it matches."""
    day = draw(pool).changed[: draw(st.sampled_from([4, 7, 10]))]
    prefix = draw(st.sampled_from(["", "ne", "gt", "ge", "lt", "le", "sa", "eb"]))
    compare = {
        "": lambda at: at == day,
        "ne": lambda at: at != day,
        "gt": lambda at: at > day,
        "sa": lambda at: at > day,
        "ge": lambda at: at >= day,
        "lt": lambda at: at < day,
        "eb": lambda at: at < day,
        "le": lambda at: at <= day,
    }[prefix]
    return ("_lastUpdated", prefix + day), lambda org: compare(org.changed[: len(day)])


@st.composite
def orders(draw):
    """A _sort, and what sorts the same."""
    keys = draw(st.lists(st.sampled_from(["_id", "_lastUpdated", "name"]), max_size=3, unique=True))
    signs = [draw(st.sampled_from(["", "-"])) for _ in keys]
    value = {
        "_id": lambda org: org.code,
        "_lastUpdated": lambda org: org.changed,
        "name": lambda org: fold(org.name).upper(),
    }

    def arrange(found):
        for key, sign in reversed(list(zip(keys, signs, strict=True))):
            found.sort(key=lambda code: value[key](register()[code]), reverse=sign == "-")
        return found

    return ("_sort", ",".join(f"{sign}{key}" for key, sign in zip(keys, signs, strict=True))), arrange


@st.composite
def filters(draw):
    """Some parameters, most of them true of one organisation, so that something is found as a rule."""
    pool = st.one_of(*[st.just(draw(organisations))] * 5, organisations)
    return draw(
        st.lists(
            st.one_of(*(texts(f, pool) for f in NAMES), tokens(pool), dates(pool)), min_size=2, max_size=4
        )
    )


@settings(
    max_examples=200,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    filters(),
    orders(),
    st.integers(5, 20),
)
def test_a_made_up_search_finds_what_a_second_reading_of_the_release_finds(client, chosen, order, count):
    pairs, tests = zip(*chosen, strict=True)
    sort, arrange = order
    expected = arrange(codes(lambda org: all(test(org) for test in tests)))
    size = count if len(expected) < 100 else 20
    assert walk(client, query(*pairs, sort, ("_count", str(size)))) == expected
