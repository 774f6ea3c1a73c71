"""Learning on the demo data: seconds of each fit, quality by both cuts, the chosen blend, and new members.

Every figure is over the whole catalogue with what was seen masked; ± is one standard error.
"""

from __future__ import annotations

import csv
import gzip
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recsys.embeddings import encoders
from recsys.ml.blends.choosing import Blend, Choice, blended, choose
from recsys.ml.data.encoder import Encoder
from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.data.vectors import Texts, Vectors
from recsys.ml.evaluation.asking import ALL, Case, Known, Score, cases_after
from recsys.ml.evaluation.reports import Report, evaluate
from recsys.ml.families import registry
from recsys.ml.families.options import TrainingOptions
from recsys.ml.scorer import Scorer, Training
from recsys.ml.splits.temporal import temporal_cuts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsys.config.settings")  # says which encoder
DATA = Path(__file__).resolve().parent.parent / "recsys" / "demo"
DEMO = ("popularity", "item_knn", "ease", "dot")
"""What the demo trains and blends at its start."""
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
        stars=stars.astype(np.float32),
    )


def said() -> Texts:
    """The texts of all items, as the product makes them."""
    items = rows("items")
    texts = (f"{row['title']}\nGenres: {row['genres'].replace('|', ', ')}" for row in items)
    return Texts(Vocabulary.of(row["item_id"] for row in items), tuple(texts))


def embedded() -> Vectors:
    """The vectors of all items' texts, by the language model that comes along."""
    chosen = encoders.current()
    assert chosen.folder is not None
    encoder = Encoder.load(chosen.folder, chosen.sha256)
    told = said()
    texts = told.values
    began = time.perf_counter()
    vectors = encoder.encode(list(texts))
    seconds = time.perf_counter() - began
    print(f"{len(texts)} texts embedded in {seconds:.1f} s, {len(texts) / seconds:.0f} a second")
    return Vectors(told.items, vectors)


@cache
def training() -> Training:
    return Training(TrainingOptions(), vectors=embedded(), texts=said())


def fitted(family: str, seen: Interactions, catalogue: Vocabulary, **given: object) -> Scorer:
    config = registry.parse_config(family, given)
    return registry.learner_of(family)(config, seen, catalogue, training())


def fits(
    seen: Interactions, catalogue: Vocabulary, families: Iterable[str] = registry.FAMILIES
) -> dict[str, Score]:
    scorers: dict[str, Score] = {}
    training()
    for family in families:
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
    for family, given in (
        ("als", {"decay": 1.0, "dislike": 0.0}),
        ("als", {}),
        ("user_knn", {}),
        ("transitions", {}),
    ):
        scorer = fitted(family, seen, catalogue, counts="event", **given)
        named = " ".join(f"{name} {value}" for name, value in given.items())
        compare(f"{family} {named}", evaluate(scorer.score, cases, catalogue))


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
    asked = cases_after(whole, cuts.validation, cuts.test)
    demo, every = (
        chosen(names, {family: scorers[family] for family in families}, asked, catalogue)
        for names, families in (("the demo's", DEMO), ("all", tuple(registry.FAMILIES)))
    )
    print("Fitted before the test cut")
    scorers = fits(whole.before(cuts.test), catalogue)
    blends = {
        "blend of the demo's": blended(demo.blend, scorers),
        "blend of all": blended(every.blend, scorers),
    }
    parts: dict[str, list[Case]] = {
        "last event": cases_after(whole, cuts.test),
        "all events": cases_after(whole, cuts.test, targets=ALL),
    }
    for targets, cases in parts.items():
        print(f"Test, target = {targets}")
        for name, score in {**scorers, **blends}.items():
            tell(name, evaluate(score, cases, catalogue))
    print("Test, all events of members and items known at 80 % of time, every event counts")
    published(whole, catalogue, cuts.test)
    print("Fitted on everything")
    score = blended(demo.blend, fits(whole, catalogue, DEMO))
    new_members(score, catalogue, Counter(whole.item_ids.at(whole.items)))


def chosen(
    names: str, scorers: dict[str, Score], cases: list[Case], catalogue: Vocabulary
) -> Choice:
    """Choose a blend on validation and tell what it and its scorers come to."""
    began = time.perf_counter()
    choice = choose(scorers, cases, catalogue)
    seconds = time.perf_counter() - began
    print(f"Validation, target = last event; blend of {names} chosen in {seconds:.1f} s")
    for name, report in (*choice.alone.items(), ("blend", choice.report)):
        tell(name, report)
    print(f"  {choice.blend}\n  beats each of its scorers: {choice.beats_all}")
    return choice


if __name__ == "__main__":
    main()
