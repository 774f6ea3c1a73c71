"""What the first page of the staff and their rail show: what waits, room by room, in few queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from curation.desk.findings import todo as curating
from curation.desk.findings.todo import ToDo
from curation.models import User
from curation.people.access import roles_of
from feedback.pages import todo as reading
from recsys.models import BlendProposal, DecisionProposal, Job, LiveModel, ModelVersion, Run
from recsys.operations import standing as operations
from recsys.operations.vitals import ROLES
from recsys.proposed.standing import counted
from recsys.runs.version_cards import VersionCard

LATELY: Final = timedelta(days=7)
"""A run that failed longer ago no longer waits for anybody."""


@dataclass(frozen=True, slots=True)
class Room:
    """One room of the staff and what waits in it."""

    key: str
    name: str
    tasks: list[ToDo]


@dataclass(frozen=True, slots=True)
class Count:
    """A number of the rail: where it stands, how many, in words, and how pressing."""

    place: str
    count: int
    words: str
    tone: str = ""


def rooms(user: User) -> list[Room]:
    """The rooms that a user works in, each with what waits there now."""
    now, roles = timezone.now(), roles_of(user)
    found = []
    if "curator" in roles:
        mine, read = curating.for_curators(user, now), reading.for_curators(now)
        tasks = [*mine, *_proposals(now), *read]
        found.append(Room("curate", _("Curate"), _pressing_first(tasks)))
    if "operator" in roles:
        tasks = [*_runs(now), *_versions(), *_workers(now)]
        found.append(Room("operate", _("Operate"), _pressing_first(tasks)))
    if "analyst" in roles:
        found.append(Room("read", _("Read"), list(reading.for_analysts(now))))
    return found


def _pressing_first(tasks: list[ToDo]) -> list[ToDo]:
    return sorted(tasks, key=lambda task: not task.is_grave)


def counts(user: User) -> list[Count]:
    """The numbers that stand in the rail of a user."""
    found, roles = [], roles_of(user)
    if "curator" in roles:
        (n, waiting), kept = curating.open_sets(user), curating.found()
        words = _("%(n)d for your approval") % {"n": waiting}
        found.append(Count("rail-approvals", waiting, words, "watch"))
        found.append(Count("rail-drafts", n, _("%(n)d open") % {"n": n}))
        words = _("%(n)d found") % {"n": kept.findings}
        tone = "bad" if kept.grave else "watch"
        found.append(Count("rail-findings", kept.findings, words, tone))
    if "operator" in roles:
        n = Run.objects.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING]).count()
        found.append(Count("rail-runs", n, _("%(n)d running or queued") % {"n": n}))
    if not {"curator", "operator", "analyst"}.isdisjoint(roles):
        n = counted(timezone.now()).total()
        found.append(Count("rail-proposals", n, _("%(n)d to decide") % {"n": n}))
    return found


def _proposals(now: datetime) -> Iterator[ToDo]:
    open_ones = counted(now)
    if n := open_ones[DecisionProposal.__name__]:
        words = ngettext(
            "A decision is proposed from evidence.", "Decisions are proposed from evidence.", n
        )
        yield ToDo(n, words, _("Accept, snooze or reject"), reverse("proposals:list"))
    if n := open_ones[BlendProposal.__name__]:
        words = ngettext(
            "A proposed blend waits for a decision.", "Proposed blends wait for a decision.", n
        )
        yield ToDo(n, words, _("Accept or reject"), reverse("proposals:list"))


def _runs(now: datetime) -> Iterator[ToDo]:
    """Runs that failed and were not made good since, and runs that do not move; one query."""
    later = Run.objects.filter(
        family=OuterRef("family"),
        state=Job.State.SUCCEEDED,
        finished_at__gt=OuterRef("finished_at"),
    )
    failed = Q(state=Job.State.FAILED, finished_at__gt=now - LATELY) & ~Exists(later)
    waits = Q(state=Job.State.QUEUED, requested_at__lt=now - operations.LONGEST_WAIT)
    stuck = Q(state=Job.State.RUNNING, lease_until__lt=now) | waits
    told = Run.objects.filter(failed | stuck).values_list("state", flat=True)
    states = list(told)
    if n := states.count(Job.State.FAILED):
        words = ngettext(
            "A run failed, and no later one of its family succeeded.",
            "Runs failed, and no later one of their family succeeded.",
            n,
        )
        yield ToDo(n, words, _("See why"), reverse("runs:list"), is_grave=True)
    if n := len(states) - states.count(Job.State.FAILED):
        words = ngettext(
            "A run is stuck: it waits too long, or its worker is gone.",
            "Runs are stuck: they wait too long, or their worker is gone.",
            n,
        )
        yield ToDo(n, words, _("Look at the queue"), reverse("runs:list"), is_grave=True)


def _versions() -> Iterator[ToDo]:
    """Versions that ranked surely better than the one that serves and that nobody promoted."""
    live = LiveModel.objects.filter(family=OuterRef("family"))
    newer = ModelVersion.objects.annotate(
        serving=Subquery(live.values("version")),
        number_serving=Subquery(live.values("version__number")),
    ).filter(number__gt=F("number_serving"), pruned_at=None)
    better = [each for each in newer if _is_better(each)]
    if better:
        words = ngettext(
            "A model version ranks better than the live one, and nobody promoted it.",
            "Model versions rank better than the live one, and nobody promoted them.",
            len(better),
        )
        more = _(", ").join(map(str, better[:3]))
        yield ToDo(len(better), words, _("Compare"), reverse("runs:models"), more=more)


def _is_better(version: ModelVersion) -> bool:
    beside = version.report.get("beside", {}).get("version")
    compared = beside == str(vars(version)["serving"])
    return compared and VersionCard(version, None, True).verdict == "better"


def _workers(now: datetime) -> Iterator[ToDo]:
    health = reverse("operations")
    if missing := operations.missing(now):
        words = ngettext(
            "A kind of worker is missing: its work waits.",
            "Kinds of workers are missing: their work waits.",
            len(missing),
        )
        more = _(", ").join(str(ROLES.get(role, role)) for role in missing)
        yield ToDo(len(missing), words, _("See the health"), health, more=more, is_grave=True)
    if late := operations.late_ticks(now):
        words = ngettext("A recurring task is late.", "Recurring tasks are late.", len(late))
        more = _(", ").join(sorted(late)[:3])
        yield ToDo(len(late), words, _("See the health"), health, more=more)
