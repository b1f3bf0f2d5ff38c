"""metadata of R4: what ODT declares is there, what is declared works, and nothing else does."""

import json
from importlib.metadata import version
from importlib.resources import files

import pytest

from app.engine import open_index
from app.fhir import parameters
from app.fhir.readers import Strings
from app.r4.terminology.systems import Kept, Systems
from app.register.text import fold
from app.web.site import readiness
from tests.conftest import NOW
from tests.interfaces.helpers import ask as asked
from tests.interfaces.r4_helpers import BASE, ODT, SUBSETTED, ask, check, issue, ok, same_in_xml

HL7 = "http://hl7.org/fhir/SearchParameter"
ENGLAND = "https://fhir.nhs.uk/England/SearchParameter/England-Extension"
UK_CORE = "https://fhir.hl7.org.uk/StructureDefinition/UKCore"
STRUCTURES = "https://fhir.nhs.uk/England/StructureDefinition/England"
FOLDER = files("capability") / "r4" / "SearchParameter"
OF_ODS = ("Organization", "OrganizationAffiliation")
TERMINOLOGY = ("CodeSystem", "ValueSet")
TYPES = (
    *OF_ODS,
    "List",
    *TERMINOLOGY,
    *("NamingSystem", "StructureDefinition", "SearchParameter", "OperationDefinition"),
)
STATEMENTS = ("CapabilityStatement", "TerminologyCapabilities")
CONFORMANCE = f"{HL7}/conformance"

OF_TERMINOLOGY = {
    ("_id", f"{HL7}/Resource-id", "token"),  # ODT says string
    ("_lastUpdated", f"{HL7}/Resource-lastUpdated", "date"),
    ("_security", f"{HL7}/Resource-security", "token"),
    ("_tag", f"{HL7}/Resource-tag", "token"),
    ("context", f"{CONFORMANCE}-context", "token"),
    ("context-type", f"{CONFORMANCE}-context-type", "token"),
    ("context-type-value", f"{CONFORMANCE}-context-type-value", "composite"),
    ("description", f"{CONFORMANCE}-description", "string"),
    ("identifier", f"{CONFORMANCE}-identifier", "token"),
    ("name", f"{CONFORMANCE}-name", "string"),
    ("publisher", f"{CONFORMANCE}-publisher", "string"),
    ("status", f"{CONFORMANCE}-status", "token"),
    ("title", f"{CONFORMANCE}-title", "string"),
    ("url", f"{CONFORMANCE}-url", "uri"),
    ("version", f"{CONFORMANCE}-version", "token"),
}
DECLARED_BY_ODT = {
    "Organization": {
        ("identifier", f"{HL7}/Organization-identifier", "token"),
        ("active", f"{HL7}/Organization-active", "token"),
        ("type", f"{HL7}/Organization-type", "token"),
        ("name", f"{HL7}/Organization-name", "string"),
        ("address-city", f"{HL7}/Organization-address-city", "string"),
        ("address-country", f"{HL7}/Organization-address-country", "string"),
        ("address-postalcode", f"{HL7}/Organization-address-postalcode", "string"),
        ("address", f"{HL7}/Organization-address", "string"),
        ("roleCode", f"{ENGLAND}-OrganisationRole-RoleCode", "token"),
        ("lastChangeDate", f"{ENGLAND}-TypedDateTime-LastChangeDate", "date"),
        ("activeRoleCode", f"{ENGLAND}-OrganisationRole-ActiveRoleCode", "token"),
    },
    "OrganizationAffiliation": {
        ("identifier", f"{HL7}/OrganizationAffiliation-identifier", "token"),
        ("active", f"{HL7}/OrganizationAffiliation-active", "token"),
        ("primary-organization", f"{HL7}/OrganizationAffiliation-primary-organization", "reference"),
        (
            "participating-organization",
            f"{HL7}/OrganizationAffiliation-participating-organization",
            "reference",
        ),
    },
    "CodeSystem": {
        ("_count", None, "number"),
        *OF_TERMINOLOGY,
        ("content-mode", f"{HL7}/CodeSystem-content-mode", "token"),
        ("system", f"{HL7}/CodeSystem-system", "uri"),
    },
    "ValueSet": {
        ("_count", None, "number"),
        *OF_TERMINOLOGY,
        ("reference", f"{HL7}/ValueSet-reference", "uri"),
    },
}
"""Name, definition and type, as in the live statement of ODT, which lacks definitions of the last two."""
OWN = {"CodeSystem": {"code", "date"}, "ValueSet": {"date"}}
"""Parameters of these types that ODT does not declare."""

INCLUDES = [
    "OrganizationAffiliation:participating-organization",
    "OrganizationAffiliation:primary-organization",
]
VALUES = {"date": "2020", "number": "1"}
"""Values by type; of other types it is x."""
OWN_VALUES = dict.fromkeys(("active", "abstract", "experimental"), "true")
MODIFIERS = [
    *("not", "missing", "contains", "exact", "text", "in", "not-in", "above", "below", "of-type"),
    *("identifier", "iterate", "type", "Organization"),
]
"""Every modifier of FHIR, and the type that references name."""
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")


def resources(client):
    """Return the declared types by name."""
    return {each["type"]: each for each in ok(client, "metadata")["rest"][0]["resource"]}


def definitions():
    """Return the SearchParameter resources by base and code."""
    found = {}
    for file in FOLDER.iterdir():
        resource = json.loads(file.read_text())
        check(resource)
        for base in resource["base"]:
            found[base, resource["code"]] = resource
    return found


def test_the_statement_is_the_table_of_its_elements(client):
    body = same_in_xml(client, "metadata")
    rest, features = body.pop("rest"), body.pop("extension")
    assert [{part["url"]: list(part.values())[1] for part in each["extension"]} for each in features] == [
        {"definition": "http://hl7.org/fhir/uv/tx-tests/FeatureDefinition/test-version", "value": "1.7.0"},
        {
            "definition": "http://hl7.org/fhir/uv/tx-ecosystem/FeatureDefinition/CodeSystemAsParameter",
            "value": False,
        },
    ]
    installed = body["date"]
    assert len(installed) == 10
    assert list(body.items()) == [
        ("resourceType", "CapabilityStatement"),
        ("id", "ods-api-suite-r4"),
        ("url", f"{BASE}/CapabilityStatement/ods-api-suite-r4"),
        ("version", version("ods-api-suite")),
        ("name", "OdsApiSuiteR4"),
        ("title", "ODS API Suite R4"),
        ("status", "active"),
        ("date", installed),
        ("kind", "instance"),
        (
            "instantiates",
            [
                "https://fhir.nhs.uk/England/CapabilityStatement/England-ODS-Requirements",
                "http://hl7.org/fhir/CapabilityStatement/terminology-server",
            ],
        ),
        (
            "software",
            {"name": "ods-api-suite", "version": version("ods-api-suite"), "releaseDate": installed},
        ),
        ("implementation", {"description": "ODS release 2025-12-11", "url": BASE}),
        ("fhirVersion", "4.0.1"),
        ("format", ["application/fhir+json", "application/fhir+xml"]),
        ("implementationGuide", ["https://simplifier.net/guide/organisation-data-services"]),
    ]
    assert [list(each) for each in rest] == [["mode", "security", "resource", "interaction", "operation"]]
    assert rest[0]["mode"] == "server"
    assert rest[0]["security"] == {"cors": True, "description": "Open: no key, no registration."}


def test_each_type_is_declared_with_its_profile_and_its_versions(client):
    found = resources(client)
    assert list(found) == [*TYPES, *STATEMENTS]
    for name in TYPES:
        own = found[name]
        if name in OF_ODS:
            assert own["profile"] == f"{UK_CORE}-{name}"
            assert own["supportedProfile"] == [f"{STRUCTURES}-{name}-ODS"]
        else:
            assert own["profile"] == f"http://hl7.org/fhir/StructureDefinition/{name}"
            assert "supportedProfile" not in own
        assert [each["code"] for each in own["interaction"]] == ["read", "vread", "search-type"]
        assert (own["versioning"], own["readHistory"], own["conditionalRead"]) == (
            *("versioned", False, "full-support"),
        )
        assert "_sort takes _id, _lastUpdated" in own["documentation"]
    assert found["Organization"]["searchRevInclude"] == INCLUDES
    assert found["OrganizationAffiliation"]["searchInclude"] == INCLUDES
    assert [name for name in TYPES if "searchInclude" in found[name]] == ["OrganizationAffiliation"]
    for name in STATEMENTS:
        assert found[name] == {
            "type": name,
            "profile": f"http://hl7.org/fhir/StructureDefinition/{name}",
            "interaction": [{"code": "read"}],
        }


@pytest.mark.parametrize("kind", TYPES)
def test_what_odt_declares_is_declared_with_the_same_name_type_and_definition(client, kind):
    told = resources(client)[kind]["searchParam"]
    for each in told:
        counts, is_composite = each["name"] == "_count", each["type"] == "composite"
        keys = ["name", *(() if counts else ("definition",)), "type", "documentation"]
        assert list(each) == keys[: -1 if is_composite else None]
    declared = {(each["name"], each.get("definition"), each["type"]) for each in told}
    assert DECLARED_BY_ODT.get(kind, set()) <= declared
    if kind in OWN:
        assert {name for name, *_ in declared - DECLARED_BY_ODT[kind]} == OWN[kind]
    assert [each["name"] for each in told] == sorted({each["name"] for each in told})


@pytest.mark.parametrize("kind", TYPES)
def test_each_declared_parameter_works_with_the_modifiers_that_it_says_and_no_others(client, kind):
    for parameter in resources(client)[kind]["searchParam"]:
        name = parameter["name"]
        value = OWN_VALUES.get(name, VALUES.get(parameter["type"], "x"))
        modifiers = parameter.get("documentation", "").replace("Modifiers: ", "").split(", ")
        assert ok(client, f"{kind}?{name}={value}&_summary=count")["type"] == "searchset", name
        for modifier in MODIFIERS:
            sent = "true" if modifier == "missing" else value
            answer = ask(client, f"{kind}?{name}:{modifier}={sent}&_summary=count")
            if f":{modifier}" in modifiers:
                assert answer.status_code == 200, f"{name}:{modifier}"
            else:
                assert issue(answer)[0] == "not-supported"
        assert ":missing" in modifiers or name == "_count" or parameter["type"] == "composite"


@pytest.mark.parametrize("kind", TYPES)
def test_every_date_takes_every_prefix(client, kind):
    dates = [each["name"] for each in resources(client)[kind]["searchParam"] if each["type"] == "date"]
    assert dates
    for name in dates:
        for prefix in PREFIXES:
            assert ask(client, f"{kind}?{name}={prefix}2020&_summary=count").status_code == 200


@pytest.mark.parametrize("kind", TYPES)
def test_declared_includes_and_orders_work(client, kind):
    own = resources(client)[kind]
    for parameter, key in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude")):
        for value in own.get(key, ()):
            assert ok(client, f"{kind}?{parameter}={value}&_count=1")["type"] == "searchset"
        assert ask(client, f"{kind}?{parameter}=Patient:organization").status_code == 400
    keys = own["documentation"].partition("_sort takes ")[2].partition(", each with")[0].split(", ")
    for key in keys:
        assert ok(client, f"{kind}?_sort=-{key}&_count=1")["type"] == "searchset"


def test_the_definitions_say_of_each_parameter_what_the_statement_says(client):
    known = definitions()
    told = set()
    for kind in TYPES:
        for parameter in resources(client)[kind]["searchParam"]:
            name = parameter["name"]
            if name == "_count":
                continue
            base = next(each for each in (kind, "DomainResource", "Resource") if (each, name) in known)
            definition = known[base, name]
            told.add((base, name))
            assert (definition["url"], definition["type"]) == (parameter["definition"], parameter["type"])
            modifiers = [
                each
                for modifier in definition.get("modifier", ())
                for each in (definition["target"] if modifier == "type" else [modifier])
            ]
            said = f"Modifiers: {', '.join(f':{each}' for each in modifiers)}" if modifiers else None
            assert parameter.get("documentation") == said
            comparators = list(PREFIXES) if parameter["type"] == "date" else ["eq"]
            assert definition.get("comparator", ["eq"]) == comparators
    assert told == set(known)


def test_the_interactions_are_those_that_have_a_route(client):
    """Compare the statement with Flask's table of routes."""
    told = {("", ("POST",)), ("metadata", ("GET",))} | {(f"{name}/{{}}", ("GET",)) for name in STATEMENTS}
    addresses = {
        "read": ("{}/{{}}", ("GET",)),
        "vread": ("{}/{{}}/_history/{{}}", ("GET",)),
        "search-type": ("{}", ("GET",)),
    }
    for name in TYPES:
        own = resources(client)[name]
        for interaction in own["interaction"]:
            address, methods = addresses[interaction["code"]]
            told.add((address.format(name), methods))
        told.add((f"{name}/_search", ("POST",)))
        for each in own.get("operation", ()):
            levels, methods = definition_of(client, each)
            told |= {(level, methods) for level in levels}
    for each in ok(client, "metadata")["rest"][0]["operation"]:
        levels, methods = definition_of(client, each)
        told |= {(level, methods) for level in levels}
    for prefix in ("/R4", "/organisation-data-terminology-api/fhir"):
        assert set(routes(client.application, prefix)) == told


def definition_of(client, operation):
    """Return the addresses of an operation as its OperationDefinition says, and their methods."""
    name = operation["definition"].rpartition("/")[2].removeprefix("CapabilityStatement-")
    definition = ok(client, f"OperationDefinition/{name}")
    assert definition["code"] == operation["name"]
    assert operation["definition"] in {definition["url"], definition.get("base")}
    assert operation["documentation"] == definition["description"]
    (kind,) = definition.get("resource", [""])
    levels = {
        "system": f"${operation['name']}",
        "type": f"{kind}/${operation['name']}",
        "instance": f"{kind}/{{}}/${operation['name']}",
    }
    takes_resources = kind in TERMINOLOGY
    methods = ("GET", "POST") if takes_resources else ("GET",)
    return [address for level, address in levels.items() if definition[level]], methods


def routes(application, prefix):
    """Yield the addresses below a prefix, with what is not fixed in them as `{}`, and their methods."""
    for rule in application.url_map.iter_rules():
        if rule.rule == prefix or rule.rule.startswith(f"{prefix}/"):
            methods = tuple(sorted(rule.methods - {"HEAD", "OPTIONS"}))
            for words in _filled(rule.rule.removeprefix(prefix).strip("/").split("/")):
                yield words, methods


def _filled(parts):
    """Yield a path once for each of the words that a part of it may be."""
    head, *rest = parts
    words = head[5 : head.index(")")].split(", ") if head.startswith("<any(") else [head]
    for word in words:
        start = "{}" if word.startswith("<") else word
        yield from (f"{start}/{more}" for more in _filled(rest)) if rest else [start]


def test_the_statement_can_be_read_by_its_id(client):
    body = ask(client, "CapabilityStatement/ods-api-suite-r4")
    assert body.data == ask(client, "metadata").data
    assert issue(ask(client, "CapabilityStatement"), 404)[0] == "not-found"
    text = 'Unknown parameter "mode": use _format, _pretty, _elements or _summary'
    assert issue(ask(client, "CapabilityStatement/ods-api-suite-r4?mode=full")) == ("processing", text)


@pytest.mark.parametrize("mode", ["full", "normative", "Terminology", "x"])
def test_the_statement_is_the_same_in_every_mode_but_one(client, mode):
    assert ask(client, f"metadata?mode={mode}").data == ask(client, "metadata").data


def test_each_address_describes_itself(client):
    body = asked(client, "/organisation-data-terminology-api/fhir/metadata").json
    assert body["implementation"]["url"] == ODT
    assert body["url"] == f"{ODT}/CapabilityStatement/ods-api-suite-r4"


def test_the_tag_changes_with_the_content(client, world):
    first, other = ask(client, "metadata"), ask(world, "metadata")
    assert first.headers["ETag"] != other.headers["ETag"]
    tag = {"If-None-Match": first.headers["ETag"]}
    assert ask(client, "metadata", headers=tag).status_code == 304
    assert ask(client, "metadata?_format=xml", headers=tag).status_code == 200


def test_the_statement_is_there_before_anything_is_loaded(unloaded):
    answer = ask(unloaded, "metadata")
    assert answer.headers["Cache-Control"] == "no-store"
    assert ok(unloaded, "metadata")["implementation"]["description"] == "No release is loaded"


def test_parts_of_the_statement_are_tagged(client):
    mandatory = {"resourceType", "id", "meta", "status", "date", "kind", "fhirVersion", "format"}
    for parameters_, kept in {"_elements=name": {"name"}, "_summary=text": set()}.items():
        body = ok(client, f"metadata?{parameters_}")
        assert set(body) == mandatory | kept
        assert body["meta"] == {"tag": [SUBSETTED]}
    summary = ok(client, "metadata?_summary=true")
    assert {key for each in summary["rest"][0]["resource"] for key in each} == {
        *("type", "profile", "supportedProfile", "operation")
    }


def test_a_definition_without_code_stops_the_start(tmp_path):
    definition = {"code": "name", "type": "string", "base": ["Organization"], "description": "", "url": ""}
    file = tmp_path / "made.json"
    name = Strings("name", fold)
    for expression, modifiers, works in (
        ("Organization.name | Patient.name", ["exact"], True),
        ("Organization.alias", ["exact"], False),
        ("Patient.name", [], False),
        ("Organization.name", ["text"], False),
    ):
        file.write_text(json.dumps({**definition, "expression": expression, "modifier": modifiers}))
        readers = {"Organization.name": name}
        if works:
            assert list(parameters.read(tmp_path, readers)["Organization"]) == ["name"]
        else:
            with pytest.raises(ValueError, match=r"made\.json cannot be used"):
                parameters.read(tmp_path, readers)


# Monitoring, beside ODT's path


def test_a_server_that_runs_and_is_ready_says_so(client):
    root = "/organisation-data-terminology-api"
    answer = asked(client, f"{root}/_ping")
    assert (answer.status_code, answer.json) == (200, {"status": "pass", "version": version("ods-api-suite")})
    answer = asked(client, f"{root}/_status")
    check = {"status": "pass", "timeout": False, "responseCode": 200, "outcome": "2025-12-11.1"}
    assert (answer.status_code, answer.json) == (
        200,
        {
            "status": "pass",
            "version": version("ods-api-suite"),
            "checks": {"index:status": [check]},
        },
    )
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_server_without_a_register_is_not_ready(unloaded, new_url, engine):
    root = "/organisation-data-terminology-api"
    assert asked(unloaded, f"{root}/_ping").status_code == 200
    answer = asked(unloaded, f"{root}/_status")
    outcome = readiness(engine.index(new_url())).outcome
    assert (answer.status_code, answer.json["status"]) == (503, "fail")
    assert answer.json["checks"]["index:status"] == [
        {"status": "fail", "timeout": False, "responseCode": 503, "outcome": outcome}
    ]
    assert outcome == "No register is loaded"


# Operations, and what the terminology is


HL7_OPERATIONS = "http://hl7.org/fhir/OperationDefinition"


def test_the_operations_of_odt_are_declared_with_the_definitions_that_it_names(client):
    found = resources(client)
    for kind, names in (
        ("CodeSystem", ["lookup", "validate-code", "subsumes"]),
        ("ValueSet", ["expand", "validate-code"]),
    ):
        assert [(each["name"], each["definition"]) for each in found[kind]["operation"]] == [
            (name, f"{HL7_OPERATIONS}/{kind}-{name}") for name in names
        ]
    assert [(each["name"], each["definition"]) for each in found["Organization"]["operation"]] == [
        (name, f"{BASE}/OperationDefinition/Organization-{name}")
        for name in ("successors", "predecessors", "members", "ancestors")
    ]
    assert [kind for kind in found if "operation" in found[kind]] == ["Organization", *TERMINOLOGY]
    (versions,) = ok(client, "metadata")["rest"][0]["operation"]
    assert (versions["name"], versions["definition"]) == (
        "versions",
        f"{HL7_OPERATIONS}/CapabilityStatement-versions",
    )


def test_every_operation_definition_is_declared(client):
    rest = ok(client, "metadata")["rest"][0]
    declared = [*rest["operation"], *(each for own in rest["resource"] for each in own.get("operation", ()))]
    stored = ok(client, "OperationDefinition")
    assert stored["total"] == len(declared) == 10
    told = {each["resource"]["code"] for each in stored["entry"]}
    assert told == {each["name"] for each in declared}


def test_the_url_of_an_operation_definition_is_its_address(client):
    for base, prefix in ((BASE, "/R4"), (ODT, "/organisation-data-terminology-api/fhir")):
        url = f"{base}/OperationDefinition/Organization-members"
        body = asked(client, f"{prefix}/OperationDefinition/Organization-members").json
        assert body["url"] == url
        for own in ("/R4", "/organisation-data-terminology-api/fhir"):
            for sent in (url, f"{url}%7C{version('ods-api-suite')}"):
                bundle = asked(client, f"{own}/OperationDefinition?url={sent}").json
                assert [each["resource"]["id"] for each in bundle["entry"]] == ["Organization-members"]
        for sent in (f"{url}%7C0", url.replace("ods.", "other."), "OperationDefinition/Organization-members"):
            assert asked(client, f"{prefix}/OperationDefinition?url={sent}").json["total"] == 0


def test_an_operation_definition_says_of_each_input_what_it_is(client):
    lookup = ok(client, "OperationDefinition/CodeSystem-lookup")["parameter"]
    assert [(each["name"], each["type"], each["max"]) for each in lookup if each["use"] == "in"] == [
        ("code", "code", "1"),
        ("system", "uri", "1"),
        ("version", "string", "1"),
        ("coding", "Coding", "1"),
        ("property", "code", "*"),
        ("displayLanguage", "code", "1"),
    ]
    outputs = [each["name"] for each in lookup if each["use"] == "out"]
    assert outputs == ["code", "display", "name", "system", "version", "designation", "property"]
    members = ok(client, "OperationDefinition/Organization-members")["parameter"]
    assert [(each["name"], each["type"]) for each in members] == [
        ("date", "date"),
        ("relationship", "string"),
        ("depth", "integer"),
        ("activeOnly", "boolean"),
        ("activeRoleCode", "string"),
        ("roleCode", "string"),
        ("return", "Bundle"),
    ]


def test_the_versions_of_fhir_are_one(client):
    expected = {
        "resourceType": "Parameters",
        "parameter": [{"name": name, "valueCode": "4.0"} for name in ("version", "default")],
    }
    assert same_in_xml(client, "$versions") == expected
    assert ok(client, "$versions?nocache=1795808129182") == expected


def test_the_terminology_is_told_by_mode_and_by_id(client):
    body = same_in_xml(client, "metadata?mode=terminology")
    assert ask(client, "TerminologyCapabilities/ods-api-suite-r4-terminology").json == body
    assert issue(ask(client, "TerminologyCapabilities/ods-api-suite-r4"), 404)[0] == "processing"
    code_systems, expansion = body.pop("codeSystem"), body.pop("expansion")
    assert list(body.items()) == [
        ("resourceType", "TerminologyCapabilities"),
        ("id", "ods-api-suite-r4-terminology"),
        ("url", f"{BASE}/TerminologyCapabilities/ods-api-suite-r4-terminology"),
        ("version", version("ods-api-suite")),
        ("name", "OdsApiSuiteR4Terminology"),
        ("title", "ODS API Suite R4 Terminology"),
        ("status", "active"),
        ("date", body["date"]),
        ("kind", "instance"),
        ("software", {"name": "ods-api-suite", "version": version("ods-api-suite")}),
        ("implementation", {"description": "ODS release 2025-12-11", "url": BASE}),
        ("codeSearch", "all"),
        ("validateCode", {"translations": False}),
    ]
    told = [each["resource"] for each in ok(client, "CodeSystem?_elements=url,version")["entry"]]
    assert [(each["uri"], each["version"][0]["code"]) for each in code_systems] == [
        (each["url"], each["version"]) for each in told
    ]
    assert all(each["version"][0]["isDefault"] for each in code_systems)
    inputs = [each["name"] for each in expansion["parameter"]]
    definition = ok(client, "OperationDefinition/ValueSet-expand")["parameter"]
    assert inputs == [each["name"] for each in definition if each["use"] == "in"]
    assert (expansion["hierarchical"], expansion["paging"], expansion["incomplete"]) == (False, True, False)
    assert expansion["textFilter"]


def test_each_code_system_tells_the_properties_that_a_lookup_knows(client, sample_index):
    systems = Systems(open_index(sample_index).live(), NOW, Kept())
    body = ok(client, "metadata?mode=terminology")
    told = {each["uri"]: each["version"][0]["property"] for each in body["codeSystem"]}
    assert told == {system.url: list(system.property_types) for system in systems.all()}
    for system in systems.all():
        properties = ok(client, f"CodeSystem?url={system.url}")["entry"][0]["resource"].get("property", ())
        types = {each["code"]: each["type"] for each in properties}
        assert types.items() <= dict(system.property_types).items()


def test_the_terminology_of_a_server_without_a_register_has_no_code_systems(unloaded):
    body = ok(unloaded, "metadata?mode=terminology")
    assert "codeSystem" not in body
    assert body["implementation"]["description"] == "No release is loaded"
