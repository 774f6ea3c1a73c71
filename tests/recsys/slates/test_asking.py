"""What scorers are asked with: a member's words with their stars, at the instant of the fuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from feedback.learning.history import Reacted
from recsys.slates.gathering import history_of

NOW = datetime(2024, 5, 6, 21, tzinfo=UTC)
FILM, OTHER = UUID(int=1), UUID(int=2)


def test_a_history_carries_stars_and_the_instant():
    said = [
        Reacted(FILM, 1.0, NOW - timedelta(days=2), 4.0),
        Reacted(OTHER, 0.7, NOW - timedelta(days=1)),
    ]
    history = history_of(said, None, NOW)
    assert history.items == (FILM, OTHER)
    assert history.stars[0] == 4.0
    assert np.isnan(history.stars[1])
    assert history.asked == NOW.timestamp()


def test_beside_an_item_it_is_asked_now_too():
    history = history_of((), FILM, NOW)
    assert (history.items, history.asked) == ((FILM,), NOW.timestamp())
