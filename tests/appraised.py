"""A finished appraisal of a decision, for tests that only look at it."""

from __future__ import annotations

from typing import Any

from curation.models import Decision
from recsys.models import Appraisal, Job

LIFT = {
    "name": "clicks",
    "reached": 0.2,
    "spared": 0.1,
    "difference": 0.1,
    "low": 0.05,
    "high": 0.15,
    "verdict": "more",
    "why": None,
}
SIDES = {"reached": 90, "spared": 40}


def appraised(decision: Decision, item: str, title: str) -> Appraisal:
    """One that says that the decision took slots from an item, and brought clicks."""
    report = {
        "revision": 1,
        "holdback": 0.3,
        "traffic": 1.0,
        "exempt": False,
        "since": "2026-01-01T00:00:00+00:00",
        "members": SIDES,
        "slates": SIDES,
        "fired": 60,
        "crossed": 0,
        "lifts": [LIFT],
        "verdict": "more",
        "price": _price(item, title),
    }
    return Appraisal.objects.create(decision=decision, state=Job.State.SUCCEEDED, report=report)


def _price(item: str, title: str) -> dict[str, Any]:
    change = {"item": item, "outside_id": "", "title": title, "before": 2, "after": 1}
    return {
        "requests": 2,
        "changed": 1,
        "given_up": {"mean": 0.1, "low": 0.0, "high": 0.2},
        "placements": 20,
        "winners": [],
        "losers": [change],
        "fields": [{"field": "maker", "values": [{"value": title, "before": 1, "after": 2}]}],
        "bare": 1,
    }
