"""Comments: what members wrote of items, who may read it, and curators who hide one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from curation.models import User
from curation.people.access import require
from feedback.models import Comment

MOST_SHOWN: Final = 20

# The key by which its author takes a comment back stands in the interaction that brought it.
_OF_ITEM: Final = """
SELECT comment.interaction, comment.text, comment.public, comment.written_at,
    comment.hidden_at IS NOT NULL, coalesce(comment.subject = %(subject)s, false), rating.stars,
    coalesce(told.source, ''), coalesce(told.event, '')
FROM feedback_comment AS comment
LEFT JOIN feedback_rating AS rating
    ON rating.subject = comment.subject AND rating.item_id = comment.item_id
LEFT JOIN feedback_interaction AS told
    ON told.id = comment.interaction AND told.occurred_at = comment.written_at
WHERE comment.item_id = %(item)s
    AND (comment.subject = %(subject)s OR (comment.public AND comment.hidden_at IS NULL))
ORDER BY comment.written_at DESC, comment.interaction DESC LIMIT %(most)s
"""

_LATEST: Final = """
SELECT comment.interaction, comment.text, comment.public, comment.written_at, comment.hidden_at,
    comment.hidden_why, item.id, item.title, rating.stars
FROM feedback_comment AS comment
JOIN curation_item AS item ON item.id = comment.item_id
LEFT JOIN feedback_rating AS rating
    ON rating.subject = comment.subject AND rating.item_id = comment.item_id
WHERE %(before)s::uuid IS NULL OR comment.interaction < %(before)s
ORDER BY comment.interaction DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A comment as a reader of the item's page sees it; `event` is for its author to take it back."""

    id: UUID
    text: str
    public: bool
    written_at: datetime
    hidden: bool
    own: bool
    stars: float | None
    source: str
    event: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A comment as staff read it, with its item and the stars that its author gave."""

    id: UUID
    text: str
    public: bool
    written_at: datetime
    hidden_at: datetime | None
    hidden_why: str
    item_id: UUID
    title: str
    stars: float | None


def of_item(item_id: UUID, reader: UUID | None) -> list[Shown]:
    """The latest comments on an item: everybody's public ones, and the reader's own."""
    words = {"item": item_id, "subject": reader, "most": MOST_SHOWN}
    return [Shown(*row) for row in _fetch(_OF_ITEM, words)]


def latest(before: UUID | None = None, most: int = 50) -> list[Listed]:
    """The latest comments of all, older than the one named."""
    return [Listed(*row) for row in _fetch(_LATEST, {"before": before, "most": most})]


def hide(*, actor: User, comment: UUID, reason: str) -> bool:
    """Hide a comment from other members; tells whether it was there and seen."""
    require(actor, "curator")
    seen = Comment.objects.filter(pk=comment, hidden_at=None)
    return bool(seen.update(hidden_at=timezone.now(), hidden_by=actor, hidden_why=reason))


def show_again(*, actor: User, comment: UUID) -> bool:
    """Let other members read a hidden comment again, if its author ever did."""
    require(actor, "curator")
    hidden = Comment.objects.filter(pk=comment, hidden_at__isnull=False)
    return bool(hidden.update(hidden_at=None, hidden_by=actor, hidden_why=""))


def _fetch(sql: str, words: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, words)
        return list(cursor.fetchall())
