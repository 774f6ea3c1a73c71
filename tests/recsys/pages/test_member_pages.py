"""The member's pages: the shelf answers feedback, every act has an undo, and nothing wrong is shown."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.urls import reverse

from curation.models import Member
from feedback.models import Interaction, MemberState, Rating
from tests.factories import ItemFactory, UserFactory


@pytest.fixture
def ada(client, db):
    user = UserFactory.create(username="ada", roles=["member"])
    client.force_login(user)
    return user


@pytest.fixture
def film(db):
    return ItemFactory.create(title="Gravity", attributes={"year": 2013, "genres": ["Drama"]})


def act(client, film, *, htmx=True, **fields):
    body = {"nonce": uuid4().hex[:12], "next": "/"} | fields
    headers = {"HX-Request": "true", "HX-Target": "shelf-home"} if htmx else {}
    return client.post(reverse("feedback-on-item", args=[film.pk]), body, headers=headers)


def rating_of(film):
    return Rating.objects.get(item_id=film.pk)


def test_a_stranger_is_told_what_this_is_and_how_to_come_in(client, db):
    page = client.get("/").content.decode()
    assert reverse("login") in page


def test_a_new_user_becomes_a_member_and_sees_an_honest_shelf(client, ada):
    answer = client.get("/")
    assert answer.status_code == 200
    assert Member.objects.get(user=ada).outside_id == "user-ada"


def test_stars_are_recorded_once_however_often_they_are_sent(client, ada, film):
    for _ in range(2):
        answer = act(client, film, stars="4", nonce="same-nonce")
    assert "4 stars" in answer.content.decode()
    assert rating_of(film).stars == 4
    assert Interaction.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("like", "thumb", 1),
        ("dislike", "thumb", -1),
        ("favourite", "favourite", True),
        ("not_interested", "never", True),
    ],
)
def test_every_act_is_recorded_and_can_be_taken_back(client, ada, film, kind, field, value):
    page = act(client, film, kind=kind).content.decode()
    assert getattr(rating_of(film), field) == value
    event = re.search(r'name="event" value="([^"]+)"', page)
    assert event is not None
    undo = {"event": event[1], "item": film.pk, "next": "/"}
    answer = client.post(reverse("undo-feedback"), undo, headers={"HX-Request": "true"})
    assert "Taken back" in answer.content.decode()
    assert not Rating.objects.filter(item_id=film.pk, **{field: value}).exists()


@pytest.mark.parametrize("fields", [{"stars": "6"}, {"stars": "nan"}, {}, {"kind": "love"}])
def test_what_is_not_understood_is_said_and_not_recorded(client, ada, film, fields):
    answer = act(client, film, **fields)
    assert answer.status_code == 200
    assert "receipt" in answer.content.decode()
    assert not Interaction.objects.exists()


def test_without_scripts_feedback_leads_back_to_its_page_with_the_receipt(client, ada, film):
    page = f"/items/{film.pk}/"
    answer = act(client, film, htmx=False, kind="like", next=page)
    assert answer["Location"] == page
    assert "You like Gravity" in client.get(page).content.decode()
    assert "You like Gravity" not in client.get(page).content.decode()


def test_feedback_never_leads_to_another_site(client, ada, film):
    answer = act(client, film, htmx=False, kind="like", next="https://elsewhere.example/")
    assert answer["Location"] == "/"


def test_opening_an_item_from_a_slate_is_one_click(client, ada, film):
    impression = uuid4()
    for _ in range(2):
        client.get(f"/items/{film.pk}/?impression={impression}")
    assert Interaction.objects.count() == 1
    client.get(f"/items/{film.pk}/?impression=nonsense")
    assert Interaction.objects.count() == 1


def test_nobody_takes_back_what_another_member_did(client, ada, film):
    page = act(client, film, kind="like").content.decode()
    event = re.search(r'name="event" value="([^"]+)"', page)
    assert event is not None
    client.force_login(UserFactory.create(username="eve", roles=["member"]))
    client.post(reverse("undo-feedback"), {"event": event[1], "item": film.pk})
    assert rating_of(film).thumb == 1


def test_hostile_titles_are_text(client, ada, db):
    film = ItemFactory.create(
        title="<script>alert(1)</script>", attributes={"genres": ["<b>x</b>"]}
    )
    page = client.get(f"/items/{film.pk}/").content.decode()
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


def test_an_item_that_is_inactive_or_unknown_has_no_page(client, ada, db):
    gone = ItemFactory.create(active=False)
    assert client.get(f"/items/{gone.pk}/").status_code == 404
    assert client.get(f"/items/{uuid4()}/").status_code == 404


def test_the_home_page_asks_a_fixed_number_of_questions(client, ada, django_assert_max_num_queries):
    client.get("/")
    with django_assert_max_num_queries(12):
        client.get("/")


def test_feedback_moves_the_version_that_slates_must_cover(client, ada, film):
    act(client, film, kind="like")
    assert MemberState.objects.get().version == 1


def test_a_page_speaks_the_browsers_language_until_the_user_sets_one(client, ada):
    chinese = {"accept-language": "zh-hans,en;q=0.5"}
    assert 'lang="zh-hans"' in client.get("/", headers=chinese).content.decode()
    ada.language = "en"
    ada.save()
    assert 'lang="en"' in client.get("/", headers=chinese).content.decode()
