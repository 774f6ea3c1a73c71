"""The cast of curation: who decides, what about, and where."""

from __future__ import annotations

import pytest

from curation.models import Surface
from tests.factories import AttributeFactory, ItemFactory, MemberFactory, ScorerFactory, UserFactory


@pytest.fixture
def curator(db):
    return UserFactory.create(username="curator", roles=["curator"])


@pytest.fixture
def administrator(db):
    return UserFactory.create(username="administrator", roles=["administrator"])


@pytest.fixture
def stranger(db):
    return UserFactory.create(username="stranger", roles=["member"])


@pytest.fixture
def ada(db):
    return MemberFactory.create(outside_id="ada")


@pytest.fixture
def home(db):
    return Surface.objects.get(slug="home")


@pytest.fixture
def similar(db):
    return Surface.objects.get(slug="similar")


@pytest.fixture
def attributes(db):
    return [
        AttributeFactory.create(key="year", kind="number"),
        AttributeFactory.create(key="genres", kind="tags"),
        AttributeFactory.create(key="released", kind="date"),
        AttributeFactory.create(key="director", kind="text"),
        AttributeFactory.create(key="colour", kind="boolean"),
    ]


@pytest.fixture
def films(attributes):
    """A war film, a comedy and a film that is both."""
    genres = [["War"], ["Comedy"], ["Comedy", "War"]]
    return [
        ItemFactory.create(attributes={"genres": tags, "year": 1950 + at, "director": f"D{at % 2}"})
        for at, tags in enumerate(genres)
    ]


@pytest.fixture
def scorers(db):
    return [ScorerFactory.create(name=name) for name in ("ease", "popularity")]
