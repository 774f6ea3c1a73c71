"""The cast of feedback: two members and a few films."""

from __future__ import annotations

import pytest

from curation.models import Item, Member
from feedback.actions import record
from tests.feedback.cast import told


@pytest.fixture
def ada(db):
    return Member.objects.create(source="test", outside_id="ada")


@pytest.fixture
def bob(db):
    return Member.objects.create(source="test", outside_id="bob")


@pytest.fixture
def films(db):
    return [
        Item.objects.create(source="test", outside_id=f"film-{n}", title=f"Film {n}")
        for n in range(4)
    ]


@pytest.fixture
def tell():
    """Record what one member did, event by event: `tell(ada, ("e1", Kind.RATING, film, 4))`."""

    def _tell(member, *events, source="test", **common):
        return record([told(member, *event, **common) for event in events], source=source)

    return _tell
