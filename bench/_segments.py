"""What `bench/segments.py` measures, once Django stands on a database."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Final

from django.db import connection

from bench import _history
from bench._database import settle
from bench._product import busy
from curation.models import MemberStats, Segment
from curation.people import memberships
from feedback.rollups import behaviour
from feedback.rollups.stats import roll_up
from recsys.clusterings import worker as clustering
from recsys.clusterings.actions import request_clustering
from recsys.models import Clustering

LIMIT_S: Final = 30.0

_PLAIN: Final = "SELECT count(*) FROM (SELECT subject, kind, count(*) FROM feedback_interaction GROUP BY 1, 2) AS f"
_STATES: Final = """
INSERT INTO feedback_memberstate (subject, version, ratings, last_at)
SELECT subject, 1, count(*), max(occurred_at) FROM feedback_interaction GROUP BY subject
ON CONFLICT DO NOTHING
"""
_MEMBERS: Final = """
INSERT INTO curation_member (id, source, outside_id, subject, language, time_zone, attributes, simulated, created_at)
SELECT gen_random_uuid(), 'bench', subject::text, subject, '', 'Europe/Paris', '{}', false, now()
FROM feedback_memberstate
"""


def measure(rows: int) -> int:
    """Print seconds; fails if counting the behaviour in a million interactions takes more than half a minute."""
    _history.make(rows)
    with connection.cursor() as cursor:
        cursor.execute(_STATES)
        cursor.execute(_MEMBERS)
    settle()
    print(f"{rows:,} interactions; {busy()}")
    _tell("one aggregate, nothing written", _plain)
    took = _tell("behaviour of all members", behaviour.roll_up)
    _tell("the same with no news", behaviour.roll_up)
    roll_up()
    _tell("profiles of all items", behaviour.profile_items)
    query = {
        "all": [
            {"field": "evening", "op": "ge", "value": 0.25},
            {"field": "interactions", "op": "ge", "value": 20},
        ]
    }
    segment = Segment.objects.create(slug="evening", name="Evening", query=query)
    _tell("a query settled for the first time", lambda: memberships.refresh(segment))
    _tell("the same with nothing changed", lambda: memberships.refresh(segment))
    print(f"{segment.memberships.count():,} of {MemberStats.objects.count():,} members are in it")
    asked = request_clustering(actor=None)
    _tell("members clustered, 2 to 8 clusters", lambda: clustering.execute(asked.pk))
    print(f"clustering {Clustering.objects.get(pk=asked.pk).state}")
    slowest = took * 1_000_000 / rows
    print(f"{'a million':40} {slowest:8.1f} s        limit {LIMIT_S:.0f} s")
    return int(slowest > LIMIT_S)


def _plain() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_PLAIN)


def _tell(what: str, act: Callable[[], object]) -> float:
    started = perf_counter()
    act()
    took = perf_counter() - started
    print(f"{what:40} {took:8.2f} s")
    return took
