"""What distinguishes a cluster of members, found in their numbers and told in a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Trait = dict[str, Any]

FIELDS: Final = (
    *("ratings", "interactions", "mean_rating", "positive_share"),
    *("morning", "afternoon", "evening", "night", "weekend"),
)
"""What is asked of members' behaviour, in the order of its columns."""

CLEARLY: Final = 0.4
"""In deviations of a member: how far the mean of a cluster must be from that of all to be told."""
_ALIKE: Final = 0.3
LEAST_SHARE: Final = 0.04
LEAST_LIFT: Final = 1.1
MOST_TAGS: Final = 2

_WORDS: Final = {
    ("night", True): gettext_lazy("Night"),
    ("morning", True): gettext_lazy("Morning"),
    ("afternoon", True): gettext_lazy("Afternoon"),
    ("evening", True): gettext_lazy("Evening"),
    ("weekend", True): gettext_lazy("Weekend"),
    ("weekend", False): gettext_lazy("Weekdays"),
    ("mean_rating", True): gettext_lazy("rates high"),
    ("mean_rating", False): gettext_lazy("rates low"),
    ("positive_share", True): gettext_lazy("likes most"),
    ("positive_share", False): gettext_lazy("likes little"),
    ("ratings", True): gettext_lazy("many ratings"),
    ("ratings", False): gettext_lazy("few ratings"),
    ("interactions", True): gettext_lazy("very active"),
    ("interactions", False): gettext_lazy("seldom here"),
}
_GROUPS: Final = (
    ("night", "morning", "afternoon", "evening", "weekend"),
    ("mean_rating", "positive_share"),
    ("ratings", "interactions"),
)
"""Of each group the clearest trait is told: when, how they rate, how much they do."""


def traits_of(behaviour: Floats, likes: Floats, inside: Mask, tags: Sequence[str]) -> list[Trait]:
    """The traits of the members inside [M, bool] among all: behaviour [M, F], likes [M, T] by tag."""
    apart = deviations(behaviour, inside)
    told = [_clearest(apart, group) for group in _GROUPS]
    found: list[Trait] = [trait for trait in told if trait]
    named = lifted(likes, inside, tags)
    if named:
        found.insert(1 if found and found[0]["field"] in _GROUPS[0] else 0, {"tags": named})
    return found


def deviations(behaviour: Floats, inside: Mask) -> dict[str, float]:
    """By field: how far the mean inside is from that of all, in deviations of a member."""
    found = {}
    for at, field in enumerate(FIELDS):
        values = behaviour[:, at]
        known = np.isfinite(values)
        spread = values[known].std() if known.any() else 0.0
        if spread > 1e-9 and (known & inside).any():
            gap = values[known & inside].mean() - values[known].mean()
            found[field] = float(gap / spread)
    return found


def lifted(likes: Floats, inside: Mask, tags: Sequence[str]) -> list[str]:
    """The tags that are liked more inside than by all, the clearest first."""
    if not likes.size or not likes[inside].sum():
        return []
    here = likes[inside].sum(axis=0) / likes[inside].sum()
    everywhere = likes.sum(axis=0) / likes.sum()
    lift = here / np.maximum(everywhere, 1e-12)
    clear = [at for at in range(len(tags)) if here[at] >= LEAST_SHARE and lift[at] >= LEAST_LIFT]
    # A tag that is both common and lifted says most: its share beyond what was to be expected.
    clear.sort(key=lambda at: (-round(float(here[at] - everywhere[at]), 9), tags[at]))
    return [tags[at] for at in clear[:MOST_TAGS]]


def name_of(traits: Sequence[Mapping[str, Any]]) -> str:
    """A readable name of traits."""
    words = [
        ", ".join(trait["tags"]) if "tags" in trait else str(_WORDS[trait["field"], trait["high"]])
        for trait in traits
    ]
    return " · ".join(words) or _("Like most members")


def names_of(clusters: Sequence[Sequence[Mapping[str, Any]]]) -> list[str]:
    """The names of clusters by their traits; those alike are numbered."""
    plain = [name_of(traits) for traits in clusters]
    seen: dict[str, int] = {}
    names = []
    for name in plain:
        seen[name] = seen.get(name, 0) + 1
        names.append(f"{name} {seen[name]}" if plain.count(name) > 1 else name)
    return names


def _clearest(apart: Mapping[str, float], group: Sequence[str]) -> Trait | None:
    """The first of a group among those that are about as clear as the clearest."""
    told = {
        field: abs(apart[field])
        for field in group
        if abs(apart.get(field, 0.0)) >= CLEARLY and (field, apart[field] > 0) in _WORDS
    }
    if not told:
        return None
    most = max(told.values())
    field = next(field for field, gap in told.items() if gap >= most - _ALIKE)
    return {"field": field, "high": apart[field] > 0}
