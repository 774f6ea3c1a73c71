"""A run as pages show it: where it stands, what it uses, why it failed, its place in the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from recsys.models import Run
from recsys.runs import pace as run_pace
from recsys.runs import queueing, scorecards, setting_words
from recsys.runs import words as run_words
from recsys.runs.queueing import Place
from recsys.runs.readiness import Check
from recsys.runs.scorecards import Figure
from recsys.runs.words import Told


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a fit uses now, and the most that it used; GPU figures are None where there is none."""

    cpu: float | None
    memory: float | None
    most_memory: float | None
    gpu: float | None
    gpu_memory: float | None
    most_gpu_memory: float | None


@dataclass(frozen=True, slots=True)
class RunCard:
    """One run in words. `score` is its NDCG@10 on the test, `beside` the version that it is compared with."""

    run: Run
    stage: str
    failure: Told | None
    place: Place | None
    waits: str
    lines: Sequence[Line]
    usage: Usage | None
    took: str
    score: Figure | None
    beside: str

    @property
    def settings(self) -> list[tuple[str, str]]:
        """Its settings and options by their names."""
        return setting_words.named({**self.run.parameters, **self.run.options})


@dataclass(frozen=True, slots=True)
class CheckCard:
    """One thing that a training needs, in words."""

    ok: bool
    text: str
    remedy: str


def cards(runs: Sequence[Run]) -> list[RunCard]:
    """The cards of runs that were read with their progress; three queries more where one of them waits."""
    places = queueing.places(runs)
    return [_card(run, places.get(run.id)) for run in runs]


def checks(found: Sequence[Check]) -> list[CheckCard]:
    """What was looked at before a launch, in words."""
    return [CheckCard(each.ok, *run_words.check_of(each)) for each in found]


def _card(run: Run, place: Place | None) -> RunCard:
    told = getattr(run, "progress", None)
    score, beside = scorecards.score_of(run.report)
    return RunCard(
        run=run,
        stage=run_words.stage_of(told) if told else "",
        failure=run_words.failure_of(run),
        place=place,
        waits=run_words.waits_of(place) if place else "",
        lines=[_line(line) for line in told.log] if told else [],
        usage=_usage(told.readings) if told else None,
        took=run_pace.took(run, timezone.now()),
        score=score,
        beside=beside,
    )


def _line(line: Mapping[str, Any]) -> Line:
    return Line(datetime.fromisoformat(line["at"]), run_words.line_of(line))


def _usage(readings: Sequence[Mapping[str, Any]]) -> Usage | None:
    if not readings:
        return None
    last = readings[-1]
    most = {
        name: max((each[name] for each in readings if name in each), default=None)
        for name in ("memory", "gpu_memory")
    }
    return Usage(
        last.get("cpu"),
        last.get("memory"),
        most["memory"],
        last.get("gpu"),
        last.get("gpu_memory"),
        most["gpu_memory"],
    )
