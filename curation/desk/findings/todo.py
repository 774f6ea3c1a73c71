"""What waits for a curator: counted cheaply, each with one sentence and one act."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from curation.decisions.lineages import now_in_force
from curation.models import (
    Approval,
    ChangeSet,
    Embedding,
    Inspection,
    Item,
    Revision,
    User,
)
from curation.queries.items import without_ratings

SOON: Final = timedelta(days=7)
"""A decision that ends within this time is about to end."""


@dataclass(frozen=True, slots=True)
class ToDo:
    """So many things that wait, one sentence about them, and the one act that deals with them."""

    count: int
    what: str
    act: str
    url: str
    more: str = ""
    is_grave: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What the nightly lint kept: how many findings, how many of them stop a publish, and since when."""

    findings: int
    grave: int
    at: datetime | None


def for_curators(user: User, now: datetime) -> Iterator[ToDo]:
    """What waits for a curator at an instant; four queries."""
    homes = list(_with_request(_open_sets(), user))
    yield from _to_approve(_waiting(homes))
    yield from _change_sets(homes)
    yield from _findings(found())
    yield from _due(now)
    yield from _items()


def open_sets(user: User) -> tuple[int, int]:
    """How many change sets are open, and how many of them wait for a curator's approval; one query."""
    homes = list(_with_request(_open_sets(), user))
    return len(homes), len(_waiting(homes))


def _open_sets() -> QuerySet[ChangeSet]:
    return ChangeSet.objects.filter(published_at=None, discarded_at=None)


def found() -> Found:
    """What lint found when it looked over all surfaces by itself."""
    rows = list(Inspection.objects.values_list("at", "findings"))
    findings = [finding for _at, kept in rows for finding in kept]
    grave = sum(finding["level"] == "B" for finding in findings)
    return Found(len(findings), grave, min((at for at, _kept in rows), default=None))


def due(now: datetime) -> QuerySet[Revision]:
    """The revisions in force that end soon, are over, or whose review date has come."""
    ends = Q(until__lte=now + SOON)
    return now_in_force().filter(ends | Q(review_on__lte=localtime(now).date()))


def _with_request(rows: QuerySet[ChangeSet], user: User) -> QuerySet[ChangeSet]:
    """Change sets, of each whether it `waits` for the approval of a curator: no query more."""
    return rows.annotate(waits=Exists(_requests(user).filter(change_set=OuterRef("pk"))))


def _requests(user: User) -> QuerySet[Approval]:
    """What was asked last of a change set that nobody has changed since, and that is for this user to answer.

    Changes are told by their instants alone; `approvals` compares the drafts themselves before anything passes.
    """
    home = OuterRef("change_set")
    later = Approval.objects.filter(change_set=home, id__gt=OuterRef("id"))
    # A draft that was taken out was changed last by that.
    changes = Revision.objects.filter(change_set=home).annotate(
        changed=Coalesce("withdrawal__created_at", "created_at"),
        by=Coalesce("withdrawal__author", "author"),
    )
    last = Subquery(changes.order_by("-changed").values("by")[:1])
    asked = Approval.objects.filter(act=Approval.Act.ASKED).exclude(actor=user)
    since = changes.filter(changed__gte=OuterRef("at"))
    return asked.filter(~Exists(later), ~Exists(since)).alias(last=last).exclude(last=user.pk)


def _waiting(homes: list[ChangeSet]) -> list[ChangeSet]:
    return [home for home in homes if vars(home)["waits"]]


def _to_approve(homes: list[ChangeSet]) -> Iterator[ToDo]:
    if n := len(homes):
        words = ngettext(
            "A change set waits for your approval.", "Change sets wait for your approval.", n
        )
        more = _(", ").join(map(str, homes[:3]))
        url = reverse("desk:publish", args=[homes[0].pk])
        yield ToDo(n, words, _("Look at it and answer"), url + "#approval", more=more)


def _change_sets(homes: list[ChangeSet]) -> Iterator[ToDo]:
    planned = [home.publish_at for home in homes if home.publish_at]
    refused = sum(bool(home.refused_at and not home.publish_at) for home in homes)
    told: dict[str, Any] = {
        "drafted": len(homes) - len(planned) - refused,
        "planned": len(planned),
        "refused": refused,
        "next": min(planned, default=None),
    }
    yield from _refused(told["refused"])
    if n := told["drafted"]:
        words = ngettext(
            "A change set is open and waits to be published.",
            "Change sets are open and wait to be published.",
            n,
        )
        yield _to(n, words, _("Look at the drafts"), "desk:change-sets")
    if n := told["planned"]:
        words = ngettext("A change set publishes itself.", "Change sets publish themselves.", n)
        when = _("The next on %(when)s.") % {"when": _told(told["next"])}
        yield _to(n, words, _("Look at the plan"), "desk:change-sets", more=when)


def _refused(n: int) -> Iterator[ToDo]:
    if n:
        words = ngettext(
            "A change set was not published as planned.",
            "Change sets were not published as planned.",
            n,
        )
        yield _to(n, words, _("See why"), "desk:change-sets", is_grave=True)


def _findings(kept: Found) -> Iterator[ToDo]:
    if not kept.findings:
        return
    words = ngettext(
        "A finding in what is published.", "Findings in what is published.", kept.findings
    )
    more = _("As of %(when)s.") % {"when": _told(kept.at)}
    if kept.grave:
        text = ngettext("%(n)d would stop a publish.", "%(n)d would stop a publish.", kept.grave)
        more = f"{text % {'n': kept.grave}} {more}"
    grave = bool(kept.grave)
    yield _to(kept.findings, words, _("Go through them"), "desk:lint", more=more, is_grave=grave)


def _due(now: datetime) -> Iterator[ToDo]:
    told = due(now).aggregate(
        ending=Count("decision", distinct=True, filter=Q(until__gt=now, until__lte=now + SOON)),
        over=Count("decision", distinct=True, filter=Q(until__lte=now)),
        review=Count("decision", distinct=True, filter=Q(review_on__lte=localtime(now).date())),
    )
    if n := told["review"]:
        words = ngettext(
            "A decision has reached its review date.",
            "Decisions have reached their review date.",
            n,
        )
        yield _to(n, words, _("Review"), "desk:due")
    if n := told["ending"]:
        words = ngettext("A decision ends within a week.", "Decisions end within a week.", n)
        yield _to(n, words, _("Let it end, or extend"), "desk:due")
    if n := told["over"]:
        words = ngettext(
            "A decision is past its window and does nothing.",
            "Decisions are past their window and do nothing.",
            n,
        )
        yield _to(n, words, _("Tidy up"), "desk:due")


def _items() -> Iterator[ToDo]:
    told = Item.objects.filter(active=True).aggregate(
        unrated=Count("pk", filter=without_ratings()),
        unread=Count("pk", filter=~Exists(Embedding.objects.filter(item=OuterRef("pk")))),
    )
    if n := told["unrated"]:
        words = ngettext(
            "An active item has no rating yet: few scorers know it.",
            "Active items have no rating yet: few scorers know them.",
            n,
        )
        yield _to(n, words, _("Show some"), "desk:catalogue", query="?without=ratings&active=yes")
    if n := told["unread"]:
        words = ngettext(
            "An active item has no embedding: it is not found by meaning.",
            "Active items have no embedding: they are not found by meaning.",
            n,
        )
        yield _to(n, words, _("See which"), "desk:catalogue", query="?without=embedding&active=yes")


def _to(n: int, what: str, act: str, view: str, query: str = "", **rest: Any) -> ToDo:
    return ToDo(n, what, act, reverse(view) + query, **rest)


def _told(instant: datetime | None) -> str:
    return date_format(localtime(instant), "DATETIME_FORMAT") if instant else ""
