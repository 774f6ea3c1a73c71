"""Proposing a blend: weights by conditional logit on what members turned to, and what it would gain.

The cases must be younger than all that the scorers learnt. Half of their members fit the weights, the other
half tells what that is worth. Dims: B cases, C candidates of a case (padded), M scorers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recsys.ml.blends.choosing import Blend, utilities
from recsys.ml.blends.logit import LogitFit
from recsys.ml.blends.questions import STEADY, Watch, ask_all, quiet
from recsys.ml.data.interactions import History, Vocabulary
from recsys.ml.evaluation import metrics
from recsys.ml.evaluation.asking import Case, Score, batches, hits_of, spread, top
from recsys.ml.evaluation.intervals import Interval, difference
from recsys.ml.evaluation.reports import DEPTH

MOST_FITTING: Final = 2_000
MOST_JUDGING: Final = 3_000
Gains = Mapping[str, NDArray[np.float64]]
PROPOSED, PRESENT = "proposed", "present"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A blend with what members who did not fit it say of it.

    ``fitted_on`` members fitted the weights: those whose target was a candidate. NDCG@10 is over the
    whole catalogue: ``ndcg`` by scorer alone, under ``proposed``, and under ``present`` for the blend of
    now; ``over_best`` and ``over_present`` are the gains over the best scorer alone and over that blend.
    """

    blend: Blend
    fitted_on: int
    best: str
    ndcg: Mapping[str, Interval]
    over_best: Interval
    over_present: Interval

    def as_json(self) -> dict[str, Any]:
        """The proposal as plain data."""
        return asdict(self)


def propose(
    scorers: Mapping[str, Score],
    cases: Sequence[Case],
    catalogue: Vocabulary,
    present: Blend,
    watch: Watch = quiet,
) -> Proposal:
    """Fit a blend of all scorers on one half of the members and judge it on the other.

    Raises ValueError where nobody has a history and a target, or no target is among the candidates.
    """
    asked = [case for case in cases if len(case.history) and case.targets[-1] in catalogue]
    if len(asked) < 2:
        raise ValueError("fewer than two members have a history and turned to an item since")
    question = ask_all(scorers, spread(asked[::2], MOST_FITTING), catalogue, STEADY, watch)
    blend = LogitFit(question, watch).best()
    singles = {name: Blend({name: 1.0}, {name: "none"}) for name in scorers}
    rivals = {**singles, PROPOSED: blend, PRESENT: present}
    gains = _gains(rivals, scorers, spread(asked[1::2], MOST_JUDGING), catalogue, watch)
    best = max(singles, key=lambda name: gains[name].mean())
    return Proposal(
        blend=blend,
        fitted_on=len(question.target),
        best=best,
        ndcg={name: Interval.of(each) for name, each in gains.items()},
        over_best=difference(gains[PROPOSED], gains[best]),
        over_present=difference(gains[PROPOSED], gains[PRESENT]),
    )


def from_last_item(cases: Sequence[Case]) -> list[Case]:
    """The same cases where all that is known is the item before: what a page of similar items is asked."""
    return [
        Case(case.member, _liked(case.history), case.targets)
        for case in cases
        if len(case.history) and case.history.items[-1] not in case.targets
    ]


def _liked(history: History) -> History:
    return History.of([(history.items[-1], 1.0, float(history.times[-1]))])


def _gains(
    rivals: Mapping[str, Blend],
    scorers: Mapping[str, Score],
    cases: Sequence[Case],
    catalogue: Vocabulary,
    watch: Watch,
) -> Gains:
    """NDCG@10 of every rival per case [B]; each scorer is asked once per batch."""
    gains = {name: np.zeros(len(cases)) for name in rivals}
    for rows, batch in batches(cases):
        watch("judge", rows.start, len(cases))
        histories = [case.history for case in batch]
        raw = {name: score(histories, catalogue) for name, score in scorers.items()}
        counts = np.array([len(case.targets) for case in batch])
        for name, blend in rivals.items():
            lists = top(utilities(blend, raw), batch, catalogue)[:, :DEPTH]
            gains[name][rows] = metrics.ndcg(hits_of(lists, batch, catalogue), counts)
    return gains
