"""What a load stores of the levels of organisations is what the server finds, until the day that it says."""

from collections.abc import Iterable
from contextlib import closing
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.directory.bodies import Bodies
from app.directory.settled import FIELDS, settled_of
from app.engine.temporary import Spool
from indexer.belonging import held, lived
from indexer.documents import ord as ord_
from indexer.levels import Levels, Terms
from indexer.merge import Above, Merge, Precedence
from indexer.organisation import Organisation
from indexer.placing import placing
from indexer.report import Hindered
from tests.made import Made
from tests.unit.test_levels_oracle import CODES, DAYS, registers
from tests.unit.test_levels_oracle import PUBLISHED as OF_ORACLE

PUBLISHED = "2025-12-11"
COMPLETE = Precedence(True, True, "", "")


def stored(register: Iterable[Organisation], day: str, published: str = PUBLISHED) -> dict[str, Terms]:
    """Return the terms of each organisation that a load on a day stores, without those that are empty."""
    with closing(Spool(Hindered)) as spool:
        merge = Merge(spool)
        for each in register:
            life = lived(each, published)
            place = placing(each, life, ord_.record(each), published, day)
            merge.offer(each.code, COMPLETE, 0, 0, Above(held(each, life, published), place))
        levels = Levels(merge, published, day)
        return {each.code: levels.terms(each.code) for each in register}


def shown(register: Iterable[Organisation], day: str, published: str = PUBLISHED) -> dict[str, Any]:
    """Return what the server finds on a day, in the same form."""
    codes = [each.code for each in register]
    found = settled_of(Bodies(Made(register, published)), codes, day)
    return {
        code: {FIELDS[key]: (entry.code,) for key, entry in levels.items()}
        for code, levels in zip(codes, found, strict=True)
    }


def without_day(terms: Terms) -> Terms:
    return {name: codes for name, codes in terms.items() if name != "levels_until"}


@settings(max_examples=500)
@given(registers, st.sampled_from(DAYS))
def test_a_load_stores_the_levels_of_its_day_and_no_longer_than_they_hold(
    register: tuple[Organisation, ...], day: str
) -> None:
    found = stored(register, day, OF_ORACLE)
    for later in (each for each in DAYS if each >= day):
        expected = shown(register, later, OF_ORACLE)
        for code in CODES:
            until = found[code].get("levels_until", ("9999-12-31",))[0]
            assert until > day
            if later < until:
                assert without_day(found[code]) == expected[code], (code, later)
