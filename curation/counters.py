"""Versions that only grow: what a cached slate compares itself with."""

from __future__ import annotations

from django.db import connection

from curation.installation import COUNTERS
from curation.models import Counter

_BUMP = """
INSERT INTO curation_counter (name, value) VALUES (%s, 1)
ON CONFLICT (name) DO UPDATE SET value = curation_counter.value + 1
RETURNING value
"""


def bump(name: str) -> int:
    """Raise a counter by one in the current transaction; answers the new value."""
    if name not in COUNTERS:
        raise ValueError(f"no counter {name!r}; there are {', '.join(COUNTERS)}")
    with connection.cursor() as cursor:
        cursor.execute(_BUMP, [name])
        return int(cursor.fetchone()[0])


def read() -> dict[str, int]:
    """All counters by name, 0 where nothing has happened yet."""
    return dict.fromkeys(COUNTERS, 0) | dict(Counter.objects.values_list("name", "value"))
