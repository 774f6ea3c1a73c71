"""How much feedback a training needs at the very least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from recsys.ml.scorer import Untrainable

LEAST_INTERACTIONS: Final = 10
LEAST_MEMBERS: Final = 2
LEAST_ITEMS: Final = 2
LEAST_LIKED: Final = 1


@dataclass(frozen=True, slots=True)
class Amount:
    """What there is to learn from; `liked` counts the interactions with a reward above 0."""

    interactions: int
    members: int
    items: int
    liked: int

    def lacks(self) -> tuple[str, int, int] | None:
        """The first thing that there is too little of: its name, how much there is, how much it takes."""
        demands = (
            ("interactions", self.interactions, LEAST_INTERACTIONS),
            ("members", self.members, LEAST_MEMBERS),
            ("items", self.items, LEAST_ITEMS),
            ("liked", self.liked, LEAST_LIKED),
        )
        return next((demand for demand in demands if demand[1] < demand[2]), None)

    def check(self) -> None:
        """Raise Untrainable where no family could learn anything."""
        if lack := self.lacks():
            name, there, least = lack
            message = f"{there} {name}, at least {least} are needed. Collect or import more feedback first."
            raise Untrainable(message, reason=f"too_few_{name}", there=there, least=least)
