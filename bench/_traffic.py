"""Ten minutes of traffic that no roll-up has seen, each body and each slate a statement of its own, as over the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from django.db import connection

from bench._history import ITEMS, MEMBERS
from feedback.models import Kind
from feedback.partitions import ensure_months

BODIES: Final = 50_000

# Half of the bodies answer a slate, every other one of these was seen; some bodies are an importer's,
# of hundreds. What is told happened within nine hours; one in twelve takes back what was told before.
_BODIES: Final = f"""
DO $$
DECLARE
    told int := 0;
    size int;
    who uuid;
    served uuid;
    at timestamptz;
BEGIN
    FOR body IN 1..{BODIES} LOOP
        who := md5('member' || (power(random(), 2) * {MEMBERS})::int)::uuid;
        at := now() - interval '10 minutes' * (1 - body / {BODIES}::float8);
        served := NULL;
        IF body % 2 = 0 THEN
            served := uuidv7();
            INSERT INTO feedback_impression (id, served_at, subject, surface, mode, short, context,
                versions, items, slots, propensities, curated, removed, simulated)
            SELECT served, at, who, 'home', 'fresh', false, '{{}}', '{{}}',
                ARRAY(SELECT md5('item' || 1 + (body * 7 + n) % {ITEMS})::uuid FROM generate_series(1, 10) AS n),
                ARRAY[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], array_fill(1::float8, ARRAY[10]),
                array_fill(false, ARRAY[10]), '{{}}', false;
        END IF;
        IF body % 4 = 0 THEN
            UPDATE feedback_impression SET shown_at = at WHERE id = served AND served_at = at;
        END IF;
        size := CASE WHEN body % 500 = 0 THEN 250 ELSE 1 + round(random()) END;
        INSERT INTO feedback_interaction (id, occurred_at, received_at, source, event, subject, item_id,
            kind, value, undoes, impression, curated, simulated)
        SELECT uuidv7(), now() - interval '9 hours' + (told + n) * interval '0.25 s', now(), 'traffic',
            't' || told + n, who, md5('item' || 1 + (power(random(), 2) * {ITEMS - 1})::int)::uuid,
            kind, CASE kind WHEN {Kind.RATING:d} THEN 1 + floor(random() * 5) END,
            CASE kind WHEN {Kind.UNDO:d} THEN 't' || told + n - 5 ELSE '' END, served, false, false
        FROM generate_series(1, size) AS n, LATERAL (SELECT CASE (told + n) % 12
            WHEN 0 THEN {Kind.UNDO:d} ELSE (ARRAY[1, 1, 1, 2, 6])[1 + (told + n) % 5] END AS kind) AS kinds;
        told := told + size;
    END LOOP;
END
$$
"""  # noqa: S608 - made of constants alone

_KEYS: Final = """
INSERT INTO feedback_eventkey (source, event, digest, interaction, occurred_at)
SELECT source, event, '', id, occurred_at FROM feedback_interaction WHERE source = 'traffic'
"""

_UNDOS: Final = f"""
INSERT INTO feedback_undo (source, event, subject, undone_by)
SELECT source, undoes, subject, event FROM feedback_interaction
WHERE source = 'traffic' AND kind = {Kind.UNDO:d} ON CONFLICT DO NOTHING
"""  # noqa: S608 - made of constants alone


def make() -> int:
    """Let it happen; answers how many interactions were told."""
    now = datetime.now(UTC)
    for table in ("feedback_interaction", "feedback_impression"):
        ensure_months(table, [now])
    with connection.cursor() as cursor:
        for statement in (_BODIES, _KEYS, _UNDOS):
            cursor.execute(statement)
        cursor.execute("SELECT count(*) FROM feedback_interaction WHERE source = 'traffic'")
        return int(cursor.fetchone()[0])
