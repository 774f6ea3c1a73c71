"""What may not be shown to a member wherever they look: items that are inactive, or blocked on every surface."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from curation.models import Block, Item, SegmentMembership


def shown_to(subject: UUID | None) -> QuerySet[Item]:
    """The items that may be shown to a member; to whoever is none yet, what is blocked for nobody in particular."""
    return Item.objects.filter(~Exists(_blocks(subject).filter(item=OuterRef("pk"))), active=True)


def _blocks(subject: UUID | None) -> QuerySet[Block]:
    live = Block.objects.filter(
        Q(starts_at=None) | Q(starts_at__lte=Now()),
        Q(until=None) | Q(until__gt=Now()),
        ended_at=None,
        surface=None,
    )
    everybody = Q(segment=None, member=None)
    if subject is None:
        return live.filter(everybody)
    segments = SegmentMembership.objects.filter(subject=subject).values("segment")
    own = Q(segment=None, member__subject=subject) | Q(member=None, segment__in=segments)
    return live.filter(everybody | own)
