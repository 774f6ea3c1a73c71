"""What `bench/matching.py` measures, once Django stands on a database."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

from django.db import connection

from bench._database import settle
from bench._product import busy
from curation.fusion.columns import Kind
from curation.fusion.parsing import parse
from curation.fusion.query import Query
from curation.fusion.reading import parse_text
from curation.models import Attribute, Item
from curation.queries.items import best, count, schema

ROUNDS, LIMIT_MS, SAMPLE = 9, 200.0, 8
KINDS: Final = {
    "genres": Kind.TAGS,
    "year": Kind.NUMBER,
    "studio": Kind.TEXT,
    "released": Kind.DATE,
}
_ITEMS: Final = """
INSERT INTO curation_item (id, source, outside_id, title, description, provider, image_url, active, attributes,
                           published_on, created_at, updated_at)
SELECT gen_random_uuid(), 'bench', n::text, 'Item ' || md5(n::text), repeat(md5(n::text) || ' ', 6), 'provider',
       '', n %% 20 > 0,
       jsonb_build_object('year', 1930 + n %% 90, 'studio', 'Studio ' || n %% 400,
                          'released', to_char(date '1930-01-01' + n %% 33000, 'YYYY-MM-DD'),
                          'genres', jsonb_build_array('Genre ' || n %% 20, 'Genre ' || n %% 19, 'Genre ' || n %% 17)),
       date '1930-01-01' + n %% 33000, now(), now()
FROM generate_series(1, %s) AS n
"""
_STATS: Final = """
INSERT INTO curation_itemstats (item_id, ratings, mean_rating, likes, dislikes, clicks, shown, computed_at)
SELECT id, mod(abs(hashtext(outside_id)), 500), 3.5, 10, 3, 40, 1000, now() FROM curation_item
"""
QUERIES: Final = (
    'genres has "genre 7"',
    "year >= 1980",
    'studio = "studio 12"',
    "released < 1980-01-01",
    'title contains "abc"',
    "stats.ratings >= 100",
    "stats.like_rate > 0.005",
    'genres has "genre 7" and year >= 1980 and not studio = "studio 12"',
    'title contains "ab" or genres in ("genre 3", "genre 4") and (released >= 1950-01-01 or stats.ratings < 20)',
)


def measure(items: int) -> int:
    """Print milliseconds; fails where the median count of a query takes longer than is wanted."""
    Attribute.objects.bulk_create(Attribute(key=key, kind=kind) for key, kind in KINDS.items())
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS, [items])
        cursor.execute(_STATS)
    settle()
    known = schema()
    asked = {text: parse_text(text, known) for text in QUERIES}
    some = [str(key) for key in Item.objects.values_list("pk", flat=True)[:1_000]]
    asked["a list of 1,000 items"] = _listed(some)
    print(f"{items:,} items; {busy()}")
    bare = _median(Item.objects.filter(active=True).count)
    print(f"{'all that are active':106} {bare:7.0f} ms")
    slowest = max(_tell(text, query) for text, query in asked.items())
    print(f"the slowest count: {slowest:.0f} ms (wanted at most {LIMIT_MS:.0f})")
    return int(slowest > LIMIT_MS)


def _listed(ids: list[str]) -> Query:
    return parse({"items": ids}, {})


def _tell(text: str, query: Query) -> float:
    counted = _median(lambda: count(query))
    read = _median(lambda: best(query, SAMPLE))
    print(
        f"{text:106} {counted:7.0f} ms   its best {SAMPLE}: {read:5.0f} ms   {count(query):,}",
        flush=True,
    )
    return counted


def _median(act: Callable[[], Any]) -> float:
    times = []
    for _round in range(ROUNDS):
        started = perf_counter()
        act()
        times.append((perf_counter() - started) * 1e3)
    return statistics.median(times)
