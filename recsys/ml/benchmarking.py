"""Scorers on a split: tuned on validation with the train part only, fitted on both, asked about the test.

Dims: B members asked, I items, n = 100 places of a list.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from recsys.ml.blends.choosing import Blend, blended
from recsys.ml.blends.learned import learn
from recsys.ml.data.interactions import Indexes
from recsys.ml.evaluation.asking import Case, Judged, Score, batches, judge, ranked
from recsys.ml.evaluation.predicting import Errors, errors
from recsys.ml.evaluation.reports import Report, World
from recsys.ml.families import registry
from recsys.ml.scorer import Scorer, Training, Untrainable
from recsys.ml.splits.files import Split
from recsys.ml.tuning import Asked, Tuned, tune, untuned

BLEND: Final = "blend"
PLACES: Final = 100
ALONE: Final = frozenset({"context", "rating"})
"""Families that no blend takes by itself: one asks when the targets came about, the other foretells stars."""
COUNTS: Final = {"counts": "event"}
"""Every event is a target here, so every event teaches; families without this setting do without."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a scorer came to: seconds of the last fit and of scoring all members asked, peak bytes of both.

    ``settings`` are what validation chose, of a blend its weights and scales; ``tuning_s`` is how long that took;
    ``errors`` those of ratings, where it predicts them.
    """

    name: str
    settings: Mapping[str, Any]
    judged: Judged
    report: Report
    tuning_s: float
    fit_s: float
    score_s: float
    peak_bytes: int
    errors: Errors | None
    score: Score = field(repr=False)


@dataclass(eq=False)
class Bench:
    """A split with its questions; models tuned or fitted once are kept for the blend.

    ``given`` are settings by family: one that is named there has these and is not tuned.
    """

    split: Split
    training: Training
    say: Say = print
    given: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tuned: dict[str, Tuned] = field(default_factory=dict)
    fitted: dict[str, Scorer] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.both = self.split.both
        self.validation = self.split.validation_cases()
        self.test = self.split.test_cases()
        self.ranked = self.split.ranked
        self.world = World.of(self.both, self.ranked[1])

    def run(self, name: str, among: Sequence[str]) -> Result:
        """One scorer, or the blend of those ``among`` which fit the data; raises Untrainable."""
        _forget_peak()
        began = time.perf_counter()
        if name == BLEND:
            blend = self._learned(among)
            settings: Mapping[str, Any] = {"weights": blend.weights, "scales": blend.scales}
        else:
            settings = self.settings(name)
        tuning_s = time.perf_counter() - began
        _forget_peak()
        score, fit_s = self._blend_score(blend) if name == BLEND else self._final(name)
        began = time.perf_counter()
        judged = judge(score, self.test, self.ranked[1])
        score_s = time.perf_counter() - began
        report = Report.of(judged, self.world)
        peak = _peak()
        rated = None if name == BLEND else errors(self.fitted[name], self.both, self.split.test)
        return Result(name, settings, judged, report, tuning_s, fit_s, score_s, peak, rated, score)

    def chosen(self, family: str) -> Tuned:
        """The settings of a family, tuned once."""
        if family not in self.tuned:
            cases = [case for case in self.validation if len(case.history)]
            fixed = COUNTS if _counts(family) else {}
            asked = Asked(cases, self.ranked[0])
            asks = (self.split.train, asked, self.split.catalogue, self.training)
            if family in self.given:
                self.tuned[family] = untuned(family, *asks, self.settings(family))
            else:
                self.tuned[family] = tune(family, *asks, fixed)
        return self.tuned[family]

    def settings(self, family: str) -> Mapping[str, Any]:
        """The settings of a family's last fit."""
        if family not in self.given:
            return self.chosen(family).settings
        return {**(COUNTS if _counts(family) else {}), **self.given[family]}

    def _final(self, family: str) -> tuple[Score, float]:
        if family not in self.fitted:
            config = registry.parse_config(family, self.settings(family))
            learn_family = registry.learner_of(family)
            began = time.perf_counter()
            self.fitted[family] = learn_family(
                config, self.both, self.split.catalogue, self.training
            )
            self.seconds[family] = time.perf_counter() - began
        return self.fitted[family].score, self.seconds[family]

    def _learned(self, among: Sequence[str]) -> Blend:
        scorers: dict[str, Score] = {}
        for family in among:
            try:
                scorers[family] = self.chosen(family).scorer.score
            except Untrainable as error:
                self.say(f"{family} is left out of the blend: {error}")
        if not scorers:
            raise Untrainable("no scorer fits the data, so there is nothing to blend")
        return learn(scorers, self.validation, self.ranked[0])

    def _blend_score(self, blend: Blend) -> tuple[Score, float]:
        used = [family for family, weight in blend.weights.items() if weight > 0]
        finals = {family: self._final(family) for family in used}
        scorers = {family: score for family, (score, _) in finals.items()}
        return blended(blend, scorers), sum(seconds for _, seconds in finals.values())


def fitting(split: Split, with_texts: bool) -> tuple[str, ...]:
    """The families that a split has the data for: those that read texts only where there are some."""
    return tuple(
        name
        for name, each in registry.FAMILIES.items()
        if with_texts or not (each.reads_texts or each.reads_words)
    )


def blended_by_itself(split: Split, with_texts: bool) -> tuple[str, ...]:
    """The families among which a blend is learned unless others are named: those that need no gradients.

    They are tuned in minutes where the others take an hour, and what they lack in strength alone a blend makes up.
    """
    return tuple(
        name
        for name in fitting(split, with_texts)
        if not registry.family(name).by_gradient and name not in ALONE
    )


def lists(score: Score, cases: Sequence[Case], split: Split) -> tuple[Indexes, Indexes]:
    """The members asked [B] and the 100 best unseen items of each [B, 100], padded with -1, as indexes."""
    members = split.train.member_ids.indexes(case.member for case in cases)
    offered = split.ranked[1]
    places = split.catalogue.indexes(offered.ids)
    items = np.full((len(cases), PLACES), -1, np.int32)
    for rows, batch in batches(cases):
        scores = score([case.history for case in batch], offered)
        best = ranked(scores, batch, offered, PLACES)
        items[rows] = np.where(best < 0, -1, places[best])
    return members, items


def write_lists(path: Path, score: Score, cases: Sequence[Case], split: Split) -> int:
    """Write ``users`` [B] and ``items`` [B, 100] as an npz file; returns how many members it holds."""
    members, items = lists(score, cases, split)
    with path.open("wb") as file:
        np.savez_compressed(file, users=members, items=items)
    return len(members)


def _counts(family: str) -> bool:
    return any(each.name == "counts" for each in registry.family(family).settings)


def _forget_peak() -> None:
    """Have Linux count the peak of memory anew from here; elsewhere it stays that of the whole process."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def _peak() -> int:
    """The most memory resident since it was last forgotten, in bytes; 0 where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    line = next((each for each in status.splitlines() if each.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) * 1024
