"""How well an organisation fits a question: its tier, and its place within the tier (lookup 2.3)."""

from enum import IntEnum
from typing import NamedTuple

SECOND_NAME = 0.9
"""Share of what a word counts in a second name: the first line of the address, or the name of a branch."""


class Tier(IntEnum):
    """How an organisation was found, the best first."""

    CODE = 1
    NAME = 2
    NAME_BEGINS = 3
    EVERY_WORD = 4
    MOST = 5


class Fit(NamedTuple):
    """The tier, a share of 0 to 1 that compares within the tier, and what matched."""

    tier: Tier
    share: float
    matched: str

    @property
    def score(self) -> float:
        """The fit as one number from 0 to 1, which falls from tier to tier."""
        low, span = _SCORES[self.tier]
        return round(low + span * min(max(self.share, 0), 1), 3)

    @property
    def order(self) -> tuple[int, float]:
        """The sort key of fits, the best first."""
        return self.tier, -round(self.share, 3)

    def or_better(self, other: "Fit") -> "Fit":
        """Return the other fit if it is better, else this one."""
        return min(self, other, key=lambda fit: fit.order)

    def or_worse(self, other: "Fit") -> "Fit":
        """Return the other fit if it is worse, else this one."""
        return max(self, other, key=lambda fit: fit.order)

    def second(self) -> "Fit":
        """Return the fit of an organisation that has this one by a second name."""
        return Fit(max(self.tier, Tier.EVERY_WORD), SECOND_NAME * self.share, "address")


_SCORES = {
    Tier.CODE: (1.0, 0.0),
    Tier.NAME: (0.95, 0.05),
    Tier.NAME_BEGINS: (0.9, 0.05),
    Tier.EVERY_WORD: (0.7, 0.2),
    Tier.MOST: (0.0, 0.7),
}
