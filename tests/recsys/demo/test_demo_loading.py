"""Loading the demo's films and ratings: what becomes of a rating and of its instant, and loading twice."""

from __future__ import annotations

import gzip
from datetime import timedelta
from itertools import islice

import pytest
from django.utils import timezone

from curation.models import Attribute, Item
from feedback.models import Interaction, Rating
from recsys.demo import loading
from tests.factories import ItemFactory

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 300


@pytest.fixture
def cut(tmp_path, monkeypatch):
    """The first ratings of the file, and the last one of all by time."""
    path = tmp_path / "cut.csv.gz"
    with gzip.open(loading.INTERACTIONS, "rt") as whole, gzip.open(path, "wt") as file:
        file.writelines(islice(whole, ROWS + 1))
    monkeypatch.setattr(loading, "INTERACTIONS", path)
    return path


def test_films_have_a_year_and_genres_of_the_declared_types(db):
    assert loading.load_items() == 3_119
    film = Item.objects.get(source="demo", outside_id="0013442")
    assert film.title == "Nosferatu, eine Symphonie des Grauens"
    assert film.attributes == {"year": 1922, "genres": ["Horror"]}
    kinds = dict(Attribute.objects.values_list("key", "kind"))
    assert kinds == {"year": "number", "genres": "tags"}


def test_ratings_become_stars_and_move_by_whole_weeks_with_the_original_kept(cut):
    loading.load_items()
    *_, progress = loading.load_interactions()
    assert (progress.accepted, progress.rejected) == (ROWS, 0)
    told = Interaction.objects.get(original_at__isnull=False, item_id=_film("1411238"))
    assert told.value == 3, "6 of 10 is 3 stars"
    assert told.original_at is not None
    assert told.original_at.timestamp() == 1_362_062_838
    week = timedelta(days=7)
    assert (told.occurred_at - told.original_at) % week == timedelta()
    newest = Interaction.objects.latest("occurred_at").occurred_at
    assert timezone.now() - week <= newest <= timezone.now()
    assert set(Rating.objects.values_list("stars", flat=True)) <= {1, 2, 3, 4, 5}


def test_loading_again_adds_nothing_also_weeks_later(cut, monkeypatch):
    loading.load_items()
    list(loading.load_interactions())
    before = list(Interaction.objects.order_by("id").values_list("id", "occurred_at"))
    monkeypatch.setattr(
        loading, "weeks_to", lambda now, latest: pytest.fail("the shift is settled already")
    )
    *_, progress = loading.load_interactions()
    assert (progress.duplicate, progress.rejected) == (ROWS, 0)
    assert list(Interaction.objects.order_by("id").values_list("id", "occurred_at")) == before
    assert not loading.is_wanted()


def test_a_load_that_broke_off_is_wanted_again(cut):
    assert loading.is_wanted(), "the database is empty"
    loading.load_items()
    assert loading.is_wanted(), "no rating is there yet"


def test_the_demo_stays_out_of_a_catalogue_of_somebody_else(db):
    ItemFactory(source="shop")
    assert not loading.is_wanted()


def _film(outside_id):
    return Item.objects.get(source="demo", outside_id=outside_id).pk
