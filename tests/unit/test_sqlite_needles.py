"""Many texts that are looked for inside of others at once."""

import random

import pytest

from app.engine.sqlite import needles
from app.engine.sqlite.needles import WINDOW, Needles

LETTERS = "ab é\x1f"


@pytest.mark.parametrize("bits", [needles._PAIR_BITS, 4])
@pytest.mark.parametrize("seed", range(20))
def test_the_rows_that_hold_one_of_many_texts_are_those_that_python_finds(
    seed: int, bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needles, "_PAIR_BITS", bits)
    chance = random.Random(seed)
    rows = ["".join(chance.choices(LETTERS, k=chance.randrange(30))) for _ in range(200)]
    texts = ["".join(chance.choices(LETTERS, k=chance.randrange(WINDOW, 14))) for _ in range(40)]
    texts += [row[:12] for row in rows[:20] if len(row) >= 12]
    held = [at for at, row in enumerate(rows) if any(text in row for text in texts)]
    assert Needles(texts).rows("\n".join(rows).encode()).tolist() == held


@pytest.mark.parametrize("text", ["", "a", "ab\nab", "abab", "\nabab\n"])
def test_texts_that_are_hardly_as_long_as_a_window_are_searched(text: str) -> None:
    held = [at for at, row in enumerate(text.split("\n")) if "abab" in row]
    assert Needles(["abab"]).rows(text.encode()).tolist() == held
