"""The stages that every run goes through, in order, and where one stands among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recsys.models import Job, Run, RunProgress
from recsys.runs import words as run_words

STEPS: Final[tuple[tuple[str, str | Promise], ...]] = (
    ("queued", gettext_lazy("Waiting")),
    ("snapshot", gettext_lazy("Data")),
    ("validation", gettext_lazy("Fit for validation")),
    ("test", gettext_lazy("Fit for the test")),
    ("final", gettext_lazy("Final fit")),
    ("policy", gettext_lazy("After the policy")),
)
ENDED_EARLY: Final = (Job.State.FAILED, Job.State.CANCELLED, Job.State.SKIPPED)


@dataclass(frozen=True, slots=True)
class Step:
    """One stage; `standing` is done, now, stopped or later."""

    name: str
    standing: str

    @property
    def word(self) -> str:
        """Where it stands, for whoever does not see the mark."""
        words = {"done": _("done"), "now": _("now"), "stopped": _("stopped here")}
        return words.get(self.standing, _("to come"))


def steps_of(run: Run, told: RunProgress | None) -> list[Step]:
    """The stages of a run with where it stands."""
    at = _at(told)
    return [Step(str(title), _standing(run, at, place)) for place, (_, title) in enumerate(STEPS)]


def spoken(run: Run, told: RunProgress | None) -> str:
    """What a screen reader is told of a running run: the stage, and each tenth of it that is done."""
    if run.state != Job.State.RUNNING or told is None:
        return ""
    stage = run_words.stage_of(told)
    if told.total <= 1:
        return stage
    tenth = 10 * min(10, int(10 * told.done / told.total))
    return _("%(stage)s, %(percent)s %%") % {"stage": stage, "percent": tenth}


def _at(told: RunProgress | None) -> int:
    if told is None:
        return 0
    names = [name for name, _ in STEPS]
    for code in (told.stage, told.part):
        if code in names:
            return names.index(code)
    return 0


def _standing(run: Run, at: int, place: int) -> str:
    if run.state == Job.State.SUCCEEDED or place < at:
        return "done"
    if place > at:
        return "later"
    return "stopped" if run.state in ENDED_EARLY else "now"
