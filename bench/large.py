"""Learning at size: 10 million interactions of 200,000 members with 50,000 items, and lists of 100 for 20,000 members.

    python bench/large.py --share 1     all of it, one family after the other; it wants a quiet machine
    python bench/large.py als           a hundredth of members, interactions and items, one family

Each family is fitted in a process of its own, whose peak of resident memory must stay below 12 GB; `ease` has to
say beforehand that so many items exceed its memory, and what to train instead.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recsys.ml.data.interactions import Indexes, Interactions, Vocabulary
from recsys.ml.evaluation.asking import Case, batches, ranked
from recsys.ml.families import registry
from recsys.ml.families.options import TrainingOptions
from recsys.ml.scorer import Scorer, Training, Untrainable

INTERACTIONS, MEMBERS, ITEMS, ASKED = 10_000_000, 200_000, 50_000, 20_000
FAMILIES: Final = ("als", "dot", "item_knn", "transitions", "ease")
REFUSED: Final = "ease"
MOST_BYTES: Final = 12e9
PLACES: Final = 100
TASTES: Final = 200
OWN: Final = 0.7
"""Share of a member's interactions that are with items of their taste."""
DAYS: Final = 365.0
DAY_S: Final = 86_400.0


def interactions(share: float, seed: int = 0) -> Interactions:
    """Members of many tastes, few of them very active, and items of which few are very popular; likes alone."""
    chance = np.random.default_rng(seed)
    n, members, items = (max(2, int(each * share)) for each in (INTERACTIONS, MEMBERS, ITEMS))
    activity = chance.lognormal(0, 1, members)
    who = chance.choice(members, n, p=activity / activity.sum()).astype(np.int32)
    tastes = chance.integers(0, TASTES, members)
    what = _popular(chance, n, items)
    own = chance.random(n) < OWN
    wanted = tastes[who[own]]
    what[own] = np.minimum(
        _popular(chance, int(own.sum()), items) // TASTES * TASTES + wanted, items - 1
    )
    when = chance.random(n) * DAYS * DAY_S
    ids = (Vocabulary.of(range(members)), Vocabulary.of(range(items)))
    likes, decided = np.ones(n, np.float32), np.zeros(n, bool)
    return Interactions.in_order(who, what.astype(np.int32), likes, when, decided, ids)


def _popular(chance: np.random.Generator, n: int, items: int) -> NDArray[np.int64]:
    """Items by a power law: place r about as often as 1 / (r + 10)."""
    weights = 1 / (np.arange(items) + 10.0)
    return chance.choice(items, n, p=weights / weights.sum())


def lists(scorer: Scorer, rows: Interactions, asked: int) -> Indexes:
    """The 100 best unseen items of the first members who did anything [B, 100]."""
    first = np.unique(rows.members)[:asked].tolist()
    cases = [Case(each, rows.history_at(each), ()) for each in first]
    found = np.full((len(cases), PLACES), -1, np.int32)
    for at, batch in batches(cases):
        scores = scorer.score([case.history for case in batch], rows.item_ids)
        found[at] = ranked(scores, batch, rows.item_ids, PLACES)
    return found


def measure(family: str, share: float, threads: int) -> int:
    """Fit one family, list for members, print what it took; returns 1 where it may not be so."""
    rows = interactions(share)
    options = TrainingOptions(device="cpu", threads=threads)
    began = time.perf_counter()
    try:
        learn = registry.learner_of(family)
        config = registry.parse_config(family, {})
        scorer = learn(config, rows, rows.item_ids, Training(options))
    except Untrainable as refused:
        print(
            f"| {family} | refused after {time.perf_counter() - began:.1f} s: {refused} |",
            flush=True,
        )
        return int(family != REFUSED)
    fitted = time.perf_counter()
    found = lists(scorer, rows, max(1, int(ASKED * share)))
    told = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    cells = (family, f"{fitted - began:.1f} s", f"{told - fitted:.1f} s", f"{peak / 1e9:.2f} GB")
    print(f"| {' | '.join(cells)} |", flush=True)
    return int(peak > MOST_BYTES or (found[:, 0] < 0).any() or (family == REFUSED and share == 1.0))


def main() -> int:
    """Measure one family, or each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("family", nargs="?", choices=FAMILIES)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    if given.family:
        return measure(given.family, given.share, given.threads)
    print("| family | fit | top 100 | peak memory |\n|---|---|---|---|", flush=True)
    words = ["--share", str(given.share), "--threads", str(given.threads)]
    command = [sys.executable, __file__]
    failed = [
        family
        for family in FAMILIES
        if subprocess.run([*command, family, *words], check=False).returncode
    ]
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
