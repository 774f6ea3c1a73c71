"""Interest tags: which tags of items stand oftener among a member's likes than among everybody's, with shrinkage.

Pure counting, no torch, no numpy: it is asked of one member at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

SHRINK: Final = 5.0
"""Likes at the general rate that are added to a member's own: the fewer these are, the less they say."""
LEAST: Final = 2
"""Likes that a tag needs."""
Liked = tuple[Sequence[str], float]
"""Tags of an item and what it weighs, above 0: a like, faded or not."""


@dataclass(frozen=True, slots=True)
class Interest:
    """A tag, in how many of a member's likes it stands, and how many times oftener than in everybody's."""

    tag: str
    likes: int
    lift: float


def shares(liked: Iterable[Liked]) -> dict[str, float]:
    """In what share of likes each tag stands; of everybody's likes the rate that members are held against."""
    totals: dict[str, float] = {}
    whole = 0.0
    for tags, weight in liked:
        whole += weight
        for tag in set(tags):
            totals[tag] = totals.get(tag, 0.0) + weight
    return {tag: total / whole for tag, total in totals.items()} if whole > 0 else {}


def interests(
    liked: Sequence[Liked], everybody: Mapping[str, float], most: int = 8, shrink: float = SHRINK
) -> list[Interest]:
    """The tags that a member likes more than others do, the highest lift first, ties by the alphabet.

    lift = (Σ w_j [tag in j] + shrink · q) / (Σ w_j + shrink) / q, q the tag's share of everybody's likes:
    1 is the general rate, and with few likes all lifts are near it. Only tags with two likes or more, a
    lift above 1, and a share that is known.
    """
    whole = sum(weight for _, weight in liked)
    counts = Counter(tag for tags, _ in liked for tag in set(tags))
    own = shares(liked)
    found = [
        Interest(tag, count, (own[tag] * whole + shrink * q) / (whole + shrink) / q)
        for tag, count in counts.items()
        if count >= LEAST and (q := everybody.get(tag, 0.0)) > 0
    ]
    kept = [each for each in found if each.lift > 1]
    return sorted(kept, key=lambda each: (-each.lift, each.tag))[:most]
