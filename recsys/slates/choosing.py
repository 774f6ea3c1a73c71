"""Which items fuse chooses from: a few hundred of the catalogue, and none missing that would be shown.

Dims: n items of the catalogue. Rows are its rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from curation.fusion.blending import Blended, blend
from curation.fusion.boosts import boost
from curation.fusion.candidates import MOST_CANDIDATES, Candidates
from curation.fusion.context import Context
from curation.fusion.eligibility import Masks, judge
from curation.fusion.fixed import Floats, Rows
from curation.fusion.matching import Table
from curation.fusion.organic import seen
from curation.fusion.policy import Policy, SurfaceSettings
from curation.fusion.standing import Standing, standing

SPARE: Final = 3
BY_BLEND: Final = 200
BY_SCORER: Final = 50
BY_RULE: Final = 50
EVEN_IF_SEEN: Final = 10


@dataclass(frozen=True, eq=False)
class Whole(Candidates):
    """The whole catalogue in the shape of candidates, whatever its size; chosen from, never fused.

    ``places`` is the catalogue's own index, which need not be made again for each slate.
    """

    places: Mapping[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Nothing to check: it is made of one catalogue's arrays."""

    @property
    def index(self) -> Mapping[bytes, int]:
        """Id bytes to row."""
        return self.places


def choose(whole: Whole, policy: Policy, context: Context) -> Rows:
    """The rows to fuse, at most 1,000, best by the blend first.

    First of all every pin, and what the slots would take: the best that may be shown, by the utility after
    the rules, `SPARE` times as many as there are slots, since caps and the diversity knob pass some over.
    Then the best by the blend, each scorer's own best and each rule's best targets, seen and denied ones
    too, so that the trace tells of them; of these the lowest by the blend are left out first.
    """
    held = standing(policy, context)
    table = Table(len(whole), whole.columns, whole.index)
    masks = {rule.lineage: table.matches(rule.what) for rule in held.rules}
    blended = blend(whole, held.blends)
    ranked = np.lexsort((-blended.utility, ~blended.scored))
    kept = np.zeros(len(whole), np.bool_)
    kept[_pinned(whole, held)] = True
    kept[_open(whole, policy.surface, held, masks, blended)] = True
    others = np.zeros(len(whole), np.bool_)
    others[np.concatenate([ranked[:BY_BLEND], *_told_of(whole, held, masks, ranked)])] = True
    first = ranked[kept[ranked]]
    then = ranked[(others & ~kept)[ranked]]
    return np.asarray(np.concatenate([first, then])[:MOST_CANDIDATES])


def _pinned(whole: Whole, held: Standing) -> Rows:
    found = (whole.row(pin.item) for pin in held.pins)
    return np.fromiter((row for row in found if row is not None), np.intp)


def _open(
    whole: Whole, surface: SurfaceSettings, held: Standing, masks: Masks, blended: Blended
) -> Rows:
    """The best that may be shown; and a few if seen, since an allow-list of only those is not empty."""
    boosted = boost(blended, held.rules, masks)
    allowed = judge(whole, held, masks).allowed
    order = np.lexsort((-boosted.utility, boosted.tier))
    unseen = allowed & ~seen(whole, surface.repeat)
    wanted = min(SPARE * (surface.depth + surface.reserve), MOST_CANDIDATES - BY_BLEND)
    return np.concatenate([order[unseen[order]][:wanted], order[allowed[order]][:EVEN_IF_SEEN]])


def _told_of(whole: Whole, held: Standing, masks: Masks, ranked: Rows) -> Iterator[Rows]:
    for scores in whole.scores.values():
        yield _highest(scores)
    for rule in held.rules:
        yield ranked[masks[rule.lineage][ranked]][:BY_RULE]


def _highest(scores: Floats) -> Rows:
    """A scorer's own best, of equal ones the first rows; which stands before which does not matter here."""
    known = np.flatnonzero(~np.isnan(scores))
    if len(known) <= BY_SCORER:
        return known
    values = scores[known]
    least = np.partition(values, -BY_SCORER)[-BY_SCORER]
    above, alike = known[values > least], known[values == least]
    return np.concatenate([above, alike[: BY_SCORER - len(above)]])
