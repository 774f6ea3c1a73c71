"""Time of one fuse of full size against the least that numpy could do with the same arrays.

Run: python bench/fusion.py [rounds]
1,000 candidates, 5 scorers, 50 rules, 10 pins, depth 50, one exploring slot in ten, one core; and the fuse alone of
5,000 candidates, 6 scorers, 200 rules, 40 pins, more than slates are ever chosen from.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from unittest import mock
from uuid import UUID

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from curation.fusion import candidates as chosen_from
from curation.fusion.candidates import Candidates, pack_ids, statistics_of
from curation.fusion.codec import encode_inputs, encode_slate, slate_body
from curation.fusion.columns import Column, Kind
from curation.fusion.context import Context
from curation.fusion.effects import Boost, Bury, BuryToBottom, Cap, Effect, Exclude, Quota
from curation.fusion.engine import fuse
from curation.fusion.parsing import parse
from curation.fusion.policy import Blend, Pin, Policy, RepeatPolicy, Rule, Scope, SurfaceSettings
from curation.fusion.refill import serve
from curation.fusion.seeds import seed_of

NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)
GENRES = tuple(f"Genre {at}" for at in range(20))
SCORERS = ("dot", "ease", "item_knn", "popularity", "sequence", "content")
SCHEMA = {"genres": Kind.TAGS, "year": Kind.NUMBER, "studio": Kind.TEXT}


@dataclass(frozen=True)
class Size:
    """How much is fused, and in how many milliseconds it is to be done."""

    candidates: int
    scorers: int
    rules: int
    pins: int
    most_ms: float


USUAL = Size(1_000, 5, 50, 10, 10)
LARGE = Size(5_000, 6, 200, 40, 25)


def make_candidates(chance: Random, of: Size) -> Candidates:
    """Candidates with scores, three attributes and some ratings."""
    size, noise = of.candidates, np.random.default_rng(chance.randrange(1 << 32))
    scores = {scorer: noise.normal(size=size) for scorer in SCORERS[: of.scorers]}
    for values in scores.values():
        values[noise.random(size) < 0.1] = np.nan
    return Candidates(
        ids=pack_ids(UUID(int=chance.getrandbits(128)) for _ in range(size)),
        scores=scores,
        statistics={scorer: statistics_of(values) for scorer, values in scores.items()},
        active=np.ones(size, np.bool_),
        rated=noise.random(size) < 0.05,
        columns={
            "genres": Column.of(Kind.TAGS, [chance.sample(GENRES, 3) for _ in range(size)]),
            "year": Column.of(Kind.NUMBER, [chance.randrange(1930, 2020) for _ in range(size)]),
            "studio": Column.of(Kind.TEXT, [f"Studio {at % 90}" for at in range(size)]),
        },
    )


def make_policy(chance: Random, candidates: Candidates, of: Size) -> Policy:
    """Rules of all common effects, pins one to a slot, and a blend."""

    def decided() -> dict[str, object]:
        return {
            "lineage": UUID(int=chance.getrandbits(128)),
            "published_at": NOW,
            "scope": Scope(surface="home"),
        }

    effects: list[Effect] = [Boost(0.3), Bury(0.2), Boost(0.1), BuryToBottom(), Exclude()]
    rules = []
    for at in range(of.rules):
        where = [
            {"field": "genres", "op": "has", "value": chance.choice(GENRES)},
            {"field": "year", "op": "ge", "value": 1990 + at % 50 // 2},
            {"field": "studio", "op": "eq", "value": f"studio {at % 90}"},
        ]
        broad = at % 5 < 3
        what = {"all": where[:2] if broad else where}
        effect: Effect = effects[at % 5]
        if at in (0, 5):
            effect = Cap(4, 20, "genres" if at else "")
        if at == 10:
            effect = Quota(3, 20)
        rules.append(Rule(effect=effect, what=parse(what, SCHEMA), **decided()))  # type: ignore[arg-type]
    pins = [
        Pin(item=candidates.item(row), slot=1 + 40 // of.pins * at, **decided())  # type: ignore[arg-type]
        for at, row in enumerate(chance.sample(range(of.candidates), of.pins))
    ]
    weights = dict.fromkeys(candidates.scores, 1.0)
    blend = Blend(weights=weights, **decided())  # type: ignore[arg-type]
    surface = SurfaceSettings(
        "home", exploring=frozenset(range(10, 51, 10)), repeat=RepeatPolicy(rated=True)
    )
    return Policy(surface, rules=tuple(rules), pins=tuple(pins), blends=(blend,))


def least_work(candidates: Candidates) -> object:
    """The weighted sum of the same arrays and its order."""
    total = np.zeros(len(candidates))
    for values in candidates.scores.values():
        total += np.nan_to_num(values)
    return np.argsort(-total)


def timed(action: Callable[[], object], rounds: int) -> tuple[float, float, float]:
    """Median and 95th percentile of an action's milliseconds, and the 95th of those on the processor."""
    taken, worked = [], []
    for _ in range(rounds):
        start, idle = perf_counter(), process_time()
        action()
        taken.append((perf_counter() - start) * 1e3)
        worked.append((process_time() - idle) * 1e3)
    p50, p95 = np.percentile(taken, (50, 95)).tolist()
    return p50, p95, float(np.percentile(worked, 95))


def main(rounds: int) -> int:
    """Print the timings; fails where a fuse takes longer than is wanted."""
    return _usual(rounds) + _large(rounds)


def asked(of: Size) -> tuple[Candidates, Policy, Context, int]:
    """What is fused: the arguments of `fuse`."""
    chance = Random(7)
    candidates = make_candidates(chance, of)
    policy = make_policy(chance, candidates, of)
    context = Context("home", NOW, subject=UUID(int=chance.getrandbits(128)))
    return candidates, policy, context, seed_of("home", context.subject, NOW)


def _usual(rounds: int) -> int:
    arguments = asked(USUAL)
    slate = fuse(*arguments)
    body = slate_body(slate)
    gone = {body["placements"][0]["item"], body["placements"][6]["item"]}
    rows: dict[str, Callable[[], object]] = {
        "fuse": lambda: fuse(*arguments),
        "weighted sum and argsort": lambda: least_work(arguments[0]),
        "body for the cache": lambda: slate_body(slate),
        "trace as canonical JSON": lambda: encode_slate(slate),
        "inputs stored for replay": lambda: encode_inputs(*arguments),
        "serve 50, two removed": lambda: serve(body, gone, 50),
        "serve 50, none removed": lambda: serve(body, set(), 50),
    }
    results = {name: timed(action, rounds) for name, action in rows.items()}
    for name, each in results.items():
        _tell(name, each)
    ratio = results["fuse"][0] / results["weighted sum and argsort"][0]
    print(f"fuse / weighted sum and argsort, medians: {ratio:.1f}")
    stored = len(encode_inputs(*arguments))
    print(f"inputs {stored:,} bytes, trace {len(encode_slate(slate)):,} bytes")
    return _judged(USUAL, results["fuse"][2])


def _large(rounds: int) -> int:
    # Slates are chosen from fewer: here alone the engine takes more.
    with mock.patch.object(chosen_from, "MOST_CANDIDATES", LARGE.candidates):
        arguments = asked(LARGE)
        taken = timed(lambda: fuse(*arguments), rounds)
    _tell("fuse, large", taken)
    return _judged(LARGE, taken[2])


def _tell(name: str, taken: tuple[float, float, float]) -> None:
    p50, p95, worked = taken
    print(f"{name:26} p50 {p50:8.3f} ms  p95 {p95:8.3f} ms  p95 on the processor {worked:8.3f} ms")


def _judged(of: Size, slowest: float) -> int:
    """On one core: what others make it wait is not its own time."""
    verdict = "kept" if slowest <= of.most_ms else "missed"
    what = f"{of.candidates:,} × {of.scorers} × {of.rules} × {of.pins}"
    print(
        f"{what}: fuse p95 {slowest:.1f} ms of one core (wanted at most {of.most_ms:g}): {verdict}"
    )
    print(f"load average {os.getloadavg()[0]:.1f}", flush=True)
    return int(slowest > of.most_ms)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
