"""What `bench/simulating.py` measures, once Django stands on a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

import numpy as np
from django.contrib.auth.models import Group

from bench._product import busy
from bench._publish import EFFECTS, GENRES, SCHEMA
from curation import actions
from curation.actions import Terms
from curation.fusion import codec
from curation.fusion.candidates import Candidates, pack_ids, statistics_of
from curation.fusion.columns import Column, Kind
from curation.fusion.context import Context
from curation.fusion.effects import Boost
from curation.fusion.engine import fuse
from curation.fusion.parsing import parse
from curation.fusion.query import Query
from curation.fusion.seeds import seed_of
from curation.fusion.slate import Placement
from curation.models import Attribute, ChangeSet, Item, Surface, User
from curation.policies.loading import policy_with
from feedback.models import Impression
from feedback.partitions import ensure_months
from recsys.models import Simulation, Slate
from recsys.simulations import actions as simulation_actions
from recsys.simulations import worker as simulating

ITEMS, CANDIDATES, RULES, PINS, SIZE, LIMIT_S = 2_000, 400, 20, 10, 10, 10.0
SCORERS = ("dot", "ease", "item_knn", "popularity", "sasrec")


def measure(requests: int) -> int:
    """Print times; fails where the simulation takes the processor longer than is wanted."""
    chance, home = Random(1), Surface.objects.get(slug="home")
    curator = User.objects.create(username="curator")
    curator.groups.add(Group.objects.get(name="curator"))
    desk = _Desk(chance, curator, home, _catalogue(chance))
    desk.decide(RULES, PINS)
    actions.publish(actor=curator, surface=home)
    home.refresh_from_db()
    inputs = _log(chance, home, desk.items, requests)
    drafts = actions.open_change_set(actor=curator, name="tried")
    desk.decide(2, 1, drafts)
    made = simulation_actions.request_simulation(
        change_set=drafts, actor=curator, asked=requests, by_worker=False
    )
    start, idle = perf_counter(), process_time()
    simulating.execute(made.pk)
    taken, worked = perf_counter() - start, process_time() - idle
    made = Simulation.objects.get(pk=made.pk)
    start, idle = perf_counter(), process_time()
    for stored in inputs:
        codec.replay(stored)
    fused = process_time() - idle
    print(busy())
    print(f"{made.state} {made.error}; {made.report.get('changed')} of {requests} change")
    print(f"{requests:,} requests simulated: {taken:.2f} s, {worked:.2f} s of the processor")
    print(f"as many slates fused of the same inputs: {fused:.2f} s of the processor")
    print(f"limit {LIMIT_S:.0f} s")
    return int(made.state != Simulation.State.SUCCEEDED or worked > LIMIT_S)


@dataclass(frozen=True)
class _Desk:
    """Who decides, where, and about what."""

    chance: Random
    curator: User
    home: Surface
    items: list[Item]

    def decide(self, rules: int, pins: int, drafts: ChangeSet | None = None) -> None:
        """Draft rules and pins at random; those of a set outrank the others."""
        terms = Terms(reason="a bench", change_set=drafts, priority=200 if drafts else 100)
        common: dict[str, Any] = {"actor": self.curator, "surface": self.home, "terms": terms}
        for at in range(rules):
            effect = Boost(0.4) if drafts else EFFECTS[at % len(EFFECTS)]
            actions.add_rule(effect=effect, what=self._what(), **common)
        for at in range(pins):
            actions.pin_item(item=self.chance.choice(self.items), slot=1 + 4 * at, **common)

    def _what(self) -> Query:
        genre = {"field": "genres", "op": "has", "value": self.chance.choice(GENRES)}
        year = {"field": "year", "op": "ge", "value": self.chance.randrange(1940, 2010)}
        return parse({"all": [genre, year]}, SCHEMA)


def _catalogue(chance: Random) -> list[Item]:
    Attribute.objects.bulk_create(Attribute(key=key, kind=kind) for key, kind in SCHEMA.items())
    rows = [
        Item(
            source="bench",
            outside_id=str(at),
            title=f"Item {at}",
            provider=f"studio {at % 40}",
            attributes={"genres": chance.sample(GENRES, 3), "year": chance.randrange(1930, 2020)},
        )
        for at in range(ITEMS)
    ]
    return sorted(Item.objects.bulk_create(rows), key=lambda item: item.pk)


def _log(chance: Random, home: Surface, items: list[Item], requests: int) -> list[bytes]:
    """Slates of the live policy with their inputs, each served once; answers the inputs."""
    now = datetime.now(UTC)
    ensure_months("feedback_impression", [now])
    policy = policy_with(home, now, {})
    slates, impressions, stored = [], [], []
    for at in range(requests):
        subject = UUID(int=chance.getrandbits(128))
        context = Context("home", now - timedelta(seconds=at), subject, "mobile", "en")
        seed = seed_of("home", subject, context.instant)
        candidates = _candidates(chance, items)
        slate = fuse(candidates, policy, context, seed)
        packed = codec.encode_inputs(candidates, policy, context, seed)
        stored.append(packed)
        row = Slate(surface=home, subject=subject, engine="1", trace=b"", inputs=packed)
        row.fused_at = context.instant
        slates.append(row)
        impressions.append(_impression(row, subject, slate.placements[:SIZE]))
    Slate.objects.bulk_create(slates)
    Impression.objects.bulk_create(impressions)
    return stored


def _candidates(chance: Random, items: list[Item]) -> Candidates:
    chosen = [items[at] for at in sorted(chance.sample(range(len(items)), CANDIDATES))]
    noise = np.random.default_rng(chance.randrange(1 << 32))
    scores = {scorer: noise.normal(size=CANDIDATES) for scorer in SCORERS}
    years = [item.attributes["year"] for item in chosen]
    return Candidates(
        ids=pack_ids(item.pk for item in chosen),
        scores=scores,
        statistics={scorer: statistics_of(each) for scorer, each in scores.items()},
        active=np.ones(CANDIDATES, np.bool_),
        rated=noise.random(CANDIDATES) < 0.05,
        columns={
            "genres": Column.of(Kind.TAGS, [item.attributes["genres"] for item in chosen]),
            "year": Column.of(Kind.NUMBER, years),
        },
    )


def _impression(row: Slate, subject: UUID, placements: Sequence[Placement]) -> Impression:
    return Impression(
        slate=row.pk,
        subject=subject,
        surface="home",
        mode="fresh",
        served_at=row.fused_at,
        shown_at=row.fused_at,
        items=[each.item for each in placements],
        slots=[each.slot for each in placements],
        propensities=[each.propensity / 1e9 for each in placements],
        curated=[bool(each.fired) for each in placements],
    )
