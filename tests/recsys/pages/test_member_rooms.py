"""The member's other pages: search, history, items; what they say in odd situations, and what they never do."""

from __future__ import annotations

import re
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from curation.models import Member
from feedback.models import Interaction, Rating
from recsys.embeddings import meaning
from tests.factories import AttributeFactory, ItemFactory, UserFactory

HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "quotes": "\"'><svg onload=alert(1)>",
    "long": "x" * 500,
    "chinese": "我不是药神" * 60,
    "arabic": "مرحبا بكم في عالم السينما",
    "override": "\u202egnirts lufmrah",
    "emoji": "🎬👩‍👩‍👧‍👦 Film",
    "template": "{{ 707070707070|add:7 }}",
}


@pytest.fixture
def ada(client, db):
    user = UserFactory.create(username="ada", roles=["member"])
    client.force_login(user)
    return user


@pytest.fixture
def film(db):
    AttributeFactory.create(key="genres", kind="tags")
    return ItemFactory.create(title="Gravity", attributes={"year": 2013, "genres": ["Drama"]})


def act(client, film, *, target="entry-x", **fields):
    body = {"nonce": uuid4().hex[:12], "next": "/history/"} | fields
    headers = {"HX-Request": "true", "HX-Target": target} if target else {}
    return client.post(reverse("feedback-on-item", args=[film.pk]), body, headers=headers)


def page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def subject_of(user):
    return Member.objects.get(user=user).subject


@pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
def test_hostile_titles_are_text_on_every_page(client, ada, title):
    film = ItemFactory.create(title=title, description=title, attributes={"genres": [title]})
    act(client, film, stars="5")
    for path in (f"/items/{film.pk}/", "/history/", f"/search/?q={title[:40]}", "/"):
        seen = page(client, path)
        assert "<script>alert" not in seen
        assert "<img src=x" not in seen
        assert "<svg onload" not in seen
        assert "707070707077" not in seen


@pytest.mark.parametrize("asked", HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_searched_for_is_text_and_answered(client, db, asked):
    answer = client.get("/search/", {"q": asked, "tag": asked, "by": asked, "page": asked})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()


def test_search_finds_by_words_and_says_so(client, ada, film):
    found = page(client, "/search/?q=gravity")
    assert "Gravity" in found
    assert "1 item with all these words" in found
    assert 'value="gravity"' in found


def test_search_that_finds_nothing_says_what_to_try(client, ada, film):
    assert "Nothing has all these words" in page(client, "/search/?q=zzz")
    assert "Type a few letters" in page(client, "/search/")


def test_search_can_be_narrowed_to_a_tag(client, ada, film):
    other = ItemFactory.create(title="Gravity Falls", attributes={"genres": ["Comedy"]})
    both = page(client, "/search/?q=gravity")
    assert "tag=Comedy" in both
    only = page(client, "/search/?q=gravity&tag=Comedy")
    assert f"/items/{other.pk}/" in only
    assert f"/items/{film.pk}/" not in only


def test_search_by_meaning_falls_back_to_words_and_says_so(client, ada, film, monkeypatch):
    monkeypatch.setattr(meaning, "is_offered", lambda: True)
    monkeypatch.setattr(meaning, "vector_of", lambda words: None)
    found = page(client, "/search/?q=gravity&by=meaning")
    assert f"/items/{film.pk}/" in found
    assert "found by words" in found


def test_search_by_meaning_is_offered_in_english_alone(client, ada, film, monkeypatch):
    monkeypatch.setattr(meaning, "is_offered", lambda: True)
    assert "by=meaning" in page(client, "/search/?q=gravity")
    chinese = {"accept-language": "zh-hans"}
    answer = client.get("/search/?q=gravity", headers=chinese).content.decode()
    assert "by=meaning" not in answer


def test_inactive_items_are_not_found(client, ada):
    ItemFactory.create(title="Gone", active=False)
    assert "Nothing has all these words" in page(client, "/search/?q=gone")


def test_pages_of_a_search_follow_each_other(client, ada):
    for n in range(25):
        ItemFactory.create(title=f"Alien {n}")
    first = page(client, "/search/?q=alien")
    onward = re.search(r'rel="next" href="([^"]+)"', first)
    assert onward is not None
    second = page(client, "/search/" + unescape(onward[1]))
    items = r'id="entry-([0-9a-f]{32})"'
    assert not set(re.findall(items, first)) & set(re.findall(items, second))
    assert len(re.findall(items, first) + re.findall(items, second)) == 25


def test_what_was_said_stands_in_its_list_the_newest_first(client, ada, film):
    other = ItemFactory.create(title="Alien")
    act(client, film, stars="4")
    act(client, other, stars="2")
    act(client, film, kind="favourite")
    act(client, other, kind="not_interested")
    rated = page(client, "/history/")
    assert rated.index("Alien") < rated.index("Gravity")
    assert "Gravity" in page(client, "/history/?list=favourites")
    assert "Gravity" not in page(client, "/history/?list=never")
    assert "Alien" in page(client, "/history/?list=never")
    assert "Nothing here yet" in page(client, "/history/?list=liked")


@pytest.mark.parametrize(
    ("said", "back", "stands"),
    [
        ({"stars": "4"}, "not_rating", {"stars": 4}),
        ({"kind": "like"}, "not_like", {"thumb": 1}),
        ({"kind": "dislike"}, "not_dislike", {"thumb": -1}),
        ({"kind": "favourite"}, "not_favourite", {"favourite": True}),
        ({"kind": "not_interested"}, "not_never", {"never": True}),
    ],
)
def test_whatever_was_said_can_be_taken_back_later(client, ada, film, said, back, stands):
    act(client, film, **said)
    assert Rating.objects.filter(subject=subject_of(ada), **stands).exists()
    answer = act(client, film, kind=back).content.decode()
    assert "Taken back" in answer
    assert not Rating.objects.filter(subject=subject_of(ada), **stands).exists()


def test_taking_back_restores_what_was_said_before(client, ada, film):
    act(client, film, stars="3")
    act(client, film, stars="5")
    act(client, film, kind="not_rating")
    assert Rating.objects.get(item_id=film.pk).stars == 3


def test_taking_back_what_was_not_said_says_so(client, ada, film):
    answer = act(client, film, kind="not_like")
    assert "nothing of this to take back" in answer.content.decode()
    assert not Interaction.objects.exists()


def test_nobody_sees_or_takes_back_what_another_said(client, ada, film):
    act(client, film, stars="5")
    other = Client()
    other.force_login(UserFactory.create(username="eve", roles=["member"]))
    assert "Gravity" not in page(other, "/history/")
    act(other, film, kind="not_rating")
    assert Rating.objects.get(subject=subject_of(ada), item_id=film.pk).stars == 5


def test_an_act_in_a_list_answers_with_its_entry_alone(client, ada, film):
    answer = act(client, film, target=f"entry-{film.pk.hex}", stars="2").content.decode()
    assert answer.lstrip().startswith("<li")
    assert f'id="entry-{film.pk.hex}"' in answer
    assert "2 stars" in answer


def test_without_scripts_an_act_leads_back_to_its_list(client, ada, film):
    answer = act(client, film, target="", stars="2")
    assert answer["Location"] == "/history/"
    assert "2 stars" in page(client, "/history/")


def test_who_was_signed_out_meanwhile_is_told_and_loses_nothing(client, film):
    answer = act(client, film, stars="5", signed="1")
    told = answer.content.decode()
    assert "You were signed out meanwhile" in told
    assert Rating.objects.get(item_id=film.pk).stars == 5


def test_who_never_signed_in_is_not_told_that_they_were_signed_out(client, film):
    assert "signed out" not in act(client, film, stars="5").content.decode()


def test_an_old_page_can_say_again_what_was_taken_back(client, ada, film):
    for _ in range(2):
        act(client, film, kind="like", nonce="old-page")
    act(client, film, kind="not_like")
    act(client, film, kind="like", nonce="old-page")
    assert Rating.objects.get(item_id=film.pk).thumb == 1


def test_pages_that_lists_do_not_have_are_the_nearest(client, ada, film):
    act(client, film, stars="5")
    for wrong in ("0", "-3", "99", "x", "9" * 30, "１"):
        assert "Gravity" in page(client, f"/history/?page={wrong}")
        assert "Gravity" in page(client, f"/search/?q=gravity&page={wrong}")


@pytest.mark.parametrize("path", ["/shelves/nothing/", "/shelves/popular/", "/shelves/because/"])
def test_a_shelf_that_is_not_there_is_not_found(client, ada, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("state", [{"shown": "nonsense"}, {"shelf": "x"}, {"of": "x"}, {"row": ""}])
def test_a_page_that_tells_nonsense_of_itself_is_answered(client, ada, film, state):
    answer = act(client, film, target="shelf-home", stars="4", **state)
    assert answer.status_code == 200
    assert 'id="shelf-home"' in answer.content.decode()
    assert Rating.objects.get(item_id=film.pk).stars == 4


def test_a_picture_stands_over_the_drawn_cover(client, ada):
    film = ItemFactory.create(title="Alien", image_url="https://pictures.example/1.jpg")
    seen = page(client, f"/items/{film.pk}/")
    assert 'src="https://pictures.example/1.jpg"' in seen
    assert "<svg viewBox" in seen


@pytest.mark.parametrize("path", ["/", "/search/?q=gravity", "/history/"])
def test_pages_ask_few_questions(client, ada, film, path, django_assert_max_num_queries):
    act(client, film, stars="5")
    page(client, path)
    with django_assert_max_num_queries(15):
        page(client, path)
