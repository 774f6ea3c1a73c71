"""A member whom war films draw, wherever these stood, among others who choose at random."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from curation import installation
from feedback.actions import record
from feedback.models import Impression, Kind
from feedback.partitions import ensure_months
from recsys.models import Preference
from recsys.preferences import worker as preferring
from tests.factories import AttributeFactory, ItemFactory, MemberFactory
from tests.feedback.cast import told

SHOWN = 6
OTHERS = 8


@pytest.fixture
def random():
    return np.random.default_rng(4)


@pytest.fixture
def films(transactional_db):
    """Twelve war films and as many comedies, of years from 1980 on."""
    installation.ensure()
    AttributeFactory.create(key="genres", kind="tags", label="Genre")
    AttributeFactory.create(key="year", kind="number", label="Year")
    return [
        ItemFactory.create(
            title=f"Film {n}",
            attributes={"genres": ["War" if n % 2 == 0 else "Comedy"], "year": 1980 + n // 2 % 6},
        )
        for n in range(24)
    ]


@pytest.fixture
def show(films, random):
    """Shows a member a slate of six films: the impression."""

    def _show(member, days=1, **changes):
        at = timezone.now() - timedelta(days=days)
        ensure_months("feedback_impression", [at])
        chosen = random.choice(len(films), SHOWN, replace=False)
        fields = {
            "served_at": at,
            "shown_at": at,
            "subject": member.subject,
            "surface": "home",
            "mode": "fresh",
            "items": [films[n].pk for n in chosen],
            "slots": list(range(1, SHOWN + 1)),
            "propensities": [1.0] * SHOWN,
            "curated": [False] * SHOWN,
        }
        return Impression.objects.create(**fields | changes)

    return _show


def chosen(member, impression, item, kind=Kind.LIKE, value=None):
    """The interaction by which a member chooses an item of an impression."""
    event = f"{kind}-{impression.pk}-{item}"
    act = told(member, event, kind, item, value, impression=impression.pk)
    return replace(act, occurred_at=impression.served_at + timedelta(minutes=1))


@pytest.fixture
def choose(films):
    """Has a member choose an item of an impression: the event."""

    def _choose(*words):
        act = chosen(*words)
        record([act], source="test")
        return act.event

    return _choose


@pytest.fixture
def warlike(films):
    """The films that are of war."""
    return {film.pk for film in films if film.attributes["genres"] == ["War"]}


@pytest.fixture
def fond(films, show, warlike, random):
    """A member who chose a war film of each of thirty slates, and eight who chose whatever."""
    fond, acts = MemberFactory.create(outside_id="fond"), []
    for _ in range(30):
        impression = show(fond)
        mine = [item for item in impression.items if item in warlike]
        acts += [chosen(fond, impression, item) for item in mine[-1:]]
    for _ in range(OTHERS):
        other = MemberFactory.create()
        for _ in range(15):
            impression = show(other)
            acts.append(chosen(other, impression, impression.items[random.integers(SHOWN)]))
    record(acts, source="test")
    return fond


@pytest.fixture
def learned():
    """Learns now: what was found of a member."""

    def _learned(member):
        preferring.learn(timezone.now())
        return Preference.objects.select_related("fit").get(member=member.subject)

    return _learned
