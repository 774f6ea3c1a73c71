"""What waits for those who read feedback: new comments, and what changed within a week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from curation.desk.findings.todo import ToDo
from curation.models import PolicyVersion
from feedback.models import Comment, Tally

WEEK: Final = timedelta(days=7)
ALIKE: Final = 0.005
"""A change below half a percent is none."""


def for_curators(now: datetime) -> Iterator[ToDo]:
    """Comments of the last seven days that other members can read."""
    told = Comment.objects.filter(written_at__gt=now - WEEK, hidden_at=None)
    if n := told.count():
        words = ngettext(
            "A comment was written in the last seven days.",
            "Comments were written in the last seven days.",
            n,
        )
        yield ToDo(n, words, _("Read"), reverse("feedback:comments"))


def for_analysts(now: datetime) -> Iterator[ToDo]:
    """What members did in the last seven days beside the seven before, and what curators published."""
    report = reverse("feedback:report")
    days = f"?start={(now - WEEK).date()}&end={now.date()}&simulated=on"
    if published := PolicyVersion.objects.filter(published_at__gt=now - WEEK).count():
        words = ngettext(
            "A policy version was published in the last seven days.",
            "Policy versions were published in the last seven days.",
            published,
        )
        yield ToDo(published, words, _("See what came of it"), report + days)
    lately, before = _told(now)
    if lately or before:
        words = ngettext(
            "Time that a member gave feedback in the last seven days.",
            "Times that members gave feedback in the last seven days.",
            lately,
        )
        more = _change(lately, before)
        yield ToDo(lately, words, _("Read the report"), report + days, more=more)


def _told(now: datetime) -> tuple[int, int]:
    """How much members told in the last seven days, and in the seven before."""
    recent = Q(since__gte=now - WEEK)
    rows = Tally.objects.filter(since__gte=now - 2 * WEEK)
    sums = rows.aggregate(lately=Sum("count", filter=recent), before=Sum("count", filter=~recent))
    return sums["lately"] or 0, sums["before"] or 0


def _change(lately: int, before: int) -> str:
    if not before:
        return _("Nothing in the seven days before.")
    change = lately / before - 1
    if abs(change) < ALIKE:
        return _("As many as in the seven days before.")
    words = (
        _("%(percent)d %% more than in the seven days before.")
        if change > 0
        else _("%(percent)d %% fewer than in the seven days before.")
    )
    return words % {"percent": round(abs(change) * 100)}
