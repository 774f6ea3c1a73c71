"""Visitors: a browser is known by its cookie, rates without signing in, and is the user at sign-in."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from curation.models import Member
from feedback.models import Comment, Interaction, Kind, MemberState, Rating
from recsys.accounts import visitors
from tests.factories import ItemFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def film():
    return ItemFactory.create(title="Gravity")


def act(client, film, **fields):
    body = {"nonce": uuid4().hex[:12], "next": "/"} | fields
    headers = {"HX-Request": "true", "HX-Target": "shelf-home"}
    return client.post(reverse("feedback-on-item", args=[film.pk]), body, headers=headers)


def visitor_rows():
    return Member.objects.filter(outside_id__startswith="visitor-")


def sign_in(client):
    password = "open sesame"
    user = UserFactory.create(username="ada", roles=["member"])
    user.set_password(password)
    user.save()
    answer = client.post("/login/", {"username": "ada", "login": "ada", "password": password})
    assert answer.status_code == 302, answer.content[:2000]
    return user


def test_a_browser_gets_a_cookie_that_no_script_reads_and_no_row(client, film):
    answer = client.get("/")
    cookie = answer.cookies[visitors.COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert not visitor_rows().exists()


def test_who_keeps_no_cookies_leaves_no_rows(film):
    for _ in range(5):
        Client().get("/")
        Client().get(f"/items/{film.pk}/?impression={uuid4()}")
    assert visitor_rows().count() <= 5
    for _ in range(5):
        Client().get(f"/items/{film.pk}/")
    assert visitor_rows().count() <= 5


def test_a_robot_that_says_so_gets_no_cookie_and_clicks_nothing(film):
    robot = Client(headers={"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"})
    assert visitors.COOKIE not in robot.get("/").cookies
    robot.get(f"/items/{film.pk}/?impression={uuid4()}")
    assert not Interaction.objects.exists()
    assert not visitor_rows().exists()


def test_the_next_page_is_the_visitors_own(client, film):
    client.get("/")
    client.get("/")
    assert visitor_rows().count() == 1
    client.get("/")
    assert visitor_rows().count() == 1


def test_a_visitor_rates_and_takes_it_back(client, film):
    client.get("/")
    page = act(client, film, stars="4").content.decode()
    subject = visitor_rows().get().subject
    assert Rating.objects.get(subject=subject).stars == 4
    event = re.search(r'name="event" value="([^"]+)"', page)
    assert event is not None
    client.post(reverse("undo-feedback"), {"event": event[1], "item": film.pk, "next": "/"})
    assert Rating.objects.filter(subject=subject, stars__isnull=False).count() == 0


def test_a_first_act_without_a_cookie_makes_a_visitor(client, film):
    answer = act(client, film, kind="like")
    assert visitors.COOKIE in answer.cookies
    act(client, film, kind="favourite")
    assert visitor_rows().count() == 1
    assert Rating.objects.get().favourite


@pytest.mark.parametrize("forged", ["abc", "a" * 22, "a" * 22 + ":1abcde:xyz", ""])
def test_a_cookie_that_we_did_not_sign_is_no_visitor(client, film, forged):
    client.cookies[visitors.COOKIE] = forged
    assert visitors.COOKIE in client.get("/").cookies
    assert not visitor_rows().exists()


def test_signing_in_makes_the_visitor_the_user(client, film):
    other = ItemFactory.create(title="Alien")
    client.get("/")
    act(client, film, stars="5")
    act(client, other, kind="not_interested")
    user = sign_in(client)
    own = Member.objects.get(user=user)
    assert {r.item_id: (r.stars, r.never) for r in Rating.objects.filter(subject=own.subject)} == {
        film.pk: (5.0, False),
        other.pk: (None, True),
    }
    assert visitor_rows().get().merged_into == own
    assert client.cookies[visitors.COOKIE].value == ""
    client.get("/")
    assert Interaction.objects.count() == 2
    assert MemberState.objects.get(subject=own.subject).ratings == 1


def test_a_way_of_signing_in_that_knows_nothing_of_visitors_does_as_well(client, film):
    client.get("/")
    act(client, film, stars="5")
    user = UserFactory.create(username="ada", roles=["member"])
    client.force_login(user)
    answer = client.get("/")
    assert Rating.objects.get().subject == Member.objects.get(user=user).subject
    assert answer.cookies[visitors.COOKIE]["max-age"] == 0


def test_who_signs_out_is_a_new_visitor(client, film):
    client.get("/")
    act(client, film, stars="5")
    sign_in(client)
    client.post("/logout/")
    client.get("/")
    client.get("/")
    assert visitor_rows().filter(merged_into=None).count() == 1


def test_a_visitor_is_told_what_this_is_and_how_to_keep_it(client, film):
    page = client.get("/").content.decode()
    assert reverse("login") in page
    assert "Sign in to keep your shelf" in page


def test_how_long_a_page_was_looked_at_is_a_view(client, film):
    client.get("/")
    place = reverse("view-of-item", args=[film.pk])
    for _ in range(2):
        assert client.post(place, {"seconds": "12.5", "nonce": "abcdefgh"}).status_code == 204
    kept = Interaction.objects.get()
    assert (kept.kind, kept.value) == (Kind.VIEW, 12.5)
    for wrong in ("-1", "nan", "inf", "1e9", "", "long"):
        answer = client.post(place, {"seconds": wrong, "nonce": "ijklmnop"})
        assert answer.status_code == 400


def test_a_comment_is_shown_as_text_to_whom_its_author_chose(client, film):
    place, page = reverse("comment-on-item", args=[film.pk]), f"/items/{film.pk}/"
    hostile = "<script>alert(1)</script> & <b>bold</b>"
    client.get("/")
    client.post(place, {"text": hostile, "public": "on", "nonce": "abcdefgh", "next": page})
    client.post(place, {"text": "only mine", "nonce": "ijklmnop", "next": page})
    own, others = client.get(page).content.decode(), Client().get(page).content.decode()
    assert "&lt;script&gt;alert(1)" in own
    assert "&lt;script&gt;alert(1)" in others
    assert "<script>alert" not in own + others
    assert "only mine" in own
    assert "only mine" not in others
    event = re.search(r'name="event" value="([^"]+)"', own[own.index("only mine") :])
    assert event is not None
    client.post(reverse("undo-feedback"), {"event": event[1], "item": film.pk, "next": page})
    assert Comment.objects.get().text == hostile


@pytest.mark.parametrize(
    "text", ["", "   ", "x" * 2001, "bell\x07"], ids=["none", "blank", "long", "control"]
)
def test_a_comment_that_is_none_is_refused_with_a_reason(client, film, text):
    place = reverse("comment-on-item", args=[film.pk])
    answer = client.post(place, {"text": text, "nonce": "abcdefgh"})
    assert "errorlist" in answer.content.decode()
    assert not Comment.objects.exists()


def test_sharing_hands_out_the_address(client, film):
    page = act(client, film, kind="share").content.decode()
    assert f"http://testserver/items/{film.pk}/" in page
    assert Rating.objects.get().shared


def test_what_a_robot_does_is_noted(film):
    robot = Client(headers={"user-agent": "Examplebot/1.0"})
    act(robot, film, kind="like")
    assert MemberState.objects.get().robot


def test_visitors_are_of_the_installations_own_source(client, film):
    act(client, film, kind="like")
    assert visitor_rows().get().source == settings.DEFAULT_SOURCE
