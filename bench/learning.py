"""Learning on the demo data: seconds of each fit, quality by both cuts, the chosen blend, and new members.

Every figure is over the whole catalogue with what was seen masked; ± is one standard error.
"""

from __future__ import annotations

import csv
import gzip
import math
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recsys.ml import registry
from recsys.ml.blending import Blend, blended, choose
from recsys.ml.evaluation import ALL, Case, Known, Score, cases_after
from recsys.ml.interactions import History, Interactions, Vocabulary
from recsys.ml.options import TrainingOptions
from recsys.ml.reports import Report, evaluate
from recsys.ml.scorer import Scorer, Training
from recsys.ml.splitting import temporal_cuts

DATA = Path(__file__).resolve().parent.parent / "recsys" / "demo"
TRAINING = Training(TrainingOptions())
GENRE = "War"
PEER = 0.076
"""Best of the peers without time (tuned on validation) on the same cases, measured once."""
NEW_MEMBERS = 50


def rows(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / f"movietweetings-demo.{name}.csv.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def interactions() -> Interactions:
    rated = rows("interactions")
    stars = np.array([max(1, math.ceil(float(row["rating"]) / 2)) for row in rated])
    return Interactions.of(
        [row["user_id"] for row in rated],
        [row["item_id"] for row in rated],
        np.select([stars >= 4, stars == 3], [1.0, 0.5], 0.0).astype(np.float32),
        [float(row["timestamp"]) for row in rated],
    )


def fitted(family: str, seen: Interactions, catalogue: Vocabulary, **given: object) -> Scorer:
    config = registry.parse_config(family, given)
    return registry.learner_of(family)(config, seen, catalogue, TRAINING)


def fits(seen: Interactions, catalogue: Vocabulary) -> dict[str, Score]:
    scorers: dict[str, Score] = {}
    for family in registry.FAMILIES:
        began = time.perf_counter()
        scorers[family] = fitted(family, seen, catalogue).score
        print(f"  {family:12} fitted in {time.perf_counter() - began:6.1f} s, one thread")
    return scorers


def tell(name: str, report: Report) -> None:
    figures = report.members
    print(
        f"  {name:34} NDCG@10 {figures.ndcg:.4f} ± {figures.ndcg_se:.4f}  recall@10 "
        f"{figures.recall:.4f}  coverage {report.coverage:.3f}  n {figures.n}"
        f"  ({report.newcomers.n} without history: {report.newcomers.ndcg:.3f})"
    )


def published(whole: Interactions, catalogue: Vocabulary, cut: float) -> None:
    """The protocol in which peers without time were measured: every event counts, all are targets."""
    known = Known.of(whole.before(float(np.quantile(whole.times, 0.8))))
    cases = cases_after(whole, cut, targets=ALL, known=known)
    seen = whole.before(cut)
    scorers: dict[str, Score] = {}
    for family, given in (
        ("popularity", {"half_life_days": 36_500.0}),
        ("popularity", {"half_life_days": 3.0}),
        ("ease", {"regularization": 300.0, "decay": 1.0}),
        ("ease", {"regularization": 300.0, "decay": 0.8}),
    ):
        scorer = fitted(family, seen, catalogue, counts="event", **given)
        scorers[family] = scorer.score
        compare(
            f"{family} {' '.join(map(str, given.values()))}",
            evaluate(scorer.score, cases, catalogue),
        )
    blend = Blend(dict.fromkeys(scorers, 1.0), dict.fromkeys(scorers, "z"))
    compare("z + z of the last two of each", evaluate(blended(blend, scorers), cases, catalogue))


def compare(name: str, report: Report) -> None:
    tell(name, report)
    print(f"    {report.members.ndcg / PEER:.2f} × BM25 nearest neighbours ({PEER})")


def new_members(score: Score, catalogue: Vocabulary, rated: Counter[object]) -> None:
    """Five of the twenty most rated films of a genre, rated well: more of that genre in the first 50?"""
    genre = {row["item_id"] for row in rows("items") if GENRE in row["genres"].split("|")}
    best = sorted(genre, key=lambda item: -rated[item])[:20]
    chance = np.random.default_rng(0)
    picks = [chance.choice(20, 5, replace=False) for _ in range(NEW_MEMBERS)]
    histories = [
        History.of((best[at], 1.0, float(n)) for n, at in enumerate(pick)) for pick in picks
    ]
    histories.append(History.of(()))
    *counts, before = (
        sum(item in genre for item in first(row, history, catalogue))
        for row, history in zip(score(histories, catalogue), histories, strict=True)
    )
    more = sum(count > before for count in counts)
    mean = sum(counts) / len(counts)
    print(f"  {GENRE} films rise for {more} of {NEW_MEMBERS}: {before} before, {mean:.1f} after")


def first(row: np.ndarray, history: History, catalogue: Vocabulary) -> list[object]:
    ranked = np.where(np.isnan(row), -np.inf, row)
    ranked[catalogue.indexes(history.items)] = -np.inf
    return list(catalogue.at(np.argsort(-ranked, kind="stable")[:50].astype(np.int32)))


def main() -> None:
    whole = interactions()
    catalogue = Vocabulary.of(row["item_id"] for row in rows("items"))
    cuts = temporal_cuts(whole)
    print("Fitted before the validation cut")
    scorers = fits(whole.before(cuts.validation), catalogue)
    began = time.perf_counter()
    choice = choose(scorers, cases_after(whole, cuts.validation, cuts.test), catalogue)
    print(f"Validation, target = last event; blend chosen in {time.perf_counter() - began:.1f} s")
    for name, report in (*choice.alone.items(), ("blend", choice.report)):
        tell(name, report)
    print(f"  {choice.blend}\n  beats each of its scorers: {choice.beats_all}")
    print("Fitted before the test cut")
    scorers = fits(whole.before(cuts.test), catalogue)
    asked: dict[str, list[Case]] = {
        "last event": cases_after(whole, cuts.test),
        "all events": cases_after(whole, cuts.test, targets=ALL),
    }
    for targets, cases in asked.items():
        print(f"Test, target = {targets}")
        for name, score in {**scorers, "blend": blended(choice.blend, scorers)}.items():
            tell(name, evaluate(score, cases, catalogue))
    print("Test, all events of members and items known at 80 % of time, every event counts")
    published(whole, catalogue, cuts.test)
    print("Fitted on everything")
    score = blended(choice.blend, fits(whole, catalogue))
    new_members(score, catalogue, Counter(whole.item_ids.at(whole.items)))


if __name__ == "__main__":
    main()
