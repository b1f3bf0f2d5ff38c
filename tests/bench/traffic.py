"""Classes of requests: what is asked of a server, with values drawn from the release it serves.

Here are those of STU3, ORD and the lookup; r4.py and terminology.py have those of R4.

Each class asks for other values every time, so that no answer comes from a cache of totals or pages.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from tests.bench.client import Request
from tests.bench.report import Times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.bench.corpus import Corpus, Sampled

    Values = Callable[[Corpus, Random], Iterator[dict[str, str]]]

BASE = "/STU3/Organization"
ORD = "/ORD/2-0-0/organisations"
LOOKUP = "/lookup"
PAGE = 20  # entries of a page
ROWS = 1_000  # of a file


@dataclass(frozen=True, slots=True)
class Target:
    """Limits of the embedded engine: what must hold and what is aimed at, if anything.

    They are milliseconds, or multiples of the empty route.
    """

    p50: tuple[float, float | None] | Times
    p99: tuple[float, float | None] | Times | None = None


READ = Target((2, 1), (10, 3))
SEARCH = Target((5, 2), (25, 10))
BROAD = Target((25, 10))
TWO_BROAD = Target((60, 25))
ORD_READ = Target((2, None))
ORD_SEARCH = Target((5, None), (25, None))
ORD_BROAD = Target((10, None))
ORD_RELATED = Target((25, None))
ORD_THOUSAND = Target((60, None))
DEEP = Target((10, 10))
LOOKED_UP = Target(Times(12), Times(60))
LEVELS_OF_ONE = Target(Times(5))
LEVELS_OF_FILE = Target(Times(300))
PAGE_OF_ONE = Target(Times(20))


@dataclass(frozen=True, slots=True)
class TrafficClass:
    """A class: its name in the report, its target, its share of the mixed load, and its values."""

    name: str
    target: Target
    share: int
    values: Values
    base: str = BASE
    late: str = ""
    """For the last pages of everything: the parameter that says which page it is."""
    batch: int = 0
    """GET requests in a batch; 0: each is sent by itself."""
    as_inputs: bool = False
    """Whether the values are sent by POST, as the inputs of an operation."""
    as_file: bool = False
    """Whether the values are sent by POST, as columns of a CSV file, whose cells are a line each."""


def _plain(text: str) -> str:
    """A text as the value of a FHIR string parameter."""
    return text.replace("\\", "").replace(",", "\\,")


def records(corpus: Corpus, rng: Random) -> Iterator[Sampled]:
    """Records in random order, without end."""
    while True:
        yield rng.choice(corpus.records)


def fragments(corpus: Corpus, rng: Random) -> list[str]:
    """Pieces of broad words, each of which therefore stands in thousands of names."""
    pieces = {
        word[start:end].lower()
        for word in corpus.broad
        for start in range(len(word) - 3)
        for end in range(start + 4, len(word) + 1)
    }
    found = sorted(pieces)
    rng.shuffle(found)
    return found


def reads(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for record in records(corpus, rng):
        yield {"": record.code}


def _coded(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for record in records(corpus, rng):
        yield {"code": record.code}


def _filed(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    while True:
        yield {"code": "\n".join(record.code for record in rng.choices(corpus.records, k=ROWS))}


def _paged(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for record in records(corpus, rng):
        yield {"": record.code, "format": "html"}


def name_prefix(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for record in records(corpus, rng):
        start = record.name[: rng.randint(5, 14)].strip()
        if len(start) >= 3:
            yield {"name": _plain(start)}


def _contains_rare(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    while True:
        yield {"name:contains": rng.choice(corpus.rare).lower()}


def contains_broad(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    while True:
        yield from ({"name:contains": piece} for piece in fragments(corpus, rng))


def _active_and_broad(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for values in contains_broad(corpus, rng):
        yield {"active": "true"} | values


def postcode(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for record in records(corpus, rng):
        yield {"address-postalcode": record.postcode}


def _postcode_district(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for record in records(corpus, rng):
        outward, _, inward = record.postcode.partition(" ")
        yield {"address-postalcode": f"{outward} {inward[:1]}" if rng.random() < 0.7 else outward}


def _city(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    towns = [
        town for town in corpus.towns if town.replace(" ", "").replace("-", "").replace("'", "").isalpha()
    ]
    while True:
        town = rng.choice(towns)
        yield {"address-city": town[: rng.randint(3, len(town))].strip().title() if len(town) > 5 else town}


def _role(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for record in records(corpus, rng):
        more = rng.choice(corpus.records)
        roles = (
            {rng.choice(record.roles), rng.choice(more.roles)} if rng.random() < 0.6 else {record.roles[-1]}
        )
        yield {"ods-org-role": ",".join(sorted(roles))}


def _primary_role(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for record in records(corpus, rng):
        more = rng.choice(corpus.records)
        roles = {record.primary, more.primary} if rng.random() < 0.6 else {record.primary}
        yield {"ods-org-role": ",".join(sorted(roles)), "ods-org-primaryRole": "true"}


def _two(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for record in records(corpus, rng):
        town = _plain(record.town)
        outward = record.postcode.split(" ")[0]
        yield rng.choice(
            (
                {"address-city": town, "ods-org-role": record.primary},
                {"address-postalcode": outward, "active": str(record.active).lower()},
                {"name": _plain(record.name[:6].strip()), "ods-org-role": record.primary},
                {"name:contains": _plain(record.name[:7].strip()), "active": str(record.active).lower()},
            )
        )


def _three(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for record in records(corpus, rng):
        active = str(record.active).lower()
        outward = record.postcode.split(" ")[0]
        words = [word for word in record.name.split() if word.isalpha() and len(word) > 3] or [
            record.name[:5]
        ]
        part = _plain(rng.choice(words).lower())
        yield rng.choice(
            (
                {"active": active, "ods-org-role": record.primary, "address-city": _plain(record.town)},
                {"active": active, "address-postalcode": outward, "name:contains": part},
                {"ods-org-role": record.primary, "ods-org-primaryRole": "true", "name:contains": part}
                | {"address-city": _plain(record.town)},
            )
        )


def _sorted(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for values in contains_broad(corpus, rng):
        yield values | {"_sort": "name" if rng.random() < 0.7 else "-name"}


def _counted(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    sources = [source(corpus, rng) for source in (name_prefix, _city, _postcode_district, _two)]
    while True:
        yield next(rng.choice(sources)) | {"_summary": "count"}


def _changed(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for record in records(corpus, rng):
        yield {"_lastUpdated": f"{rng.choice(('ge', 'gt', 'ge', 'le', ''))}{record.changed}"}


def _xml(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for values in name_prefix(corpus, rng):
        yield values | {"_format": "xml"}


def _last_pages(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    pages = max(1, corpus.count * 9 // 10 // PAGE)  # replaced by deep_pages() once the total is known
    while True:
        yield {"_page": str(max(1, pages - rng.randrange(1 + pages // 20)))}


def _ord_search(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for record in records(corpus, rng):
        status = "Active" if record.active else "Inactive"
        outward = record.postcode.split(" ")[0]
        yield rng.choice(
            (
                {"Name": rng.choice(corpus.rare).lower()},
                {"PostCode": record.postcode.replace(" ", "")},
                {"PostCode": outward, "Status": status},
                {"PostCode": outward, "Roles": f"RO{record.roles[-1]}"},
                {"Name": re.sub("[^A-Z ]", "_", record.name[:12]), "PrimaryRoleId": f"RO{record.primary}"},
            )
        )


def _ord_membership(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for record in records(corpus, rng):
        if record.related:
            type_id, target = record.related
            more = rng.choice(({}, {"RelStatus": "active"}, {"Status": "Active"}))
            yield {"RelTypeId": rng.choice((type_id, "RE4,RE5,RE6")), "TargetOrgId": target, **more}


def _ord_broad(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    most = replace(corpus, broad=corpus.broad[:8])
    while True:
        yield from ({"Name": piece} for piece in fragments(most, rng))


def _ord_related(_: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    types = ["RE2", "RE3", "RE4", "RE5", "RE6", "RE8", "RE9", "RE11"]
    while True:
        some = ",".join(sorted(rng.sample(types, rng.randint(1, 4))))
        status = rng.choice(("Active", "Inactive"))
        yield rng.choice(({"RelTypeId": some}, {"RelTypeId": some}, {"RelStatus": status}))


def _ord_thousand(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    for values in _ord_broad(corpus, rng):
        yield values | {"Limit": "1000"}


def _typed(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    """The same question letter by letter, as a page asks while a person types."""
    for record in records(corpus, rng):
        text = f"{record.name} {record.town}".lower()[:30]
        yield from ({"q": text[:end]} for end in range(1, len(text) + 1) if text[end - 1] != " ")


def _misspelt(corpus: Corpus, rng: Random) -> Iterator[dict[str, str]]:
    """Whole questions: a name with a letter dropped, added, changed or moved, and the postcode's district."""
    for record in records(corpus, rng):
        name = record.name.lower()
        at = rng.randrange(1, max(2, len(name) - 1))
        before, here, following, after = name[:at], name[at : at + 1], name[at + 1 : at + 2], name[at + 2 :]
        letter = rng.choice("abcdefghijklmnopqrstuvwxyz")
        middle = rng.choice((following, letter + here + following, letter + following, following + here))
        yield {"q": f"{before}{middle}{after} {record.postcode.split(' ')[0]}"}


CLASSES = (
    TrafficClass("read by code", READ, 40, reads),
    TrafficClass("name prefix", SEARCH, 14, name_prefix),
    TrafficClass("name:contains, rare", SEARCH, 7, _contains_rare),
    TrafficClass("name:contains, thousands hold it", BROAD, 3, contains_broad),
    TrafficClass("active and name:contains, both broad", TWO_BROAD, 2, _active_and_broad),
    TrafficClass("postcode", SEARCH, 6, postcode),
    TrafficClass("postcode, sector or district", SEARCH, 4, _postcode_district),
    TrafficClass("city", SEARCH, 4, _city),
    TrafficClass("role", SEARCH, 4, _role),
    TrafficClass("primary role", SEARCH, 4, _primary_role),
    TrafficClass("two filters", SEARCH, 3, _two),
    TrafficClass("three filters", SEARCH, 2, _three),
    TrafficClass("last pages of everything", DEEP, 1, _last_pages, late="_page"),
    TrafficClass("_sort=name, thousands match", BROAD, 1, _sorted),
    TrafficClass("_summary=count", SEARCH, 2, _counted),
    TrafficClass("_lastUpdated", SEARCH, 1, _changed),
    TrafficClass("search as XML", SEARCH, 2, _xml),
    TrafficClass("ORD: record", ORD_READ, 10, reads, ORD),
    TrafficClass("ORD: search", ORD_SEARCH, 5, _ord_search, ORD),
    TrafficClass("ORD: membership", ORD_SEARCH, 3, _ord_membership, ORD),
    TrafficClass("ORD: Name that very many hold", ORD_BROAD, 1, _ord_broad, ORD),
    TrafficClass("ORD: RelTypeId or RelStatus alone", ORD_RELATED, 1, _ord_related, ORD),
    TrafficClass("ORD: Limit=1000", ORD_THOUSAND, 1, _ord_thousand, ORD),
    TrafficClass("lookup: letter by letter", LOOKED_UP, 2, _typed, LOOKUP),
    TrafficClass("lookup: misspelt, with a district", LOOKED_UP, 1, _misspelt, LOOKUP),
    TrafficClass("levels of one organisation", LEVELS_OF_ONE, 0, _coded, "/levels"),
    TrafficClass(f"levels of a file of {ROWS:,} rows", LEVELS_OF_FILE, 0, _filed, "/levels", as_file=True),
    TrafficClass("page of an organisation", PAGE_OF_ONE, 0, _paged, "/organisations"),
)
FIRST_ASKED = f"{BASE}?active=true&name%3Acontains=surgery"
ORD_WALK = f"{ORD}?Status=Active&Limit=1000"


def _path(base: str, values: dict[str, str]) -> str:
    """The address of a request; the value without a name belongs to the path."""
    query = urlencode({name: value for name, value in values.items() if name})
    path = f"{base}/{quote(values[''], safe='/$')}" if "" in values else base
    return f"{path}?{query}" if query else path


def requests_of(traffic: TrafficClass, corpus: Corpus, count: int, seed: int) -> list[Request]:
    """`count` requests of a class, all different as far as the release has enough values."""
    each = traffic.batch or 1
    wanted = count * each
    made: dict[Request, None] = {}
    spare: list[Request] = []
    for tried, values in enumerate(traffic.values(corpus, Random(f"{seed} {traffic.name}")), 1):
        request = _request(traffic, values)
        if request in made:
            spare.append(request)
        else:
            made[request] = None
        if len(made) == wanted or tried >= 12 * wanted:
            break
    found = [*made, *spare][:wanted]
    if traffic.batch:
        paths = [request.path for request in found]
        return [batch(traffic.name, paths[at : at + each]) for at in range(0, wanted, each)]
    return found


def _request(traffic: TrafficClass, values: dict[str, str]) -> Request:
    if traffic.as_file:
        columns = [[name, *cells.split("\n")] for name, cells in values.items()]
        file = "".join(f"{','.join(row)}\n" for row in zip(*columns, strict=True))
        path = _path(traffic.base, {name: name for name in values})
        return Request(traffic.name, path, body=file.encode(), media_type="text/csv")
    if not traffic.as_inputs:
        return Request(traffic.name, _path(traffic.base, values))
    inputs = [
        {"name": name, "resource": json.loads(value)}
        if value.startswith("{")
        else {"name": name, "valueString": value}
        for name, value in values.items()
    ]
    body = {"resourceType": "Parameters", "parameter": inputs}
    return Request(traffic.name, traffic.base, body=json.dumps(body).encode())


def batch(kind: str, paths: Sequence[str]) -> Request:
    """A batch of GET requests, whose paths begin with the same base."""
    base = f"/{paths[0].split('/')[1]}"
    urls = [path.removeprefix(f"{base}/") for path in paths]
    entries = [{"request": {"method": "GET", "url": url}} for url in urls]
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    return Request(kind, base, body=json.dumps(bundle).encode())


def deep_pages(traffic: TrafficClass, total: int, count: int) -> list[Request]:
    """The last `count` pages of everything, last first; `total` is the number of organisations served."""
    last = max(1, -(-total // PAGE))
    pages = (max(1, last - back) for back in range(count))
    numbers = pages if traffic.late == "_page" else ((page - 1) * PAGE for page in pages)
    return [Request(traffic.name, f"{traffic.base}?{traffic.late}={number}") for number in numbers]
