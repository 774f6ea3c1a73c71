"""Members of two habits: those of the evening like war films, those of the morning rate comedies low."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from curation import installation
from curation.models import Item, Member
from feedback.actions import record
from feedback.models import Kind
from feedback.recording.events import NewInteraction
from feedback.rollups import behaviour
from tests.factories import AttributeFactory, UserFactory

EACH = 24
MONDAY = datetime(2024, 3, 4, tzinfo=UTC)


@pytest.fixture
def films(transactional_db):
    installation.ensure()
    AttributeFactory.create(key="genres", kind="tags")
    return [
        Item.objects.create(
            source="test",
            outside_id=f"film-{n}",
            title=f"Film {n}",
            attributes={"genres": ["War", "Drama"] if n % 2 == 0 else ["Comedy"]},
        )
        for n in range(20)
    ]


@pytest.fixture
def members(films):
    """The members of the evening first."""
    rows = [Member(source="test", outside_id=f"member-{n}") for n in range(2 * EACH)]
    Member.objects.bulk_create(rows)
    events = [
        NewInteraction(
            event=f"{member.outside_id}-{at}",
            subject=member.subject,
            kind=Kind.RATING,
            item_id=_film(films, at, evening=number < EACH).pk,
            value=_stars(at, evening=number < EACH),
            occurred_at=MONDAY
            + timedelta(days=at % 5, hours=20 if number < EACH else 8, minutes=number),
        )
        for number, member in enumerate(rows)
        for at in range(8)
    ]
    record(events, source="test")
    behaviour.roll_up()
    return rows


def _film(films, at, *, evening):
    """Their own taste, and two of the other."""
    own = 0 if evening else 1
    return films[2 * at + own] if at < 6 else films[2 * at + 1 - own]


def _stars(at, *, evening):
    if evening:
        return 5.0 if at < 6 else 3.0
    return 4.0 if at < 2 else 2.0


@pytest.fixture
def curator(films):
    return UserFactory.create(username="curator", roles=["curator"])
