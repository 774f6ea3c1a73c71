"""The blend that validation teaches: by likelihood or by NDCG, whichever held on members that did not teach it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from recsys.ml.blends.choosing import Blend, blended, choose
from recsys.ml.blends.logit import LogitFit
from recsys.ml.blends.questions import STEADY, ask_all, quiet
from recsys.ml.data.interactions import Vocabulary
from recsys.ml.evaluation.asking import Case, Score
from recsys.ml.evaluation.reports import evaluate

MOST_CASES: Final = 4_000
Scorers = Mapping[str, Score]
Way = Callable[[Scorers, Sequence[Case], Vocabulary], Blend]


def learn(scorers: Scorers, cases: Sequence[Case], catalogue: Vocabulary, seed: int = 0) -> Blend:
    """Choose weights and scales on an even share of the cases, at most 4,000, that have a history.

    Conditional logit explains all that was chosen, ascent on NDCG the first places only: half of the members
    teach both, the other half says which ranks better, and that way learns from all. NDCG is of all
    targets of a case; of its likelihood one speaks, drawn by ``seed``, so that a busy member counts as any
    other. Raises ValueError where nobody has a history and a target.
    """
    known = [
        case for case in cases if len(case.history) and set(case.targets) & catalogue.places.keys()
    ]
    asked = known[:: max(1, -(-len(known) // MOST_CASES))]
    if not asked:
        raise ValueError("no validation case has a history and a target in the catalogue")
    if len(scorers) == 1:
        return Blend(dict.fromkeys(scorers, 1.0), dict.fromkeys(scorers, "z"))
    chance = np.random.default_rng(seed)
    asked = [_drawn(case, catalogue, chance) for case in asked]
    if len(asked) < 2 * len(scorers):
        return by_ndcg(scorers, asked, catalogue)
    reached = {
        way: evaluate(
            blended(way(scorers, asked[::2], catalogue), scorers), asked[1::2], catalogue
        ).members.ndcg
        for way in WAYS
    }
    best = max(WAYS, key=lambda way: reached[way])
    return best(scorers, asked, catalogue)


def by_ndcg(scorers: Scorers, cases: Sequence[Case], catalogue: Vocabulary) -> Blend:
    """Coordinate ascent on NDCG@10 from the best scorer alone."""
    return choose(scorers, cases, catalogue).blend


def by_likelihood(scorers: Scorers, cases: Sequence[Case], catalogue: Vocabulary) -> Blend:
    """Conditional logit over the union of the scorers' candidates, non-negative."""
    return LogitFit(ask_all(scorers, cases, catalogue, STEADY, quiet), quiet).best()


WAYS: Final[tuple[Way, ...]] = (by_likelihood, by_ndcg)


def _drawn(case: Case, catalogue: Vocabulary, chance: np.random.Generator) -> Case:
    """The case with one of its targets drawn to stand last: the one of its likelihood."""
    offered = [item for item in case.targets if item in catalogue]
    last = offered.pop(int(chance.integers(len(offered))))
    return Case(case.member, case.history, (*offered, last))
