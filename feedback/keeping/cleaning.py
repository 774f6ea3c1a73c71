"""Cleaning: rules mark what no person can have meant; it stays, but out of training, statistics and rates.

- Flood: more than 120 interactions of one member within a minute. Only what was told within an hour of its
  happening is judged so: what an import brings often has the same instant for many.
- Impossible dwell: a view of more than 4 hours, or one that is longer than its slate had been out, with
  5 minutes to spare for clocks that differ.
- Robot: whatever is done by a member who is known to be no person, and the days on which somebody was busy
  in 22 hours or more, with at least 200 interactions.

A mark holds one interaction, under the first rule that found it. A person can lift it; it never comes back.
What the interaction said stays the member's own word, and is one of their `ratings` that segments may ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from curation.models import User
from curation.people.access import require
from feedback.models import Kind, MemberState, Rule
from feedback.partitions import EARLIEST

FLOOD_EVENTS: Final = 120
FLOOD_S: Final = 60
LIVE_S: Final = 3_600
DWELL_S: Final = 4 * 3_600
SLACK_S: Final = 300
BUSY_HOURS: Final = 22
BUSY_EVENTS: Final = 200

_FLOOD: Final = f"""
WITH live AS MATERIALIZED (
    SELECT id, occurred_at, subject FROM feedback_interaction
    WHERE occurred_at >= %(since)s AND kind <> {Kind.UNDO:d}
      AND received_at - occurred_at < make_interval(secs => {LIVE_S})
), counted AS (
    SELECT subject, occurred_at, count(*) OVER (
        PARTITION BY subject ORDER BY occurred_at
        RANGE BETWEEN CURRENT ROW AND make_interval(secs => {FLOOD_S}) FOLLOWING
    ) AS within FROM live
)
SELECT live.id, live.occurred_at FROM live WHERE EXISTS (
    SELECT FROM counted WHERE within > {FLOOD_EVENTS} AND counted.subject = live.subject
      AND live.occurred_at >= counted.occurred_at
      AND live.occurred_at <= counted.occurred_at + make_interval(secs => {FLOOD_S})
)
"""  # noqa: S608 - made of constants alone

_DWELL: Final = f"""
SELECT told.id, told.occurred_at FROM feedback_interaction AS told
LEFT JOIN feedback_impression AS served ON served.id = told.impression
    AND served.served_at >= told.occurred_at - interval '8 days'
    AND served.served_at <= told.occurred_at + interval '1 day'
WHERE told.id >= %(first)s AND told.kind = {Kind.VIEW:d} AND (told.value > {DWELL_S} OR told.value >
    extract(epoch FROM greatest(told.occurred_at, told.received_at) - served.served_at) + {SLACK_S})
"""  # noqa: S608 - made of constants alone

_ROBOT: Final = f"""
SELECT told.id, told.occurred_at FROM feedback_interaction AS told
WHERE told.kind <> {Kind.UNDO:d} AND (
    told.subject IN (SELECT subject FROM feedback_memberstate WHERE robot)
    OR (told.subject, date_trunc('day', told.occurred_at, 'UTC')) IN (
        SELECT subject, date_trunc('day', occurred_at, 'UTC') FROM feedback_interaction
        WHERE occurred_at >= %(since)s AND kind <> {Kind.UNDO:d} GROUP BY 1, 2
        HAVING count(*) >= {BUSY_EVENTS}
           AND count(DISTINCT date_trunc('hour', occurred_at, 'UTC')) >= {BUSY_HOURS}
    )
)
"""  # noqa: S608 - made of constants alone

RULES: Final = {Rule.ROBOT: _ROBOT, Rule.FLOOD: _FLOOD, Rule.DWELL: _DWELL}

_MARK: Final = """
WITH marked AS (
    INSERT INTO feedback_mark (interaction, occurred_at, rule, marked_at, lifted_why)
    SELECT id, occurred_at, %(rule)s, now(), '' FROM ({found}) AS found ORDER BY id
    ON CONFLICT DO NOTHING RETURNING interaction, occurred_at
)
UPDATE feedback_interaction AS told SET mark = %(rule)s FROM marked
WHERE told.id = marked.interaction AND told.occurred_at = marked.occurred_at
"""

_LIFT: Final = """
WITH lifted AS (
    UPDATE feedback_mark AS mark SET lifted_at = now(), lifted_by_id = %(actor)s, lifted_why = %(why)s
    FROM feedback_interaction AS told
    WHERE mark.lifted_at IS NULL AND mark.rule = %(rule)s AND told.subject = %(subject)s
      AND told.id = mark.interaction AND told.occurred_at = mark.occurred_at
    RETURNING mark.interaction, mark.occurred_at
)
UPDATE feedback_interaction AS told SET mark = NULL FROM lifted
WHERE told.id = lifted.interaction AND told.occurred_at = lifted.occurred_at
"""

_COUNTS: Final = """
SELECT rule, count(*) FILTER (WHERE lifted_at IS NULL), count(lifted_at) FROM feedback_mark GROUP BY rule
"""

_MARKED: Final = """
SELECT told.subject, coalesce(member.source, ''), coalesce(member.outside_id, ''), mark.rule, count(*),
    min(mark.occurred_at), max(mark.occurred_at)
FROM feedback_mark AS mark
JOIN feedback_interaction AS told
    ON told.id = mark.interaction AND told.occurred_at = mark.occurred_at
LEFT JOIN curation_member AS member ON member.subject = told.subject
WHERE mark.lifted_at IS NULL
GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 7 DESC, 1 LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many marks a rule has in force, and how many were lifted."""

    rule: Rule
    standing: int
    lifted: int


@dataclass(frozen=True, slots=True)
class Marked:
    """A member's marks under one rule."""

    subject: UUID
    source: str
    outside_id: str
    rule: Rule
    count: int
    first_at: datetime
    last_at: datetime


def mark(since: datetime | None = None) -> dict[Rule, int]:
    """Apply the rules to what came since an instant (to everything without one); counts new marks by rule."""
    at = since or EARLIEST
    words: dict[str, Any] = {"since": at, "first": _first_id(at)}
    made = {}
    for rule, found in RULES.items():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_MARK.format(found=found), {**words, "rule": int(rule)})
            made[rule] = int(cursor.rowcount)
    return made


def lift(*, actor: User, subject: UUID, rule: Rule, reason: str) -> int:
    """Lift a member's marks under a rule: they count again, for good; counts them."""
    require(actor, "analyst", "curator")
    words: dict[str, Any] = {
        "actor": actor.pk,
        "subject": subject,
        "rule": int(rule),
        "why": reason,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        if rule is Rule.ROBOT:
            MemberState.objects.filter(pk=subject).update(robot=False)
        cursor.execute(_LIFT, words)
        return int(cursor.rowcount)


def counts() -> list[Counted]:
    """The marks of each rule."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        found = {rule: (standing, lifted) for rule, standing, lifted in cursor.fetchall()}
    return [Counted(rule, *found.get(rule, (0, 0))) for rule in Rule]


def marked(most: int = 100) -> Sequence[Marked]:
    """Who has most marks, under which rule."""
    with connection.cursor() as cursor:
        cursor.execute(_MARKED, [most])
        return [
            Marked(subject, source, outside_id, Rule(rule), *more)
            for subject, source, outside_id, rule, *more in cursor.fetchall()
        ]


def _first_id(at: datetime) -> UUID:
    """The lowest id that could have been made at an instant: ids begin with their milliseconds."""
    return UUID(int=int(at.astimezone(UTC).timestamp() * 1000) << 80)
