"""Keeping segments current, on the bulk worker: behaviour counted, memberships settled, versions sealed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from curation.models import Segment, SegmentChange
from curation.people import memberships
from feedback.rollups import behaviour
from recsys.clusterings import worker as clustering

EVERY: Final = timedelta(minutes=10)
"""How often a segment is settled for all members; whoever has news is settled before."""
EVERY_LEARNED: Final = timedelta(hours=1)
"""The same of learned ones, for which every member is portrayed anew."""


def refresh() -> int:
    """Count the behaviour of members with news, then refresh the segments that are due.

    Answers how many segments have a new version. A query is due every ten minutes, since days pass and
    members come without any feedback; any segment is due where members came or went.
    """
    behaviour.roll_up()
    sealed = sum(memberships.refresh(segment) is not None for segment in due())
    if _late(Segment.objects.filter(kind=Segment.Kind.LEARNED), EVERY_LEARNED).exists():
        sealed += clustering.settle_learned()
    return sealed


def due() -> list[Segment]:
    """The segments by hand and by query to refresh now."""
    told = Segment.objects.exclude(kind=Segment.Kind.LEARNED)
    changed = SegmentChange.objects.filter(version=None).values("segment")
    rows = _late(told, EVERY) | told.filter(pk__in=changed)
    return list(rows.order_by("pk"))


def refresh_one(segment_id: UUID) -> None:
    """Bring one segment up to date (a learned one with all that are learned); one that is gone needs nothing."""
    segment = Segment.objects.filter(pk=segment_id).first()
    if segment is None:
        return
    if segment.kind == Segment.Kind.LEARNED:
        clustering.settle_learned()
    else:
        memberships.refresh(segment)


def _late(rows: QuerySet[Segment], every: timedelta) -> QuerySet[Segment]:
    late = Q(state__isnull=True) | Q(state__refreshed_at__lt=timezone.now() - every)
    return rows.filter(late, archived_at=None)
