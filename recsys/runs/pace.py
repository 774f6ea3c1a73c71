"""How long a run takes: what earlier ones of its family took, and what is left of one that runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from recsys.models import Job, Run, RunProgress
from recsys.screens import durations

LOOKED_AT: Final = 20
COUNTED: Final = 5
PARTS: Final = ("validation", "test", "final")
TRAINING: Final = "training"
"""The stage whose steps are epochs; what comes after it in a part is short beside it."""
LEAST_SHARE: Final = 0.05
"""Of a run; with less done, its pace says nothing."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What so many earlier runs took, in seconds; `alike` if all of them had the same settings."""

    family: str
    n: int
    median: float
    longest: float
    alike: bool

    def __str__(self) -> str:
        told = {"n": self.n, "took": durations.say(self.median), "family": self.family}
        if self.alike:
            return (
                ngettext(
                    "%(took)s, as %(n)s earlier run with these settings took.",
                    "%(took)s, the median of %(n)s earlier runs with these settings.",
                    self.n,
                )
                % told
            )
        return (
            ngettext(
                "%(took)s, as %(n)s earlier run of %(family)s with other settings took.",
                "%(took)s, the median of %(n)s earlier runs of %(family)s with other settings.",
                self.n,
            )
            % told
        )


def usual(family: str, parameters: Mapping[str, Any]) -> Usual | None:
    """What the last runs of a family took, those with the same settings where there are any; one query."""
    done = Run.objects.filter(family=family, state=Job.State.SUCCEEDED, started_at__isnull=False)
    rows = done.order_by("-finished_at").values_list("started_at", "finished_at", "parameters")
    told = list(rows[:LOOKED_AT])
    alike = [row for row in told if row[2] == parameters]
    taken = [_seconds(began, ended) for began, ended, _ in (alike or told)[:COUNTED]]
    if not taken:
        return None
    return Usual(family, len(taken), median(taken), max(taken), bool(alike))


def left(run: Run, told: RunProgress, before: Usual | None, now: datetime) -> str:
    """How long a running run will go on, and by what that is known, in the language that is active."""
    elapsed = _seconds(run.started_at, now)
    share = share_done(told)
    if before and before.alike and elapsed < before.longest:
        return _about(before.median - elapsed, _("by earlier runs with these settings"))
    if share >= LEAST_SHARE:
        return _about(elapsed * (1 - share) / share, _("by its pace so far"))
    if before and elapsed < before.longest:
        return _about(before.median - elapsed, _("by earlier runs of the family"))
    if before:
        words = _("It takes longer than earlier runs did: they took %(took)s.")
        return words % {"took": durations.say(before.median)}
    return _("How long it takes is not known yet: no run of this family has finished.")


def took(run: Run, now: datetime) -> str:
    """How long a run took, or has run so far; empty where it has not begun."""
    if run.started_at is None:
        return ""
    return durations.say(_seconds(run.started_at, run.finished_at or now))


def share_done(told: RunProgress) -> float:
    """The share of the three fits that is done, by their own steps; 0 where they count none."""
    if told.part not in PARTS or (not told.curve and told.stage != TRAINING):
        return 0.0
    within = told.done / told.total if told.stage == TRAINING and told.total else 1.0
    return (PARTS.index(told.part) + min(1.0, within)) / len(PARTS)


def _about(seconds: float, by: str) -> str:
    told = {"left": durations.say(max(1.0, seconds)), "by": by}
    return _("About %(left)s left, %(by)s.") % told


def _seconds(began: datetime | None, ended: datetime | None) -> float:
    return (ended - began).total_seconds() if began and ended else 0.0
