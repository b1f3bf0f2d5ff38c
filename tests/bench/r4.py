"""Classes of requests of R4. Their limits are multiples of the empty route."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from tests.bench.report import Times
from tests.bench.traffic import (
    Target,
    TrafficClass,
    contains_broad,
    name_prefix,
    postcode,
    reads,
    records,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tests.bench.corpus import Corpus

R4 = "/R4"
ORGANISATIONS = f"{R4}/Organization"
AFFILIATIONS = f"{R4}/OrganizationAffiliation"
REFERENCES = ("primary-organization", "participating-organization")
SYSTEM = "https://fhir.nhs.uk/Id/ods-organization-code"
BATCH = 100  # entries of a batch, at most

READ = Target(Times(1.6), Times(6))
SEARCH = Target(Times(3), Times(12))
INCLUDED = Target(Times(8), Times(30))
RELATED = Target(Times(12), Times(60))
MEMBERS = Target(Times(40), Times(150))
DEEP = Target(Times(4), Times(15))
BATCHED = Target(Times(60))

_BROAD_TYPES = ("RE4", "RE5", "RE6")
"""Types of which a full register has more than 100,000 affiliations each."""


def _identifier(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for record in records(corpus, rng):
        yield {"identifier": rng.choice((record.code, f"{SYSTEM}|{record.code}"))}


def _active_role(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    """A role that is held, and a page from any of the first matches on."""
    for record in records(corpus, rng):
        yield {"activeRoleCode": f"RO{rng.choice(record.roles)}", "_offset": str(rng.randrange(40))}


def _combined(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    """A name, a role and a district, together with others."""
    for record in records(corpus, rng):
        role = {"roleCode": f"RO{record.primary}"}
        district = {"address-postalcode": record.postcode.split(" ")[0]}
        word = {"name:contains": max(record.name.split(), key=len).lower().replace(",", "")}
        state = {"active": str(record.active).lower()}
        yield rng.choice((word | role, district | role, word | district | state, role | district | state))


def _included(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    """Twenty affiliations, each with one of its organisations."""
    for _ in records(corpus, rng):
        reference = rng.choice(REFERENCES)
        yield {
            "role": rng.choice(("RE5", "RE6")),
            "_offset": str(rng.randrange(max(1, corpus.count // 2))),
            "_include": f"OrganizationAffiliation:{reference}",
        }


def _has(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    """Organisations that have any of very many affiliations."""
    for record in records(corpus, rng):
        of = f"_has:OrganizationAffiliation:{rng.choice(REFERENCES)}"
        broad = {f"{of}:role": rng.choice(_BROAD_TYPES)}
        yield rng.choice(
            (
                broad | {"address-postalcode": record.postcode.split(" ")[0]},
                broad | {"_offset": str(rng.randrange(200))},
                {f"{of}:date": f"ge{_day(rng)}"},
            )
        )


def _chained(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    """Affiliations of very many organisations."""
    for values in contains_broad(corpus, rng):
        reference = rng.choice(REFERENCES)
        role, state = f"RO{rng.choice(corpus.records).primary}", rng.choice(("true", "false"))
        (piece,) = values.values()
        yield rng.choice(
            (
                {f"{reference}.name:contains": piece, "role": rng.choice(_BROAD_TYPES)},
                {f"{reference}.activeRoleCode": role, "_offset": str(rng.randrange(200))},
                {f"{reference}.active": state, "date": f"le{_day(rng)}"},
            )
        )


def _day(rng: Random) -> date:
    return date(2015, 1, 1) + timedelta(days=rng.randrange(3_000))


def _members(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    """All organisations of an integrated care board, on another day each time."""
    while True:
        yield {"": f"{rng.choice(corpus.boards)}/$members", "depth": "3", "date": str(_day(rng))}


def _last_pages(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    while True:  # replaced by deep_pages() once the total is known
        yield {"_offset": str(rng.randrange(corpus.count * 9 // 10))}


CLASSES = (
    TrafficClass("R4: read by code", READ, 10, reads, ORGANISATIONS),
    TrafficClass("R4: name", SEARCH, 5, name_prefix, ORGANISATIONS),
    TrafficClass("R4: identifier", SEARCH, 3, _identifier, ORGANISATIONS),
    TrafficClass("R4: address-postalcode", SEARCH, 2, postcode, ORGANISATIONS),
    TrafficClass("R4: activeRoleCode", SEARCH, 2, _active_role, ORGANISATIONS),
    TrafficClass("R4: two or three filters", SEARCH, 2, _combined, ORGANISATIONS),
    TrafficClass("R4: _include of 20", INCLUDED, 1, _included, AFFILIATIONS),
    TrafficClass("R4: _has, over 100,000 affiliations", RELATED, 1, _has, ORGANISATIONS),
    TrafficClass("R4: chains, over 100,000 affiliations", RELATED, 1, _chained, AFFILIATIONS),
    TrafficClass("R4: $members of a board, depth=3", MEMBERS, 0, _members, ORGANISATIONS),
    TrafficClass("R4: last pages of everything", DEEP, 1, _last_pages, ORGANISATIONS, late="_offset"),
    TrafficClass("R4: batch of 100 reads", BATCHED, 0, reads, ORGANISATIONS, batch=BATCH),
)
"""Operations and batches, of which one costs as much as very many reads, are no part of the mixed load."""
