"""A small world of slates: two tastes, three trained scorers, and a real worker where a test asks for one."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

import numpy as np
import pytest

from curation import installation
from curation.models import Counter, Item, Surface
from recsys.live.artifacts import artifact_path
from recsys.ml import artifact
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.families import registry
from recsys.ml.scorer import Scorer, Training
from recsys.models import LiveModel, ModelVersion, Run
from recsys.transport import broker, cache
from tests.factories import AttributeFactory

FAMILIES = ("popularity", "item_knn", "ease")
SHARED = uuid.uuid4().hex
FACTS = artifact.Facts(created="2026-01-01T00:00:00Z", code="test")
_digests: dict[str, str] = {}


@dataclass
class World:
    """Items of two tastes (even and odd), and members who like the one or the other."""

    items: list[Item]

    @property
    def war(self) -> list[Item]:
        return self.items[::2]

    @property
    def comedy(self) -> list[Item]:
        return self.items[1::2]


@pytest.fixture
def world(transactional_db) -> World:
    """A catalogue of 120 films with three live scorers; its versions are above those of any other test."""
    installation.ensure()
    Counter.objects.update(value=time.time_ns() // 1000)
    Surface.objects.filter(slug="home").update(explore_every=0)
    AttributeFactory(key="genres", kind="tags")
    items = [
        Item(
            id=uuid.uuid5(uuid.NAMESPACE_URL, f"film-{n}"),
            source="test",
            outside_id=f"film-{n}",
            title=f"Film {n}",
            attributes={"genres": ["War" if n % 2 == 0 else "Comedy"]},
        )
        for n in range(120)
    ]
    Item.objects.bulk_create(items)
    made = World(items)
    for family in FAMILIES:
        go_live(version_of(family, made))
    return made


def tastes(world: World) -> Interactions:
    """Sixty members, half of each taste, each with twenty films at random of theirs."""
    chance = np.random.default_rng(7)
    members: list[str] = []
    items: list[uuid.UUID] = []
    times: list[float] = []
    for member in range(60):
        liked = world.war if member % 2 == 0 else world.comedy
        for at in chance.choice(len(liked), 20, replace=False):
            members.append(f"m{member}")
            items.append(liked[at].id)
            times.append(1_700_000_000.0 + len(times) * 60)
    return Interactions.of(members, items, [1.0] * len(items), times)


def version_of(family: str, world: World) -> ModelVersion:
    """A new version of a family; films and tastes never change, so all share one artifact."""
    run = Run.objects.create(family=family)
    number = ModelVersion.objects.filter(family=family).count() + 1
    version = ModelVersion(family=family, run=run, number=number, artifact=f"{family}/{SHARED}")
    if family not in _digests:
        _digests[family] = artifact.save(artifact_path(version), _fit(family, world), FACTS)
    version.digest = _digests[family]
    version.save()
    return version


def _fit(family: str, world: World) -> Scorer:
    catalogue = Vocabulary.of(item.id for item in world.items)
    config = registry.parse_config(family, {})
    scorer: Scorer = registry.learner_of(family)(config, tastes(world), catalogue, Training())
    return scorer


def go_live(version: ModelVersion) -> None:
    LiveModel.objects.update_or_create(family=version.family, defaults={"version": version})
    bump("models")


def bump(name: str) -> None:
    counter = Counter.objects.get(pk=name)
    counter.value += 1
    counter.save()


@pytest.fixture
def newcomer() -> str:
    """The outside id of a member whom nobody has seen, in any test."""
    return f"newcomer-{uuid.uuid4()}"


@pytest.fixture(autouse=True)
def _closed_circuits(monkeypatch) -> None:
    """Each test starts with servers that nobody has given up on."""
    monkeypatch.setattr(cache, "breaker", cache.Breaker())
    monkeypatch.setattr(broker, "breaker", cache.Breaker())
