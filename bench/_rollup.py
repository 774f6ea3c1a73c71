"""What `bench/rollup.py` measures, once Django stands on a database."""

from __future__ import annotations

from datetime import datetime
from time import perf_counter
from typing import Final

from django.db import connection

from bench import _history, _traffic
from bench._database import settle
from bench._product import busy
from curation.models import Member
from feedback.rollups.stats import roll_up

LIMIT_S = 30.0

_AGGREGATE: Final = """
SELECT count(*) FROM (
    SELECT item_id, occurred_at::date, kind, count(*) FROM feedback_interaction GROUP BY 1, 2, 3
) AS figures
"""

_LATE: Final = """
UPDATE feedback_interaction SET mark = 1
WHERE id IN (SELECT id FROM feedback_interaction WHERE occurred_at < %s LIMIT 1000)
"""


def measure(rows: int) -> int:
    """Print seconds and ratios; fails if rolling up a million, or ten minutes' worth, takes half a minute."""
    _history.make(rows)
    Member.objects.create(source="bench", outside_id="somebody")
    settle()
    plain = min(_timed(_AGGREGATE) for _ in range(3))
    print(f"{rows:,} interactions, {rows // 10:,} impressions of ten; {busy()}")
    print(f"{'one aggregate, nothing written':40} {plain:8.2f} s")
    first = _tell("the first roll-up", plain, rebuild=False)
    again = _tell("a rebuild", plain, rebuild=True)
    _ask(_LATE, _history.START.replace(month=3))
    _tell("after 1,000 changes in an old month", plain, rebuild=False)
    _tell("after nothing", plain, rebuild=False)
    traffic = _tell(f"after {_traffic.make():,} told in single bodies", plain, rebuild=False)
    slowest = max(first, again) * 1_000_000 / rows
    print(f"{'a million':40} {slowest:8.1f} s        limit {LIMIT_S:.0f} s")
    return int(max(slowest, traffic) > LIMIT_S)


def _tell(what: str, plain_s: float, *, rebuild: bool) -> float:
    started = perf_counter()
    roll_up(rebuild=rebuild)
    took = perf_counter() - started
    print(f"{what:40} {took:8.2f} s   {took / plain_s:6.1f} times the aggregate")
    return took


def _ask(statement: str, *values: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values) or None)


def _timed(statement: str) -> float:
    started = perf_counter()
    _ask(statement)
    return perf_counter() - started
