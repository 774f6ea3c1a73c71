"""What stays of a month of feedback when it leaves the database, so that training reads what it read before.

The fold in `Rating` outlives the month, but not what tells its words apart: which of them training must not
see, what it sees in their place, and which answered a curator. That is little, and kept in two tables
beside the drop, in its transaction; a month that comes back takes it away again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import connection

from feedback.folding.last_words import AMONG, ANSWERED, APART, ASPECT, BARRED, DECIDED, SPEAKING
from feedback.models import Decided, Remnant
from feedback.partitions import Table, next_month

_WORDS: Final = f"""
WITH apart AS MATERIALIZED ({APART})
INSERT INTO feedback_remnant (id, month, subject, item_id, kind, value, occurred_at, barred)
SELECT DISTINCT ON (told.subject, told.item_id, {ASPECT}, {BARRED})
    told.id, %(start)s, told.subject, told.item_id, told.kind, told.value, told.occurred_at, {BARRED}
FROM feedback_interaction AS told {AMONG}
WHERE told.occurred_at >= %(start)s AND told.occurred_at < %(end)s AND {SPEAKING}
ORDER BY told.subject, told.item_id, {ASPECT}, {BARRED}, told.occurred_at DESC, told.id DESC
ON CONFLICT DO NOTHING
"""  # noqa: S608 - made of constants alone

_DECIDED: Final = f"""
INSERT INTO feedback_decided (interaction, impressions, month)
SELECT told.id, false, %(start)s FROM feedback_interaction AS told
WHERE told.occurred_at >= %(start)s AND told.occurred_at < %(end)s AND told.id IN ({DECIDED})
ON CONFLICT DO NOTHING
"""  # noqa: S608 - made of constants alone

# Most answers say it themselves; these came before their impression was written.
_ANSWERED: Final = f"""
INSERT INTO feedback_decided (interaction, impressions, month)
SELECT id, true, %(start)s FROM (
    {ANSWERED} AND NOT told.curated AND served.served_at >= %(start)s AND served.served_at < %(end)s
) AS answer ON CONFLICT DO NOTHING
"""  # noqa: S608 - made of constants alone

_KEEP: Final[dict[Table, tuple[str, ...]]] = {
    "feedback_interaction": (_WORDS, _DECIDED),
    "feedback_impression": (_ANSWERED,),
}


def keep(table: Table, month: datetime) -> None:
    """Keep what training must know of a month that is about to be dropped."""
    words: dict[str, Any] = {"start": month, "end": next_month(month)}
    with connection.cursor() as cursor:
        for statement in _KEEP[table]:
            cursor.execute(statement, words)


def take_away(table: Table, month: datetime) -> None:
    """Forget what was kept of a month: its rows are there again."""
    impressions = table == "feedback_impression"
    Decided.objects.filter(impressions=impressions, month=month).delete()
    if not impressions:
        Remnant.objects.filter(month=month).delete()
