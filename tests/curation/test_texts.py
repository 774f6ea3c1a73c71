"""What an item says of itself in words."""

from __future__ import annotations

import pytest

from curation.catalogue.texts import LONGEST, hash_of, text_of, worded_attributes
from curation.models import Item
from tests.factories import AttributeFactory

ATTRIBUTES = {"director": "Director", "genres": "Genres"}


def test_title_words_and_description_stand_in_this_order():
    item = Item(title=" Alien ", description="In space\n", attributes={"genres": ["Horror", "SF"]})
    assert text_of(item, ATTRIBUTES) == "Alien\nGenres: Horror, SF\nIn space"


@pytest.mark.parametrize("nothing", [None, "", "  ", []])
def test_an_attribute_that_says_nothing_is_left_out(nothing):
    assert text_of(Item(title="Alien", attributes={"director": nothing}), ATTRIBUTES) == "Alien"


def test_an_item_without_words_has_no_text():
    assert text_of(Item(title=" ", description="\n"), ATTRIBUTES) == ""


def test_a_text_of_more_than_ten_thousand_characters_is_cut():
    item = Item(title="Alien", description="x" * 20_000)
    assert len(text_of(item, {})) == LONGEST
    assert hash_of(text_of(item, {})) != hash_of("Alien")


@pytest.mark.django_db
def test_only_attributes_in_words_count_by_their_labels():
    for key, kind in (("genres", "tags"), ("director", "text"), ("year", "number")):
        AttributeFactory.create(key=key, kind=kind, label=key.capitalize())
    assert worded_attributes() == {"director": "Director", "genres": "Genres"}
