"""What `bench/publish.py` measures, once Django stands on a database."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from functools import partial
from random import Random
from time import perf_counter, process_time
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone

from bench._product import busy
from curation import actions
from curation.actions import Terms
from curation.decisions.specs import block_spec, pin_spec, rule_spec
from curation.fusion.columns import Kind
from curation.fusion.effects import Boost, Bury, Cap, Effect, Exclude
from curation.fusion.parsing import parse
from curation.lint import inspections
from curation.models import (
    Attribute,
    ChangeSet,
    Decision,
    Item,
    PolicyVersion,
    Revision,
    Surface,
    User,
)

ITEMS, ROUNDS, LOOKS = 3_000, 15, 5
LIMIT_S, LINT_LIMIT_S = 0.5, 2.0
GENRES = tuple(f"genre {at}" for at in range(20))
SCHEMA = {"genres": Kind.TAGS, "year": Kind.NUMBER}
EFFECTS: tuple[Effect, ...] = (Boost(0.5), Bury(0.3), Boost(0.2), Exclude(), Cap(5, 50))

_BARE = """
WITH made AS (
  INSERT INTO curation_policyversion (id, surface_id, number, published_by_id, published_at, reason)
  SELECT gen_random_uuid(), surface_id, -1 - %s, published_by_id, now(), ''
    FROM curation_policyversion WHERE id = %s RETURNING id)
INSERT INTO curation_policyentry (version_id, revision_id, published_at)
SELECT made.id, e.revision_id, e.published_at FROM curation_policyentry e, made WHERE e.version_id = %s
"""


def measure(decisions: int) -> int:
    """Print times and ratios; fails where publishing a change or linting all takes longer than is wanted."""
    chance, curator, home = Random(1), _curator(), Surface.objects.get(slug="home")
    Surface.objects.filter(pk=home.pk).update(pin_budget=10_000, depth=200)
    home.refresh_from_db()
    items = _catalogue(chance)
    first = _drafts(chance, decisions, curator, home, items)
    at_once = _timed(lambda: actions.publish(actor=curator, change_set=first))
    bare = statistics.median(_timed(partial(_copy, home, at)) for at in range(ROUNDS))
    print(busy())
    _tell(f"bare SQL: a version of {decisions:,} rows", bare, bare)
    _tell(f"{decisions:,} drafts published at once", at_once, bare)
    linted = _lint(decisions, bare)
    slowest = max(_publish(chance, size, curator, home, items, bare) for size in (1, 10))
    print(f"{'limit for a change on top of them':44} {LIMIT_S * 1000:8.0f} ms")
    return int(slowest > LIMIT_S or linted > LINT_LIMIT_S)


def _lint(decisions: int, bare: float) -> float:
    """The median time to lint all that is live on all surfaces, as every night and on the page of conflicts."""
    surfaces = list(Surface.objects.all())
    look = partial(inspections.inspect, surfaces, timezone.now())
    idle = process_time()
    took = statistics.median(_timed(look) for _round in range(LOOKS))
    worked = (process_time() - idle) / LOOKS
    _tell(f"{decisions:,} live decisions linted, p50", took, bare)
    limit = f"{LINT_LIMIT_S * 1000:8.0f} ms   our own processor's time: {worked * 1000:.0f} ms"
    print(f"{'limit for linting them':44} {limit}")
    return took


def _publish(
    chance: Random, size: int, curator: User, home: Surface, items: list[Item], bare: float
) -> float:
    """The median time to publish a change set of some rules on top of what is live."""
    times = []
    for _round in range(ROUNDS):
        drafts = ChangeSet.objects.create(name="change", author=curator)
        for _draft in range(size):
            effect, what = Boost(0.1), parse(_where(chance), SCHEMA)
            terms = Terms(change_set=drafts)
            actions.add_rule(actor=curator, surface=home, effect=effect, what=what, terms=terms)
        times.append(_timed(partial(actions.publish, actor=curator, change_set=drafts)))
    _tell(f"change sets of {size} on top of them, p50", statistics.median(times), bare)
    _tell(f"change sets of {size} on top of them, slowest", max(times), bare)
    return statistics.median(times)


def _tell(what: str, took_s: float, bare_s: float) -> None:
    print(f"{what:44} {took_s * 1000:8.0f} ms   {took_s / bare_s:5.1f} times the bare SQL")


def _timed(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _copy(home: Surface, number: int) -> None:
    """Write the rows of the newest version once more, and nothing else."""
    newest = PolicyVersion.objects.filter(surface=home, number__gt=0).latest("number")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BARE, [number, newest.pk, newest.pk])


def _curator() -> User:
    user = User.objects.create(username="curator")
    user.groups.add(Group.objects.get(name="curator"))
    return user


def _catalogue(chance: Random) -> list[Item]:
    Attribute.objects.bulk_create(Attribute(key=key, kind=kind) for key, kind in SCHEMA.items())
    items = [
        Item(
            source="bench",
            outside_id=f"i{at}",
            title=f"Item {at}",
            attributes={"genres": chance.sample(GENRES, 3), "year": chance.randrange(1930, 2020)},
        )
        for at in range(ITEMS)
    ]
    return Item.objects.bulk_create(items)


def _where(chance: Random) -> dict[str, Any]:
    genre = {"field": "genres", "op": "has", "value": chance.choice(GENRES)}
    return {"all": [genre, {"field": "year", "op": "ge", "value": chance.randrange(1930, 2000)}]}


def _drafts(
    chance: Random, number: int, curator: User, home: Surface, items: list[Item]
) -> ChangeSet:
    """A change set of so many drafts: six rules and two pins to two blocks."""
    home_set = ChangeSet.objects.create(name="all", author=curator)
    kinds = [_content(at, chance, items) for at in range(number)]
    decisions = Decision.objects.bulk_create(
        Decision(kind=kind, surface=home, author=curator) for kind, _content in kinds
    )
    Revision.objects.bulk_create(
        Revision(decision=row, number=1, change_set=home_set, author=curator, **content)
        for row, (_kind, content) in zip(decisions, kinds, strict=True)
    )
    return home_set


def _content(at: int, chance: Random, items: list[Item]) -> tuple[str, dict[str, Any]]:
    if at % 10 < 2:
        spec = pin_spec(at % 200 + 1)
        return "pin", {"item": items[at], "spec": spec, "priority": 100 + at // 200}
    if at % 10 < 4:
        return "block", {"item": items[ITEMS - 1 - at], "spec": block_spec(safety=False)}
    return "rule", {"spec": rule_spec(EFFECTS[at % 5], parse(_where(chance), SCHEMA))}
