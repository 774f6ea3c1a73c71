"""Searching: every word has to be there, whatever its case and accents; text without spaces is found anywhere."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation.catalogue import searching
from curation.models import Item, ItemStats
from tests.factories import ItemFactory

pytestmark = pytest.mark.django_db


def found(words, **options):
    return [item.title for item in searching.search(words, **options).items]


def make(*titles, **more):
    return [ItemFactory.create(title=title, **more) for title in titles]


def test_every_word_has_to_be_there_as_the_beginning_of_a_word():
    make("Star Wars", "A Star Is Born", "War and Peace")
    assert found("star war") == ["Star Wars"]
    assert sorted(found("sta")) == ["A Star Is Born", "Star Wars"]
    assert found("tar") == []


@pytest.mark.parametrize("words", ["amelie", "AMÉLIE", "Ame\u0301lie", "ａｍｅｌｉｅ", "«Amélie»!"])
def test_case_accents_and_width_do_not_matter(words):
    make("Amélie")
    assert found(words) == ["Amélie"]


@pytest.mark.parametrize(("title", "words"), [("Łódź Story", "lodz"), ("Сталкер", "СТАЛ")])
def test_other_alphabets_are_found_alike(title, words):
    make(title)
    assert found(words) == [title]


def test_titles_descriptions_tags_and_providers_are_read():
    attributes = {"genres": ["Science Fiction"], "year": 1979, "classic": True}
    make("Alien", description="A crew far from home.", attributes=attributes, provider="Brandywine")
    for words in ("alien", "crew home", "science", "1979", "brandy", "alien 1979 fiction crew"):
        assert found(words) == ["Alien"]
    assert found("genres") == found("true") == []


@pytest.mark.parametrize("words", ["药", "药神", "不是药", "我不是药神", "药神 我", "大药"])
def test_chinese_is_found_wherever_it_stands(words):
    make("我不是药神", "药神花园是我的大药房")
    expected = {"药神花园是我的大药房"} if words == "大药" else {"我不是药神"}
    assert expected <= set(found(words))


def test_pairs_of_characters_that_stand_apart_are_not_what_was_asked_for():
    make("大药房，药神")
    assert found("大药神") == []
    assert found("大药房") == ["大药房，药神"]


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("ガンダム", "ンダ"),
        ("기생충 이야기", "생충"),
        ("องค์บาก", "บาก"),
        ("星球大战 Star Wars", "大战 star"),
    ],
)
def test_other_text_without_spaces_is_found_wherever_it_stands(title, words):
    make(title)
    assert found(words) == [title]


def test_the_very_title_stands_first_then_its_beginning_then_its_words_then_the_rest():
    rest, words, *_ = make("Heat Wave Drama", "The Drama of Life", "Drama Queen", "Drama")
    Item.objects.filter(pk=rest.pk).update(title="Comedy", attributes={"genres": ["Drama"]})
    for item in (rest, words):
        ItemStats.objects.create(item=item, ratings=900)
    expected = ["Drama", "Drama Queen", "The Drama of Life", "Comedy"]
    assert found("drama") == expected


def test_among_equals_the_one_with_more_ratings_stands_first():
    few, many, _none = make("Alien A", "Alien B", "Alien C")
    ItemStats.objects.create(item=few, ratings=2)
    ItemStats.objects.create(item=many, ratings=20)
    assert found("alien") == ["Alien B", "Alien A", "Alien C"]


def test_only_active_items_are_found_unless_others_are_asked_for():
    make("Alien", active=False)
    assert found("alien") == []
    assert found("alien", items=Item.objects.all()) == ["Alien"]


def test_pages_follow_each_other_without_repeats():
    make(*(f"Alien {n}" for n in range(7)))
    pages = [searching.search("alien", page=page, size=3) for page in (1, 2, 3)]
    assert [each.total for each in pages] == [7, 7, 7]
    assert len({item.pk for each in pages for item in each.items}) == 7
    assert searching.search("alien", page=99, size=3).page == 3
    assert searching.search("alien", page=-1, size=3).page == 1


@pytest.mark.parametrize("words", ["", "   ", "!!!", "'", "\\", "&|!():*<->", "\x00", "—…"])
def test_what_holds_no_word_finds_nothing_and_breaks_nothing(words):
    make("Alien")
    assert found(words) == []


@pytest.mark.parametrize(
    "words", ["alien' | 'x", "alien & !", "alien:*", "%alien_", 'alien"); DROP']
)
def test_signs_of_other_languages_are_just_signs(words):
    make("Alien")
    assert found(words) in ([], ["Alien"])


@given(text=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_text_can_be_kept_and_asked_for(text):
    item = ItemFactory.create(title=text[:500], description=text * 3, attributes={"t": [text]})
    searching.search(text)
    item.delete()


def test_very_long_texts_can_be_kept():
    make("x" * 500, description="y" * 200_000)
    make("字" * 500, description="语言" * 50_000)
    assert found("xxx") == ["x" * 500]


def test_words_are_found_by_the_index():
    make("Alien")
    query = searching.read("alien war")
    assert query is not None
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = searching.matching(Item.objects.all(), query).explain()
    assert "item_words" in plan
