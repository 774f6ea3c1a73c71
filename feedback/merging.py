"""Merging members: what the one did and said becomes the other's, nothing lost, nothing counted twice.

Of each aspect of each item the later act stands, as if one member had done it all. Interactions keep
their keys, so what is sent again is still known. Whatever still comes for the one is recorded for the
other, also where it was under way when they were merged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from curation.models import Member, User
from curation.people.members import refresh_many
from curation.people.merging import absorb, root_of
from feedback.folding import states
from feedback.folding.statements import ABSORB
from feedback.models import Merge

# Before they were one, neither could take back what the other did: their undos of it had no effect.
_FORGET_FOREIGN_UNDOS: Final = """
DELETE FROM feedback_undo AS undo
USING feedback_eventkey AS key JOIN feedback_interaction AS told
    ON told.id = key.interaction AND told.occurred_at = key.occurred_at
WHERE (key.source, key.event) = (undo.source, undo.event) AND undo.subject <> told.subject
    AND undo.subject IN (%(member)s, %(into)s) AND told.subject IN (%(member)s, %(into)s)
"""

_MOVE_UNDOS: Final = """
WITH left_behind AS (DELETE FROM feedback_undo WHERE subject = %(member)s RETURNING *)
INSERT INTO feedback_undo (source, event, subject, undone_by)
SELECT source, event, %(into)s, undone_by FROM left_behind ON CONFLICT DO NOTHING
"""

_MOVE_INTERACTIONS: Final = (
    "UPDATE feedback_interaction SET subject = %(into)s WHERE subject = %(member)s"
)

_MOVE_THE_REST: Final = (
    "UPDATE feedback_impression SET subject = %(into)s WHERE subject = %(member)s",
    "UPDATE feedback_remnant SET subject = %(into)s WHERE subject = %(member)s",
    "UPDATE feedback_comment SET subject = %(into)s WHERE subject = %(member)s",
    ABSORB,
    "UPDATE feedback_memberstate SET moved_to = %(into)s WHERE moved_to = %(member)s",
)

_CLOSE: Final = """
UPDATE feedback_memberstate AS state
SET version = greatest(state.version, other.version) + 1,
    last_at = greatest(state.last_at, other.last_at), robot = state.robot OR other.robot,
    ratings = (SELECT count(stars) FROM feedback_rating WHERE subject = state.subject),
    moved_to = CASE WHEN state.subject = %(member)s THEN %(into)s::uuid END
FROM feedback_memberstate AS other
WHERE (state.subject, other.subject) IN ((%(member)s, %(into)s), (%(into)s, %(member)s))
RETURNING state.subject, state.ratings
"""


@dataclass(frozen=True, slots=True)
class Merged:
    """Who the member is now, and how many interactions came along; None if that had been done before."""

    member: Member
    interactions: int | None


def merge_members(*, actor: User | None, member: Member, into: Member, reason: str) -> Merged:
    """Merge a member into another: one transaction; done again it changes nothing.

    Raises `Conflict` where they are the same already, were merged elsewhere, or one is simulated.
    """
    with transaction.atomic():
        pair = absorb(member, into)
        if pair is None:
            return Merged(root_of(Member.objects.get(pk=member.pk)), None)
        member, into = pair
        moved = _move(member, into)
        Merge.objects.create(
            member=member,
            into=into,
            actor=actor,
            reason=reason,
            merged_at=timezone.now(),
            interactions=moved,
        )
        return Merged(into, moved)


def _move(member: Member, into: Member) -> int:
    states.lock({member.subject, into.subject})
    words: dict[str, Any] = {"member": member.subject, "into": into.subject, "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_FOREIGN_UNDOS, words)
        cursor.execute(_MOVE_UNDOS, words)
        moved = int(cursor.execute(_MOVE_INTERACTIONS, words).rowcount)
        for statement in _MOVE_THE_REST:
            cursor.execute(statement, words)
        ratings = dict(cursor.execute(_CLOSE, words).fetchall())
    refresh_many(ratings)
    return moved
