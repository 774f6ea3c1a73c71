"""What one member said of items, for pages: what they liked lately, all that they said, and the event behind a word."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from feedback.models import Interaction, Rating, Undo

LIKED_FROM: Final = 4
"""The stars from which an item counts as liked."""


class Aspect(enum.StrEnum):
    """What a member can say of an item and take back, by the columns that hold it."""

    STARS = "stars"
    THUMB = "thumb"
    FAVOURITE = "favourite"
    NEVER = "never"


_LIKED: Final = Q(stars__gte=LIKED_FROM) | Q(thumb=1) | Q(favourite=True)
LISTS: Final[Mapping[str, tuple[Aspect, Q]]] = {
    "rated": (Aspect.STARS, Q(stars__isnull=False)),
    "liked": (Aspect.THUMB, Q(thumb=1)),
    "disliked": (Aspect.THUMB, Q(thumb=-1)),
    "favourites": (Aspect.FAVOURITE, Q(favourite=True)),
    "never": (Aspect.NEVER, Q(never=True)),
}
"""The lists of a member's history: what orders each, and what stands in it."""


def liked_lately(subject: UUID, most: int) -> list[UUID]:
    """The items that a member liked last, the latest first."""
    rows = Rating.objects.filter(_LIKED, subject=subject, never=False).order_by("-changed_at")
    return list(rows.values_list("item_id", flat=True)[:most])


def listed(subject: UUID, name: str) -> QuerySet[Rating]:
    """One list of a member's history, the newest first."""
    aspect, stands = LISTS[name]
    return Rating.objects.filter(stands, subject=subject).order_by(f"-{aspect}_at", "item_id")


def counts(subject: UUID) -> dict[str, int]:
    """How long each list of a member's history is."""
    rows = Rating.objects.filter(subject=subject)
    return rows.aggregate(
        **{name: Count("item_id", filter=stands) for name, (_aspect, stands) in LISTS.items()}
    )


def event_behind(row: Rating, aspect: Aspect) -> tuple[str, str] | None:
    """The source and the key of the event that an aspect comes from; None where nothing stands or it was archived."""
    interaction, at = getattr(row, f"{aspect}_by"), getattr(row, f"{aspect}_at")
    if interaction is None or not getattr(row, aspect):
        return None
    told = Interaction.objects.filter(id=interaction, occurred_at=at)
    return told.values_list("source", "event").first()


def was_undone(subject: UUID, source: str, event: str) -> bool:
    """Whether a member took an event of theirs back."""
    return Undo.objects.filter(source=source, event=event, subject=subject).exists()
