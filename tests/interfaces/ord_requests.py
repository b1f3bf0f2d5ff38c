"""Requests to ORD: odd values, bad values, and searches made up of what the register holds."""

import random
from string import ascii_uppercase, digits
from urllib.parse import quote, quote_plus

from tests.interfaces.ord_oracle import DIALECTS, NAME_CHARACTERS, OUTWARD
from tests.interfaces.ord_release import register

ORGANISATIONS = list(register().values())
CHANGED_OF_LATE = [org for org in ORGANISATIONS if org.row["LastChangeDate"] >= "2025-07-14"]
STATUSES = ["Active", "active", "INACTIVE", "Inactive"]
UNKNOWN = ["name", "Postcode", "limit", "Offset ", "zzz", "", "_Format", "RelType", "_pretty"]
_BAD = {
    "Name": "|a|nh|  |é|nhs*|100%|a\nb|NHS [|" + "x" * 101 + "|__\\",
    "PostCode": "|L|LS| LS1|LS1  4|LZ1|LI1 4|ZZ99|ZZ99 3VZ|LS1 4BTX|LS1 BT|LS 14BT|LS1 4BT |GIR 1|ŁS1|1A",
    "LastChangeDate": "|2025-1-1|20250901|2025-02-30|2026-01-16|2025-07-13|0000-01-01| 2025-12-01",
    "Status": "|Act|Active |true|Active,Inactive|actıve",
    "PrimaryRoleId": "|  |RO|RO197,RO198|RO123456789|123456789|RÖ197|RO 197|19 7|１９７|\tRO197|197,",
    "NonPrimaryRoleId": "|RO76,RO177|RO_76|76,177|000000000",
    "Roles": "|,|RO76,|,RO76|RO76,,RO177|RO76, ,RO177|76,123456789|RO76;RO177|RO|RO76,RO|RO76,RO XYZ",
    "OrgRecordClass": "|1|RC|RC11|RC1,RC2|RÇ1|R 1| 1 ",
    "RelTypeId": "|RE|4|RE4,|RE4,RE|RE4;RE5|R E4",
    "TargetOrgId": "|15|15F,36J|Q WO|12345678901",
    "RelStatus": "|open|Active,Inactive|ACTIVE ",
    "Limit": "|0|000|1001|-1|+5|5.0| 5|５|all",
    "Offset": "|0|00|-1|+1|1.5|１|one",
    "_format": '|JSON|Xml|yaml|application/fhir+json|json |a"b\\é',
}
_ODD = {
    "Name": "___|   |_ _| _ |  _|__ | of |  of  | leeds|leeds |_&_|LEEDS_DENTAL|ty gwyrdd|T_ GWYRDD|t__gwyrdd"
    "|A@B_C|o'b|a\"b|(ex|a+e|no. 1/2:|meddygfa ty gwyrdd (example)|A  +  E|and not|---|...|,,,|;;;|'''|"
    + "|".join(["_" * 20, "_" * 100, "x" * 100]),
    "PostCode": "LS1|ls1|LS1 |LS1 4|LS14|LS14 |LS1 4A|LS14A|LS14AP|ls1 4ap|S80B"
    "|LS140|GIR|gir |GIR0|GIR 0|GIR0AA|gir 0aa|E1W|EC1A|EC1A 1|W1A|A9|AB1I"
    "|Z99|L1I 4|BD11|BD1 1|BD111|L1|L11|SW1A1AA|LS9 7TF|LS97TF|AA9A 9AA",
    "PrimaryRoleId": "197|177| 177|RO177 | ro197 |1|00000000",
    "NonPrimaryRoleId": "76|76 | RO76|7|98",
    "Roles": "RO76,RO76|ro76,RO177|RO9999|XYZ|RO76,XYZ,00000000|76|76,177|76,RO177| 76 ,  RO177 |177 ,XYZ",
    "RelTypeId": "RE4,RE4|re6|RE99|RE99,RE4|RO76|RE4 , re6| RE4",
    "TargetOrgId": "qwo|QWO|15F|ZZZ|0000000000| 15f|QWO  ",
    "RelStatus": "active|INACTIVE|InActive",
    "OrgRecordClass": "rc1|RC2|RC3|abc| RC2|rc1 ",
    "Limit": "1|0001|1000|0020",
}
BAD, ODD = ({name: values.split("|") for name, values in each.items()} for each in (_BAD, _ODD))


# Values that are true of an organisation, or nearly


def name(rnd, org):
    """A part of a name, of any case, some of its characters for any."""
    text = org.record["Name"]
    start = rnd.randrange(max(len(text) - 3, 1))
    part = text[start : start + rnd.choice([3, 4, 6, 12, 100])]
    part = "".join(char if char in NAME_CHARACTERS and rnd.random() > 0.1 else "_" for char in part)
    part = rnd.choice([str, str.lower, str.title])(part)
    return part.replace(" ", rnd.choice([" ", " ", "  "]))[:100].ljust(3, "_")


def postcode(rnd, org):
    """A start of a postcode, with its blank or without; or one made up in any of the shapes."""
    text = org.postcode or rnd.choice(["GIR 0AA", "GIR", "ZZ99 3VZ"])
    if rnd.random() < 0.2:
        shape = rnd.choice(sorted(OUTWARD)) + rnd.choice(["", " "]) + rnd.choice(["", "9", "9A", "9AA"])
        text = "".join(rnd.choice({"A": ascii_uppercase, "9": digits}.get(char, char)) for char in shape)
    if rnd.random() < 0.4:
        text = text.replace(" ", "")
    return rnd.choice([str, str.lower])(text[: rnd.randint(2, 8)])


def roles(rnd, org, wanted):
    """Ids of roles: of the organisation where it has such, and of others."""
    found = [role for role, primary in org.roles if wanted in {None, primary}] or ["RO9999"]
    return rnd.choice([str, str.lower])(rnd.choice(found))


def several(rnd, *ids):
    chosen = rnd.sample(ids, rnd.randint(1, len(ids)))
    return rnd.choice([str, str.lower])(",".join(chosen))


def related(rnd, org):
    """One, two or three filters on relationships, as a rule true of one of the organisation."""
    mine = rnd.choice(org.relationships or [("RE4", "QWO", "Active")])
    other = rnd.choice(rnd.choice(ORGANISATIONS).relationships or [mine])
    types = several(rnd, mine[0], rnd.choice([other[0], "RE99"]))
    target = rnd.choice([mine, mine, other])[1]
    status = rnd.choice([mine[2], mine[2], *STATUSES])
    pairs = [
        ("RelTypeId", types),
        ("TargetOrgId", rnd.choice([str, str.lower])(target)),
        ("RelStatus", status),
    ]
    return rnd.sample(pairs, rnd.randint(1, 3))


VALUES = {
    "Name": name,
    "PostCode": postcode,
    "LastChangeDate": lambda rnd, org: rnd.choice(
        ["2025-07-14", *[max("2025-07-14", org.row["LastChangeDate"])] * 2]
    ),
    "Status": lambda rnd, org: rnd.choice([*STATUSES, *[org.row["Status"]] * 9]),
    "PrimaryRoleId": lambda rnd, org: roles(rnd, org, True),
    "NonPrimaryRoleId": lambda rnd, org: roles(rnd, org, False),
    "Roles": lambda rnd, org: several(rnd, roles(rnd, org, None), "RO177", "RO9999"),
    "OrgRecordClass": lambda rnd, org: rnd.choice(
        ["RC1", "RC2", "rc2", "RC9", *[org.row["OrgRecordClass"]] * 5]
    ),
}


# Requests


def paging(rnd):
    """A format, a limit and an offset, each sometimes."""
    given = {
        "_format": rnd.choice(sorted(DIALECTS)),
        "Limit": rnd.choice(["1", "7", "0020", "100", "1000"]),
        "Offset": rnd.choice(["1", "5", "020", "40", "2499", "99999", "9" * 18]),
    }
    return [pair for pair in given.items() if rnd.random() < 0.4]


def one_filter(rnd, filters=tuple(VALUES)):
    org, chosen = rnd.choice(ORGANISATIONS), rnd.choice(filters)
    return [(chosen, VALUES[chosen](rnd, org)), *paging(rnd)]


def membership(rnd):
    return related(rnd, rnd.choice(ORGANISATIONS)) + paging(rnd)


def several_filters(rnd):
    """Filters that are, as a rule, true of one and the same organisation."""
    chosen = rnd.sample(sorted(VALUES), rnd.randint(2, 4))
    org = rnd.choice(CHANGED_OF_LATE if "LastChangeDate" in chosen else ORGANISATIONS)
    pairs = [(each, VALUES[each](rnd, org)) for each in chosen]
    return pairs + (related(rnd, org) if rnd.random() < 0.3 else []) + paging(rnd)


def bad_values(rnd):
    """Good filters and one bad value or two: the first one in the order of checks is told."""
    pairs = dict(several_filters(rnd))
    for each in rnd.sample(sorted(BAD), rnd.randint(1, 2)):
        pairs[each] = rnd.choice(BAD[each])
    return list(pairs.items())


def odd_parameters(rnd):
    """Parameters that are unknown, repeated or all that there is, beside bad values."""
    pairs = rnd.choice([several_filters, bad_values, paging])(rnd)
    if rnd.random() < 0.4:
        pairs.append((rnd.choice(UNKNOWN), "x"))
    for each in rnd.sample(pairs, min(len(pairs), rnd.randint(0, 2))):
        pairs.append((each[0], rnd.choice([each[1], "other"])))
    return pairs


def encoded(pairs):
    """Return pairs as a query string."""
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)


def variously_encoded(rnd, pairs):
    """Return pairs as a query string, encoded in one way or another, with an empty pair now and then."""
    write = rnd.choice([quote_plus, quote, lambda text: quote(text, safe="/:@,;()'\"")])
    between = rnd.choice(["&", "&", "&&"])
    return between.join(f"{write(name)}={write(value)}" for name, value in pairs)


KINDS = {
    "name": (120, lambda rnd: one_filter(rnd, ("Name",))),
    "postcode": (120, lambda rnd: one_filter(rnd, ("PostCode",))),
    "filter": (80, one_filter),
    "membership": (100, membership),
    "filters": (120, several_filters),
    "bad": (80, bad_values),
    "odd": (120, odd_parameters),
}
"""By kind: how many, and what makes one."""


def made_up(kind, number):
    """Return a request as its parameters and as a query string."""
    rnd = random.Random(f"{kind} {number}")
    pairs = KINDS[kind][1](rnd)
    rnd.shuffle(pairs)
    return pairs, variously_encoded(rnd, pairs)
