"""A sweep that is done, of few points and known figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recsys.models import BlendSweep, Job

SCALES = {"ease": "log_z", "popularity": "z"}
# Weights of ease and popularity, marks, NDCG@10, coverage, novelty, on the front.
POINTS: Sequence[tuple[float, float, list[str], float, float, float, bool]] = (
    (1.0, 1.0, ["present"], 0.08, 0.20, 3.5, False),
    (0.5, 1.0, ["proposed"], 0.10, 0.20, 3.5, True),
    (1.0, 0.0, ["alone"], 0.07, 0.30, 3.9, True),
    (0.0, 1.0, ["alone"], 0.09, 0.01, 4.8, True),
    (0.75, 0.25, [], 0.06, 0.25, 3.6, False),
)


def interval(mean: float) -> dict[str, Any]:
    """A mean of forty members between two ends."""
    return {"n": 40, "mean": mean, "low": mean - 0.01, "high": mean + 0.01}


def report(**more: Any) -> dict[str, Any]:
    """What a worker leaves."""
    points = [
        {
            "weights": {"ease": ease, "popularity": popularity},
            "beta": 1.25,
            "marks": marks,
            "ndcg": interval(ndcg),
            "gain": interval(ndcg - 0.08),
            "recall": 2 * ndcg,
            "coverage": coverage,
            "novelty": novelty,
            "diversity": None,
            "front": front,
        }
        for ease, popularity, marks, ndcg, coverage, novelty, front in POINTS
    ]
    told = {
        "points": points,
        "scales": SCALES,
        "judged_on": 40,
        "fitted_on": 12,
        "cut": 1_700_000_000.0,
        "until": None,
        "items": 100,
        "labels": {"ease": "ease 3", "popularity": "popularity 1"},
        "left_out": [],
    }
    return told | more


def swept(surface: str = "home", **more: Any) -> BlendSweep:
    """The row of it, made of no live version."""
    return BlendSweep.objects.create(
        surface_id=surface,
        state=Job.State.SUCCEEDED,
        present={"weights": {"ease": 1.0, "popularity": 1.0}, "scales": SCALES, "beta": 1.0},
        report=report(**more),
    )
