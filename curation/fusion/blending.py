"""Step 4: one utility per candidate, from the scorers and the blend that holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from curation.fusion.candidates import Candidates
from curation.fusion.fixed import LARGEST_PART, Fixed, Floats, Mask, to_fixed
from curation.fusion.policy import Blend, Scale
from curation.fusion.scales import scaled
from curation.fusion.slate import BlendUsed

DEFAULT_SCALE: Final = Scale.LOG_Z
DEFAULT_BETA: Final = 1.0


@dataclass(frozen=True, slots=True)
class Blended:
    """The blend's arithmetic, arrays over n candidates.

    ``utility`` = sum of ``parts`` + ``rounding``. ``unknown`` marks where a part is to be told as null.
    ``scored`` is false where no scorer of weight > 0 knows the item.
    """

    used: BlendUsed
    utility: Fixed
    parts: Mapping[str, Fixed]
    unknown: Mapping[str, Mask]
    rounding: Fixed
    scored: Mask


def blend(candidates: Candidates, blends: Sequence[Blend]) -> Blended:
    """Weigh the scorers by the first of ``blends`` (all alike where there is none)."""
    used = _settle(candidates, blends)
    size = len(candidates)
    total, scored = np.zeros(size), np.zeros(size, np.bool_)
    parts: dict[str, Fixed] = {}
    unknown: dict[str, Mask] = {}
    for scorer in sorted(candidates.scores):
        part, missing = _part(candidates, scorer, used)
        parts[scorer], unknown[scorer] = to_fixed(part), missing
        total += part
        if used.weights.get(scorer):
            scored |= ~missing
    utility = to_fixed(total)
    rounding = utility - sum(parts.values(), np.zeros(size, np.int64))
    return Blended(used, utility, parts, unknown, rounding, scored)


def _part(candidates: Candidates, scorer: str, used: BlendUsed) -> tuple[Floats, Mask]:
    """β · weight × scaled score, 0 where unknown, and where it is unknown."""
    size = len(candidates)
    weight = used.weights.get(scorer, 0.0)
    if not weight:
        return np.zeros(size), np.full(size, scorer in used.left_out)
    scores, statistics = candidates.scores[scorer], candidates.statistics[scorer]
    with np.errstate(over="ignore"):
        values = scaled(scores, statistics, used.scales[scorer]) * (used.beta * weight)
    missing = np.isnan(scores)
    part = np.clip(np.where(missing, 0.0, values), -LARGEST_PART, LARGEST_PART)
    return part, missing


def _settle(candidates: Candidates, blends: Sequence[Blend]) -> BlendUsed:
    """Weights after those left out are shared among the rest; scales and beta by inheritance."""
    given = blends[0].weights if blends else dict.fromkeys(candidates.scores, 1.0)
    wanted = {scorer: given[scorer] for scorer in sorted(given) if given[scorer] > 0}
    left_out = {scorer: why for scorer in wanted if (why := _why_left_out(candidates, scorer))}
    kept = sum(weight for scorer, weight in wanted.items() if scorer not in left_out)
    share = sum(wanted.values()) / kept if left_out and kept else 1.0
    weights = {
        scorer: 0.0 if scorer in left_out else wanted.get(scorer, 0.0) * share
        for scorer in sorted({*candidates.scores, *given})
    }
    return BlendUsed(
        decision=blends[0].lineage if blends else None,
        weights=weights,
        scales={scorer: inherited_scale(scorer, blends) for scorer in sorted(candidates.scores)},
        beta=inherited_beta(blends),
        left_out=left_out,
    )


def _why_left_out(candidates: Candidates, scorer: str) -> str:
    if scorer not in candidates.scores:
        return "absent"
    return "" if candidates.statistics[scorer].count else "knows_nothing"


def inherited_beta(blends: Sequence[Blend]) -> float:
    """The β of the first of some blends, the strongest first, that has one."""
    return next((each.beta for each in blends if each.beta is not None), DEFAULT_BETA)


def inherited_scale(scorer: str, blends: Sequence[Blend]) -> Scale:
    """The scale of a scorer in the first of some blends, the strongest first, that names one."""
    return next((each.scales[scorer] for each in blends if scorer in each.scales), DEFAULT_SCALE)
