"""Keeping segments current, on the bulk worker: behaviour counted, memberships settled, versions sealed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from curation import memberships
from curation.models import Segment, SegmentChange
from feedback import behaviour

EVERY: Final = timedelta(minutes=10)
"""How often a segment is settled for all members; whoever has news is settled before."""


def refresh() -> int:
    """Count the behaviour of members with news, then refresh the segments that are due.

    Answers how many segments have a new version. A query is due every ten minutes, since days pass and
    members come without any feedback; any segment is due where members came or went.
    """
    behaviour.roll_up()
    return sum(memberships.refresh(segment) is not None for segment in due())


def due() -> list[Segment]:
    """The segments to refresh now."""
    late = Q(state__isnull=True) | Q(state__refreshed_at__lt=timezone.now() - EVERY)
    changed = SegmentChange.objects.filter(version=None).values("segment")
    rows = Segment.objects.filter(Q(archived_at=None) & late | Q(pk__in=changed))
    return list(rows.order_by("pk"))


def refresh_one(segment_id: UUID) -> None:
    """Bring one segment up to date; one that is gone needs nothing."""
    segment = Segment.objects.filter(pk=segment_id).first()
    if segment is not None:
        memberships.refresh(segment)
