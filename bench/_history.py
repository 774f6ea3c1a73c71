"""A long history of feedback, made in the database itself: what benchmarks of reading it measure on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection

from feedback.folding.statements import rebuild
from feedback.models import Kind
from feedback.partitions import ensure_months

MEMBERS, ITEMS, MONTHS = 6_000, 3_000, 10
START: Final = datetime(2025, 1, 1, tzinfo=UTC)

_CATALOGUE: Final = """
INSERT INTO curation_item (id, source, outside_id, title, description, attributes, provider, image_url,
    active, created_at, updated_at)
SELECT md5('item' || n)::uuid, 'bench', 'i' || n, 'Item ' || n, '', '{}', '', '', true, now(), now()
FROM generate_series(1, %(items)s) AS n
"""

# Popular items and busy members come up often: the square of an even chance.
_INTERACTIONS: Final = f"""
INSERT INTO feedback_interaction (id, occurred_at, received_at, source, event, subject, item_id, kind,
    value, undoes, impression, curated, simulated)
SELECT uuidv7(), %(start)s + n * %(step)s, now(), 'bench', 'e' || n,
    md5('member' || (power(random(), 2) * %(members)s)::int)::uuid,
    md5('item' || 1 + (power(random(), 2) * (%(items)s - 1))::int)::uuid,
    kind, CASE kind WHEN {Kind.RATING:d} THEN 1 + floor(random() * 5) END, '',
    CASE WHEN n %% 10 = 0 THEN md5('served' || n / 10)::uuid END, false, false
FROM generate_series(0, %(rows)s - 1) AS n,
    LATERAL (SELECT (ARRAY[1, 1, 1, 2, 6])[1 + (n %% 5)] AS kind) AS kinds
"""  # noqa: S608 - made of constants alone

_IMPRESSIONS: Final = """
INSERT INTO feedback_impression (id, served_at, shown_at, subject, surface, mode, short, context,
    versions, items, slots, propensities, curated, removed, simulated)
SELECT md5('served' || n)::uuid, at, at, md5('member' || (random() * %(members)s)::int)::uuid, 'home',
    'fresh', false, '{}', '{}',
    ARRAY(SELECT md5('item' || 1 + (n * 7 + k) %% %(items)s)::uuid FROM generate_series(1, 10) AS k),
    ARRAY[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], array_fill(1::float8, ARRAY[10]),
    array_fill(false, ARRAY[10]), '{}', false
FROM generate_series(0, %(rows)s / 10 - 1) AS n,
    LATERAL (SELECT %(start)s + n * 10 * %(step)s AS at) AS instants
"""

_KEYS: Final = """
INSERT INTO feedback_eventkey (source, event, digest, interaction, occurred_at)
SELECT source, event, '', id, occurred_at FROM feedback_interaction
"""


def make(rows: int) -> None:
    """Fill the database: interactions over ten months with all that follows, an impression for every ten."""
    months = [START + timedelta(days=31 * month) for month in range(MONTHS + 1)]
    ensure_months("feedback_interaction", months)
    ensure_months("feedback_impression", months)
    words: dict[str, Any] = {
        "rows": rows,
        "members": MEMBERS,
        "items": ITEMS,
        "start": START,
        "step": timedelta(days=30 * MONTHS) / rows,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        for statement in (_CATALOGUE, _INTERACTIONS, _IMPRESSIONS, _KEYS):
            cursor.execute(statement, words)
        cursor.execute("SELECT DISTINCT subject, item_id FROM feedback_interaction")
        pairs = cursor.fetchall()
    rebuild(pairs, datetime.now(UTC))
