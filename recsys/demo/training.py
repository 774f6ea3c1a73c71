"""The demo's first models: one run of each family through the training worker, promoted as it succeeds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext_noop

from curation.models import User
from recsys.models import Job, LiveModel, Run
from recsys.runs import actions
from recsys.runs import words as run_words

FAMILIES: Final = ("popularity", "item_knn", "ease", "dot")
WAIT_S: Final = 0.5
LONGEST_S: Final = 1_800.0
Tell = Callable[[str], None]


class NotTrained(Exception):
    """A first model could not be made; the message says why."""


def missing() -> list[str]:
    """The families without a live model, in the order in which they are to be trained."""
    live = set(LiveModel.objects.values_list("family", flat=True))
    return [family for family in FAMILIES if family not in live]


def train(operator: User, parameters: Mapping[str, Mapping[str, Any]], tell: Tell) -> None:
    """Launch a run for each family without a live model, wait for it, promote what it gives.

    Runs that an earlier start left behind are waited for, or promoted. Raises NotTrained.
    """
    runs = {family: _run(family, parameters.get(family, {}), operator) for family in missing()}
    for family, run in runs.items():
        ended = _ended(run, tell)
        if ended.state != Job.State.SUCCEEDED:
            why = run_words.failure_of(ended) or ""
            raise NotTrained(f"{family}: {ended.get_state_display()}. {why}")
        actions.promote(
            version_id=ended.version.id,
            actor=operator,
            reason=gettext_noop("The first model of its family, for the demo"),
        )
        figures = ended.report["validation"]["last"]["members"]
        tell(f"{family}: live; NDCG@10 on validation {figures['ndcg']:.4f} (n = {figures['n']})")


def _run(family: str, parameters: Mapping[str, Any], operator: User) -> Run:
    usable = Run.objects.filter(family=family, state__in=[*Job.OPEN, Job.State.SUCCEEDED])
    return usable.order_by("-id").first() or actions.request_run(
        family=family,
        parameters=parameters,
        actor=operator,
        note=gettext_noop("The first model, for the demo"),
    )


def _ended(run: Run, tell: Tell) -> Run:
    """Wait for the end of a run, telling each new stage."""
    told, deadline = "", time.monotonic() + LONGEST_S
    while True:
        now = Run.objects.select_related("progress", "version").get(pk=run.pk)
        if now.state not in Job.OPEN:
            return now
        if time.monotonic() > deadline:
            raise NotTrained(
                f"{run.family}: no end after {LONGEST_S:.0f} s; is a training worker up?"
            )
        stage = run_words.stage_of(now.progress)
        if now.state == Job.State.RUNNING and stage != told:
            told = stage
            tell(f"{run.family}: {told}")
        time.sleep(WAIT_S)
