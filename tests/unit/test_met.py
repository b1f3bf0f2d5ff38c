"""What walks have met: whose it is, and how much of it is kept."""

from weakref import ref

from app.directory.met import Met
from tests.made import Made


def test_what_was_kept_of_a_register_is_known_by_its_code():
    met, register = Met[str](10), Made([])
    met.keep(register, {"A": "a", "B": "b"})
    assert met.known(register, ["A", "C", "B"]) == {"A": "a", "B": "b"}


def test_registers_of_one_name_do_not_share_what_was_kept():
    met, register, other = Met[str](10), Made([]), Made([])
    assert register.generation == other.generation
    met.keep(register, {"A": "a"})
    assert met.known(other, ["A"]) == {}


def test_what_was_not_asked_for_longest_goes_first():
    met, register = Met[str](2), Made([])
    met.keep(register, {"A": "a", "B": "b"})
    met.known(register, ["A"])
    met.keep(register, {"C": "c"})
    assert met.known(register, ["A", "B", "C"]) == {"A": "a", "C": "c"}


def test_a_register_that_nobody_else_holds_is_let_go():
    met, register = Met[str](10), Made([])
    met.keep(register, {"A": "a"})
    seen = ref(register)
    del register
    assert seen() is None
