"""Which decisions in force are spent: due to be looked at again, and measured to bring nothing.

Read from the newest appraisal of each pin and rule whose review date has come or whose window is over. A decision is
spent in one of two ways:

- *Nil*: it spares somebody, clicks or likes per slate could be told (`recsys.appraisals.lifts`), and of every
  figure that could be, the interval leaves no lift worth having: at most `USEFUL` of the rate of those whom it
  spares, and at most `USEFUL_STARS` stars.
- *Idle*: at least `LEAST_REPLAYED` of the latest requests were replayed with and without it, and it changed none of
  them, nor had it anything to do in a slate that was served.

An appraisal of another revision, or one older than `FRESH`, says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.timezone import localtime

from curation.decisions.lineages import now_in_force
from curation.models import Decision, Revision
from recsys.models import Appraisal, Job

USEFUL: Final = 0.05
USEFUL_STARS: Final = 0.05
LEAST_REPLAYED: Final = 100
FRESH: Final = timedelta(days=7)

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spent:
    """A decision that is spent; `figures` are the figures that say so, `weight` the slates that they rest on."""

    revision: Revision
    way: str
    figures: dict[str, Any]
    weight: int


def spent(at: datetime, *, simulated: bool) -> Iterator[Spent]:
    """The decisions that are spent at an instant; two queries."""
    today = localtime(at).date()
    kinds = (Decision.Kind.PIN, Decision.Kind.RULE)
    due = now_in_force().filter(
        Q(review_on__lte=today) | Q(until__lte=at), decision__kind__in=kinds
    )
    rows = {row.decision_id: row for row in due.order_by("pk")}
    for decision, report in _appraised(rows, at, simulated=simulated).items():
        row = rows[decision]
        if report["revision"] == row.number and (found := judge(report)):
            way, figures, weight = found
            yield Spent(row, way, {**figures, **_since(row, at)}, weight)


def _appraised(rows: Mapping[UUID, Revision], at: datetime, *, simulated: bool) -> dict[UUID, Told]:
    """The report of the newest appraisal of each of these decisions that is fresh."""
    found = Appraisal.objects.filter(
        decision__in=rows,
        simulated=simulated,
        state=Job.State.SUCCEEDED,
        requested_at__gt=at - FRESH,
    )
    newest = found.order_by("decision_id", "-requested_at").distinct("decision_id")
    return dict(newest.values_list("decision_id", "report"))


def _since(row: Revision, at: datetime) -> dict[str, Any]:
    """What made it due: its window is over, or its review date has come."""
    if row.until and row.until <= at:
        return {"due": "over", "day": localtime(row.until).date().isoformat()}
    assert row.review_on is not None  # noqa: S101 - one of the two made it due
    return {"due": "review", "day": row.review_on.isoformat()}


def judge(report: Told) -> tuple[str, dict[str, Any], int] | None:
    """Whether an appraisal says that a decision is spent: the way, its figures, and on how many slates they rest."""
    known = {lift["name"]: lift for lift in report["lifts"] if lift["low"] is not None}
    main = known.get("clicks") or known.get("likes")
    if main:
        if not all(map(_is_nil, known.values())):
            return None
        slates = report["slates"]["reached"] + report["slates"]["spared"]
        told = ("name", "reached", "spared", "difference", "low", "high")
        return "nil", {name: main[name] for name in told}, slates
    price = report["price"]
    if not price or price["requests"] < LEAST_REPLAYED or price["changed"] or report["fired"]:
        return None
    return "idle", {"requests": price["requests"]}, price["requests"]


def _is_nil(lift: Told) -> bool:
    """Whether the interval of a figure leaves no lift worth having."""
    worth = USEFUL_STARS if lift["name"] == "stars" else USEFUL * lift["spared"]
    return bool(lift["high"] <= worth)
