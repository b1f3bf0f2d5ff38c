"""Slots pass byte strings on to worker processes and back, whether they fit into a slot or not."""

from app.engine.workers import Slots, pool

SIZE = 1_000
_given: list[Slots] = []


def begin(slots: Slots) -> None:
    """Start a worker."""
    _given.append(slots)


def twice(number: int, put: bytes | int) -> bytes | int:
    """Put what stands in a slot there twice."""
    return _given[0].put(number, _given[0].take(number, put) * 2)


def test_a_worker_takes_what_was_put_and_puts_its_answer() -> None:
    slots = Slots(2, SIZE)
    contents = [b"a" * 400, b"", bytes(range(250)) * 2, b"c" * 501, b"d" * (SIZE + 1)]
    with pool(1, begin, slots) as executor:
        for at in range(0, len(contents), 2):
            some = list(enumerate(contents[at : at + 2], at))
            sent = [executor.submit(twice, number, slots.put(number, content)) for number, content in some]
            found = [slots.take(at + nth, future.result()) for nth, future in enumerate(sent)]
            assert found == [content * 2 for _, content in some]
