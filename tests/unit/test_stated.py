"""Terms of what an organisation states beside its searched fields (fhir-r4 10.4)."""

from app.register.stated import term
from indexer.fields import fields
from indexer.organisation import Address, Contact
from tests.made import PUBLISHED, organisation


def test_values_that_are_equal_when_folded_have_one_term() -> None:
    assert term("address1", " 1 High  Street ") == term("address1", "1 HIGH STREET")
    assert term("address1", "1 HIGH STREET") != term("address1", "2 HIGH STREET")
    assert term("address1", "1 HIGH STREET") != term("address2", "1 HIGH STREET")


def test_a_term_never_changes() -> None:
    assert term("address1", "1 High Street") == "address1/2e7"
    assert term("county", "West  Yorkshire") == "county/WEST YORKSHIRE"
    assert term("uprn", "100012345678") == "uprn/034"


def test_an_organisation_holds_a_term_for_each_property_and_for_each_value() -> None:
    contacts = (Contact("tel", "1"), Contact("fax", "2"), Contact("http", "w.nhs.uk"), Contact("tel", "3"))
    record = organisation("A1", "RO177")._replace(
        assigning_authority="HSCIC",
        address=Address("A", None, "C", "TOWN", "COUNTY", "LS1 4AP", "ENGLAND", "9"),
        contacts=contacts,
    )
    values = (
        ("assigningAuth", "HSCIC"), ("address1", "A"), ("address2", "C"), ("county", "COUNTY"), ("uprn", "9"),
        ("telephone", "1"), ("website", "w.nhs.uk"), ("telephone", "3"),
    )  # fmt: skip
    expected = {each for name, value in values for each in (name, term(name, value))}
    held = fields(record, PUBLISHED)["stated"]
    assert isinstance(held, tuple)
    assert set(held) == expected


def test_an_organisation_that_states_nothing_holds_no_term() -> None:
    assert fields(organisation("A1", "RO177", country=None), PUBLISHED)["stated"] == ()
