"""Items as numbers that people can read: which features there are follows from what was shown."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from curation.models import ItemStats
from recsys.profiles import item_features
from recsys.profiles.item_features import FEWEST, MOST_WORDS, POPULARITY
from tests.factories import AttributeFactory, ItemFactory

pytestmark = pytest.mark.django_db
OFTEN = FEWEST


@pytest.fixture
def declared():
    for key, kind in (
        ("genres", "tags"), ("maker", "text"), ("year", "number"), ("new", "boolean"),
    ):  # fmt: skip
        AttributeFactory.create(key=key, kind=kind, label=key)


def films(*attributes, **more):
    return [ItemFactory.create(attributes=each, **more) for each in attributes]


def read(items, often=OFTEN):
    return item_features.read(dict.fromkeys((item.pk for item in items), often))


def column(found, items, field, value=""):
    """The values of one feature for these items."""
    at = [(each.field, each.value) for each in found.names].index((field, value))
    return found.values[[found.places[item.pk] for item in items], at].tolist()


def named(found):
    return {(each.field, each.value) for each in found.names}


def test_tags_texts_and_yes_are_features_of_who_has_them(declared):
    items = films(
        {"genres": ["War", "Drama"], "maker": "A", "new": True},
        {"genres": ["Drama"], "maker": "B", "new": False},
        {},
        {"genres": ["War"], "maker": "B"},
    )
    found = read(items)
    assert column(found, items, "genres", "War") == [1, 0, 0, 1]
    assert column(found, items, "maker", "B") == [0, 1, 0, 1]
    assert column(found, items, "new") == [1, 0, 0, 0]


def test_what_nearly_all_or_hardly_any_carries_tells_nothing_apart(declared):
    items = films({"genres": ["All", "Half"]}, {"genres": ["All"]})
    seldom = films({"genres": ["Rare"]})
    shown = {items[0].pk: FEWEST, items[1].pk: FEWEST, seldom[0].pk: 0}
    assert named(item_features.read(shown)) == {("genres", "Half")}
    few = {item.pk: FEWEST - 1 for item in items}
    assert not named(item_features.read(few))


def test_of_many_words_those_that_tell_most_apart_are_kept(declared):
    items = films(*({"genres": [f"tag {n}", *(["half"] if n % 2 else [])]} for n in range(60)))
    found = read(items, often=FEWEST)
    assert len(found.names) == MOST_WORDS
    assert ("genres", "half") in named(found)


def test_numbers_stand_in_deviations_of_what_was_shown_and_missing_is_their_mean(declared):
    items = films({"year": 1990}, {"year": 2000}, {}, {"year": 2100})
    shown = {items[0].pk: 1, items[1].pk: 1}
    found = item_features.read(shown)
    # Mean 1995, deviation 5; whatever lies beyond three of them counts as three.
    assert column(found, items, "year") == [-1, 1, 0, 3]
    assert next(each.scale for each in found.names if each.field == "year") == 5


def test_dates_are_told_in_years(declared):
    items = [ItemFactory.create(published_on=date(year, 1, 1)) for year in (2000, 2004)]
    found = read(items)
    (feature,) = found.names
    assert (feature.field, feature.kind) == ("published_on", "date")
    assert feature.scale == pytest.approx(2, abs=0.01)


def test_a_measure_that_moves_with_another_says_nothing_of_its_own(declared):
    items = [
        ItemFactory.create(attributes={"year": year}, published_on=date(year, 6, 1))
        for year in range(1990, 2000)
    ]
    assert named(read(items)) == {("year", "")}


def test_popularity_is_the_feedback_there_is_and_not_how_often_it_was_shown(declared):
    items = films({}, {}, {})
    ItemStats.objects.create(item=items[0], ratings=3, likes=4, shown=900)
    ItemStats.objects.create(item=items[1], shown=5)
    values = column(read(items), items, POPULARITY)
    assert values[0] > values[1] == values[2]
    assert np.log1p(7) == pytest.approx((values[0] - values[1]) * read(items).names[0].scale)


def test_where_nothing_was_shown_there_is_no_feature(declared):
    found = item_features.read({})
    assert (found.names, found.values.shape) == ([], (0, 0))
