"""The dearest requests of R4, in the same form as those of STU3 and ORD in dearest.py."""

from __future__ import annotations

from itertools import islice, product
from random import Random
from typing import TYPE_CHECKING

from tests.bench.dearest import (
    ALTERS,
    BISECTED,
    STORED,
    Dear,
    across,
    cities,
    other_days,
    pairs,
    roles,
    shuffled,
    spellings_of_a_city,
    types,
)
from tests.bench.r4 import AFFILIATIONS, BATCH, ORGANISATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.corpus import Corpus

TEXTS = 3  # alternatives of a ranked text
WORDS = (
    *("surgery", "care", "home", "school", "centre", "primary", "hospital", "road", "pharmacy", "house"),
    *("dental", "health", "clinic"),
)
PRIMARY = "primary-organization"
PARTICIPATING = "participating-organization"
OF_PRIMARY = f"_has:OrganizationAffiliation:{PRIMARY}:"
OF_PARTICIPATING = f"_has:OrganizationAffiliation:{PARTICIPATING}:"


def _about(_: Corpus) -> list[str]:
    """Days far apart in no order, near to which very many periods lie."""
    days = product(range(1990, 2027), range(1, 13), (3, 17))
    return shuffled([f"ap{year}-{month:02}-{day:02}" for year, month, day in days])


def _codes(corpus: Corpus) -> list[str]:
    """Organisations that relationships lead to, the boards first."""
    targets = (record.related[1] for record in corpus.records if record.related)
    return list(dict.fromkeys([*corpus.boards, *targets]))


def _texts() -> list[str]:
    """As many long texts as a search may have, of words that very many names hold, in any order."""
    orders = (" ".join(words) for words in _orders())
    return [",".join(islice(orders, TEXTS)) for _ in range(7 * BATCH)]


def _orders() -> Iterator[list[str]]:
    rng = Random(1)
    while True:
        yield rng.sample(WORDS, len(WORDS))


DAYS = [f"2026-{month:02}-01" for month in range(1, 9)]
THOUSAND = {"_count": "1000"}
REVERSE = "_revinclude=OrganizationAffiliation:"
MEMBERS = f"{ORGANISATIONS}/{{board}}/$members"
EVERY = "name,address,extension,identifier,active,type"
TWO_KEYS = {"_sort": "-_lastUpdated,name", "_offset": 368_000}
BY_DATE = {"_sort": "-date,-_lastUpdated", "_offset": 600_000}
DEAREST = (
    Dear("R4: 500 of address:contains", ORGANISATIONS, {"address:contains": pairs}),
    Dear("R4: 500 of address:contains, across words", ORGANISATIONS, {"address:contains": across}),
    Dear("R4: 500 of address:exact", ORGANISATIONS, {"address:exact": cities}),
    Dear("R4: 500 spellings of one address:exact", ORGANISATIONS, {"address:exact": spellings_of_a_city}),
    Dear("R4: 500 of name:contains, across words", ORGANISATIONS, {"name:contains": across}),
    Dear("R4: 3 long texts of _text", ORGANISATIONS, {"_text": _texts()}),
    Dear("R4: 3 long texts of _text, late page", ORGANISATIONS, {"_text": _texts(), "_offset": 900}),
    Dear(
        "R4: 3 long texts of _content, by name, half of all",
        ORGANISATIONS,
        {"_content": _texts(), "active": "true", "_sort": "-name"},
    ),
    Dear(
        "R4: all roles and 250 of lastChangeDate=ne, late page",
        ORGANISATIONS,
        {"lastChangeDate": other_days, "roleCode": roles, "activeRoleCode": roles} | TWO_KEYS,
    ),
    Dear(
        "R4: 500 of _lastUpdated=ne, two sort keys, late page",
        ORGANISATIONS,
        {"_lastUpdated": other_days} | TWO_KEYS,
    ),
    Dear(
        "R4: 1,000 organisations, two sort keys, late page, pretty XML",
        ORGANISATIONS,
        THOUSAND | TWO_KEYS | {"_format": "xml", "_pretty": "true"},
    ),
    Dear("R4: 1,000 organisations, _summary", ORGANISATIONS, THOUSAND | TWO_KEYS | {"_summary": "true"}),
    Dear(
        "R4: 1,000 organisations, _elements, XML",
        ORGANISATIONS,
        THOUSAND | TWO_KEYS | {"_elements": EVERY, "_format": "xml"},
    ),
    Dear(
        "R4: both _revinclude of 1,000 organisations, XML",
        f"{ORGANISATIONS}?{REVERSE}{PRIMARY}",
        THOUSAND
        | {"_revinclude": f"OrganizationAffiliation:{PARTICIPATING}", "_format": "xml"}
        | {"active": "true", "_offset": 100_000},
    ),
    Dear(
        "R4: both _include of 1,000 affiliations, XML",
        f"{AFFILIATIONS}?_include=OrganizationAffiliation:{PARTICIPATING}",
        THOUSAND | BY_DATE | {"_include": f"OrganizationAffiliation:{PRIMARY}", "_format": "xml"},
    ),
    Dear("R4: 500 of date=ap", AFFILIATIONS, {"date": _about}),
    Dear("R4: 500 of date=ap, two sort keys, late page", AFFILIATIONS, {"date": _about} | BY_DATE),
    Dear("R4: all of role, two sort keys, late page", AFFILIATIONS, {"role": types} | BY_DATE),
    Dear("R4: 500 of participating-organization", AFFILIATIONS, {PARTICIPATING: _codes, "_offset": 4_000}),
    Dear(
        "R4: 500 of primary-organization:identifier",
        AFFILIATIONS,
        {f"{PRIMARY}:identifier": _codes, "_offset": 200},
    ),
    Dear(
        "R4: 500 of primary-organization.address:contains",
        AFFILIATIONS,
        {f"{PRIMARY}.address:contains": across},
    ),
    Dear(
        "R4: 500 of primary-organization.name:contains, late page",
        AFFILIATIONS,
        {f"{PRIMARY}.name:contains": across} | BY_DATE,
    ),
    Dear(
        "R4: three chains of half of all, late page",
        AFFILIATIONS,
        {
            f"{PRIMARY}.active": "true",
            f"{PARTICIPATING}.active": "true",
            f"{PRIMARY}.lastChangeDate": other_days,
            "_sort": "-date",
            "_offset": 100_000,
        },
    ),
    Dear("R4: 500 of _has with date=ap", ORGANISATIONS, {f"{OF_PRIMARY}date": _about}),
    Dear(
        "R4: both _has, date=ap and all of role",
        ORGANISATIONS,
        {f"{OF_PRIMARY}date": _about, f"{OF_PARTICIPATING}role": types, "_sort": "-name"},
    ),
    Dear(
        "R4: $members of a board, all, depth=5",
        MEMBERS,
        {"depth": "5", "activeOnly": "false", "date": DAYS},
    ),
    Dear("R4: 1,000 of $members of a board, depth=5", MEMBERS, THOUSAND | {"depth": "5", "date": DAYS}),
    Dear(
        "R4: $ancestors of a board, all, depth=5",
        MEMBERS.replace("members", "ancestors"),
        {"depth": "5", "activeOnly": "false", "date": DAYS},
    ),
    Dear(
        "R4: $successors of a board",
        MEMBERS.replace("members", "successors"),
        {"activeOnly": "false", "date": DAYS},
    ),
    Dear("R4: $predecessors of a board", MEMBERS.replace("members", "predecessors"), {"date": DAYS}),
    Dear("R4: batch of 100 searches of date=ap", AFFILIATIONS, {"date": _about}, batch=BATCH),
    Dear("R4: batch of 100 searches of _text", ORGANISATIONS, {"_text": _texts()}, batch=BATCH),
    Dear("R4: batch of 100 searches with _has", ORGANISATIONS, {f"{OF_PRIMARY}date": _about}, batch=BATCH),
)

_NEVER = "no resource has the element: nothing is looked for"
_FEW = "there are some 120 resources of these types"
_OF_STU3 = "dearest.py has a request of the same field"
_AS_WITHOUT = "the same as without the type"
CHEAP = {
    **dict.fromkeys(("_id", "identifier"), "500 look-ups take 15 ms"),
    **dict.fromkeys(("name", "phonetic", "address-city", "address-country", "address-postalcode"), BISECTED),
    "address": f"{BISECTED} of each of four fields",
    **dict.fromkeys(("address-city:contains", "address-city:exact"), _OF_STU3),
    **dict.fromkeys(("address-postalcode:contains", "name:exact"), _OF_STU3),
    "address-postalcode:exact": "few share a postcode",
    **dict.fromkeys(("address-country:contains", "address-country:exact"), "there are few countries"),
    **dict.fromkeys(("type", ":missing", ":not"), STORED),
    "_profile": "all match or none",
    **dict.fromkeys(("_security", "_source", "_tag", "address-state", "address-use", "partof"), _NEVER),
    **dict.fromkeys(("email", "endpoint", "location", "network"), _NEVER),
    **dict.fromkeys(("phone", "service", "specialty", "telecom"), _NEVER),
    **dict.fromkeys(("status", "version", "url", "system", "code", "target", "content-mode"), _FEW),
    **dict.fromkeys(("abstract", "base", "derivation", "experimental", "kind", "reference"), _FEW),
    **dict.fromkeys(("context", "context-type", "context-type-value"), _NEVER),
    **{
        f"{name}{modifier}": _FEW
        for name in ("description", "publisher", "title", "value")
        for modifier in ("", ":contains", ":exact")
    },
    **dict.fromkeys((PRIMARY, f"{PARTICIPATING}:identifier", ":Organization"), "another form of a dear one"),
    **dict.fromkeys((f"{PRIMARY}:Organization.", f"{PARTICIPATING}:Organization."), _AS_WITHOUT),
    "relationship": "fewer are followed than without it",
    "mode": "has no effect",
    **dict.fromkeys(("_total", "_generation", "_totalMethod"), ALTERS),
}
"""Why no request here uses a parameter, a modifier or the start of a related parameter, by name."""
