"""A sweep of five scorers on the demo data: seconds of one core, points and lists a second, memory, and the front.

Run: python bench/blend_grid.py
Fitted before the validation cut, judged on what members turned to until the test cut. Seconds are those of the
processor, so that other work on the machine counts for little.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bench.learning import interactions, rows
from recsys.ml.blends.choosing import Blend, blended
from recsys.ml.blends.grid import Swept, sweep
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.evaluation.asking import Score, cases_after
from recsys.ml.evaluation.reports import World, evaluate
from recsys.ml.families import registry
from recsys.ml.scorer import Training
from recsys.ml.splits.temporal import temporal_cuts

FAMILIES = ("popularity", "item_knn", "ease", "transitions", "svd")
MOST_S = 60.0
"""How long a sweep may take of one core: a curator waits for it."""


def scorers(seen: Interactions, catalogue: Vocabulary) -> dict[str, Score]:
    found: dict[str, Score] = {}
    for family in FAMILIES:
        config = registry.parse_config(family, {})
        learn = registry.learner_of(family)
        found[family] = learn(config, seen, catalogue, Training()).score
    return found


def tell(swept: Swept) -> None:
    for point in sorted(swept.points, key=lambda each: -each.ndcg.mean):
        if point.front or point.marks:
            weights = ", ".join(f"{name} {each:g}" for name, each in point.weights.items() if each)
            print(
                f"  {point.ndcg.mean:.4f} [{point.ndcg.low:.4f}, {point.ndcg.high:.4f}]  "
                f"coverage {point.coverage:.3f}  novelty {point.novelty:.2f}  {weights}"
                f"  {' '.join(point.marks)}{' front' if point.front else ''}"
            )


def main() -> int:
    whole, items = interactions(), rows("items")
    catalogue = Vocabulary.of(row["item_id"] for row in items)
    cuts = temporal_cuts(whole)
    seen = whole.before(cuts.validation)
    world = World.of(seen, catalogue, [row["genres"].split("|") for row in items])
    cases = cases_after(whole, cuts.validation, cuts.test)
    asked = scorers(seen, catalogue)
    present = Blend(dict.fromkeys(FAMILIES, 1.0), dict.fromkeys(FAMILIES, "log_z"))
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    swept = sweep(asked, cases, catalogue, present, world)
    took = time.process_time() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    points, lists = len(swept.points), len(swept.points) * swept.judged_on
    print(
        f"  {points} points, n = {swept.judged_on} members, {len(catalogue)} items: {took:.1f} s of one core, "
        f"{points / took:.0f} points and {lists / took:,.0f} lists a second, {grown:.0f} MB more at most"
    )
    began = time.process_time()
    known = [case for case in cases if len(case.history) and case.targets[-1] in catalogue]
    told = evaluate(blended(present, asked), known, catalogue, world=world)
    alone = time.process_time() - began
    print(
        f"  one such blend by the evaluation: {alone:.1f} s, {alone * points / took:.0f} × for all"
    )
    tell(swept)
    same = abs(told.members.ndcg - swept.points[0].ndcg.mean) < 1e-9
    print(f"  the present blend by both: {'the same' if same else 'NOT the same'}")
    return int(took > MOST_S or not same)


if __name__ == "__main__":
    sys.exit(main())
