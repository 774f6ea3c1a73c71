"""What members do, as figures that segments may ask, and when items are turned to, for rules to ask.

Whoever has news is counted again from the rows themselves, as far back as these are kept, so that undos and
late events need no care of their own, and counting twice changes nothing. News is a feedback version beyond
the one that the figures stand for. What moves no version, that is marks, lifted marks and impressions, the
roll-up of statistics finds in the arrivals that it takes, and notes (`note`); another time zone is noted
with the member's row (`curation.people.memberships`). Figures of an archived month leave with the member's
next news, or a rebuild. Times of day are those of the member's zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from curation.counters import bump
from curation.models import Member
from curation.people.memberships import UNCOUNTED, hold, renew_held
from feedback.models import Kind
from feedback.rollups import tallies
from feedback.rollups.tallies import HEARD, STANDING

AT_ONCE: Final = 500

_EVERYBODY: Final = "SELECT subject FROM feedback_memberstate WHERE moved_to IS NULL ORDER BY 1"
_NEWS: Final = """
SELECT state.subject FROM feedback_memberstate AS state
LEFT JOIN curation_memberstats AS stats ON stats.subject = state.subject
WHERE state.version > coalesce(stats.covers, 0) AND state.moved_to IS NULL
ORDER BY state.subject
"""

# By ascending subject, as whoever changes memberships holds these rows.
_NOTE: Final = f"""
INSERT INTO curation_memberstats (subject, covers)
SELECT state.subject, {UNCOUNTED} FROM feedback_memberstate AS state
WHERE state.moved_to IS NULL {{touched}} ORDER BY state.subject
ON CONFLICT (subject) DO UPDATE SET covers = excluded.covers
"""  # noqa: S608 - made of constants alone
_TOUCHED: Final = "AND state.subject IN (SELECT subject FROM touched_member)"

_SLICES: Final = {"night": (0, 6), "morning": (6, 12), "afternoon": (12, 18), "evening": (18, 24)}
_TOLD: Final = {
    "clicks": Kind.CLICK,
    "shares": Kind.SHARE,
    "views": Kind.VIEW,
    "purchases": Kind.PURCHASE,
    "comments": Kind.COMMENT,
}
_SAID: Final = {
    "likes": "thumb = 1",
    "dislikes": "thumb = -1",
    "favourites": "favourite",
    "not_interested": "never",
}
_OPINION: Final = "stars IS NOT NULL OR thumb IS NOT NULL OR favourite OR never"
_LIKED: Final = "NOT never AND (favourite OR thumb = 1 OR (thumb IS NULL AND stars >= 4))"
_ANSWERS: Final = {"click": Kind.CLICK, "like": Kind.LIKE, "rating": Kind.RATING}


def _each(parts: dict[str, str]) -> str:
    return ", ".join(f"{expression} AS {name}" for name, expression in parts.items())


def _where(condition: str) -> str:
    return f"count(*) FILTER (WHERE {condition})"


def _share(part: str, whole: str) -> str:
    return f"round(({part})::numeric / nullif({whole}, 0), 6)"


_PROFILE: Final = (
    f"ARRAY[{', '.join(_where(f'hour = {hour}') for hour in range(24))}]::int[] AS hours,"
    f" ARRAY[{', '.join(_where(f'weekday = {day}') for day in range(1, 8))}]::int[] AS weekdays"
)
"""How often in each hour of the day, and on each weekday from Monday on."""

_FEATURES: Final = ", ".join(
    f"'{name}', {expression}"
    for name, expression in {
        "interactions": "coalesce(interactions, 0)",
        **{name: f"coalesce({name}, 0)" for name in (*_TOLD, *_SAID)},
        "shown": "coalesce(shown, 0)",
        "mean_rating": "mean_rating",
        "positive_share": _share("liked", "opinions"),
        **{f"{name}_rate": _share(f"coalesce({name}_answers, 0)", "shown") for name in _ANSWERS},
        **{name: _share(name, "interactions") for name in (*_SLICES, "weekend")},
    }.items()
)

_COUNT: Final = f"""
WITH who AS MATERIALIZED (
    SELECT * FROM unnest(%(subjects)s::uuid[], %(zones)s::text[]) AS who (subject, zone)
), told AS MATERIALIZED (
    SELECT told.subject, told.kind, told.impression IS NOT NULL AS answers, told.occurred_at,
        extract(hour FROM told.occurred_at AT TIME ZONE zone) AS hour,
        extract(isodow FROM told.occurred_at AT TIME ZONE zone) AS weekday
    FROM feedback_interaction AS told JOIN who ON who.subject = told.subject
    WHERE told.subject = ANY(%(subjects)s) AND {STANDING}
), done AS (
    SELECT subject, count(*) AS interactions, max(occurred_at) AS last_at, {_PROFILE},
        {_each({name: _where(f"kind = {kind:d}") for name, kind in _TOLD.items()})},
        {_each({f"{n}_answers": _where(f"answers AND kind = {k:d}") for n, k in _ANSWERS.items()})},
        {_each({n: _where(f"hour >= {a} AND hour < {b}") for n, (a, b) in _SLICES.items()})},
        {_where("weekday > 5")} AS weekend
    FROM told GROUP BY subject
), said AS (
    SELECT subject, round(avg(stars)::numeric, 6) AS mean_rating,
        {_each({name: _where(condition) for name, condition in _SAID.items()})},
        {_where(_OPINION)} AS opinions, {_where(_LIKED)} AS liked
    FROM {HEARD} AS rating WHERE subject = ANY(%(subjects)s) GROUP BY subject
), seen AS (
    SELECT subject, sum(cardinality(items)) AS shown FROM feedback_impression
    WHERE subject = ANY(%(subjects)s) AND shown_at IS NOT NULL GROUP BY subject
)
INSERT INTO curation_memberstats (subject, features, hours, weekdays, last_at, covers)
SELECT who.subject, jsonb_strip_nulls(jsonb_build_object({_FEATURES})), hours, weekdays,
    done.last_at, coalesce(state.version, 0)
FROM who
LEFT JOIN feedback_memberstate AS state ON state.subject = who.subject
LEFT JOIN done ON done.subject = who.subject
LEFT JOIN said ON said.subject = who.subject
LEFT JOIN seen ON seen.subject = who.subject
ORDER BY who.subject
ON CONFLICT (subject) DO UPDATE SET features = excluded.features, hours = excluded.hours,
    weekdays = excluded.weekdays, last_at = excluded.last_at, covers = excluded.covers
"""  # noqa: S608 - made of constants alone


_PROFILE_ITEMS: Final = f"""
WITH who AS MATERIALIZED (
    SELECT subject, CASE WHEN time_zone = ANY(%(zones)s) THEN time_zone ELSE 'UTC' END AS zone
    FROM curation_member WHERE NOT simulated
), told AS MATERIALIZED (
    SELECT told.item_id, told.occurred_at,
        extract(hour FROM told.occurred_at AT TIME ZONE coalesce(zone, 'UTC')) AS hour,
        extract(isodow FROM told.occurred_at AT TIME ZONE coalesce(zone, 'UTC')) AS weekday
    FROM feedback_interaction AS told LEFT JOIN who ON who.subject = told.subject
    WHERE told.item_id IS NOT NULL AND NOT told.simulated AND {STANDING}
), profile AS (
    SELECT item_id, {_PROFILE}, max(occurred_at) AS last_at FROM told GROUP BY item_id
)
UPDATE curation_itemstats AS stats
SET hours = profile.hours, weekdays = profile.weekdays, last_at = profile.last_at
FROM curation_itemstats AS known LEFT JOIN profile ON profile.item_id = known.item_id
WHERE known.item_id = stats.item_id AND (stats.hours, stats.weekdays, stats.last_at)
    IS DISTINCT FROM (profile.hours, profile.weekdays, profile.last_at)
"""  # noqa: S608 - made of constants alone


def profile_items() -> int:
    """Count when members turn to each item, and when last; answers how many items changed.

    The `statistics` counter moves with them. Takes turns with the roll-up, which writes the same rows.
    """
    with transaction.atomic():
        tallies.lock()
        with connection.cursor() as cursor:
            cursor.execute(_PROFILE_ITEMS, {"zones": sorted(zones_of_database())})
            changed = int(cursor.rowcount)
        if changed:
            bump("statistics")
    return changed


def roll_up(*, rebuild: bool = False) -> int:
    """Count the behaviour of members with news, or of all with feedback, and renew their segments.

    Answers how many members were counted; each batch is a transaction of its own.
    """
    subjects = _subjects(_EVERYBODY if rebuild else _NEWS)
    for start in range(0, len(subjects), AT_ONCE):
        count(subjects[start : start + AT_ONCE])
    return len(subjects)


def note(*, everybody: bool) -> None:
    """Have the behaviour counted again of whoever is in `touched_member`, or of everybody with feedback.

    In the transaction that took the arrivals, as its last step: those members' feedback waits for its end.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NOTE.format(touched="" if everybody else _TOUCHED))


def count(subjects: Sequence[UUID]) -> None:
    """Count the behaviour of these members anew, and renew their segments.

    Their statistics are held first: what is noted meanwhile waits, and is not taken for counted.
    """
    known = sorted(set(subjects))
    with transaction.atomic():
        hold(known)
        zones = known_zones(known)
        words: dict[str, Any] = {
            "subjects": known,
            "zones": [zones.get(each, "UTC") for each in known],
        }
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, words)
        renew_held(known)


def known_zones(subjects: Sequence[UUID]) -> dict[UUID, str]:
    """The time zone of each member who has one that the database knows."""
    rows = Member.objects.filter(subject__in=subjects).exclude(time_zone="")
    known = zones_of_database()
    return {
        subject: zone for subject, zone in rows.values_list("subject", "time_zone") if zone in known
    }


@cache
def zones_of_database() -> frozenset[str]:
    """The time zones that PostgreSQL can reckon with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        return frozenset(name for (name,) in cursor)


def _subjects(query: str) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [subject for (subject,) in cursor]
