"""The tour of a first visit: shown to its role, put away for good, and brought back from the account page."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from django.urls import reverse

from recsys.accounts.tours import TOURS
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PLACES = {"member": "/", "curator": "/admin/", "operator": "/admin/", "analyst": "/admin/"}


@pytest.mark.parametrize(("role", "place"), PLACES.items())
def test_a_tour_is_shown_until_it_is_put_away_and_again_when_asked_for(client, role, place):
    client.force_login(UserFactory.create(roles=[role], is_staff=place == "/admin/"))
    assert 'class="tour"' in client.get(place).content.decode()
    put = {"act": "dismiss", "tour": role, "next": place}
    for _ in range(2):
        assert client.post(reverse("tour"), put).url == place
    assert 'class="tour"' not in client.get(place).content.decode()
    client.post(reverse("tour"), {"act": "restart"})
    assert 'class="tour"' in client.get(place).content.decode()


def test_what_one_user_puts_away_another_still_sees(client):
    for name in ("one", "other"):
        client.force_login(UserFactory.create(username=name, roles=["member"]))
        assert 'class="tour"' in client.get("/").content.decode()
        client.post(reverse("tour"), {"act": "dismiss", "tour": "member", "next": "/"})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"act": "burn"},
        {"act": "dismiss", "tour": "nobody", "next": "/"},
        {"act": "dismiss", "tour": "member", "next": "https://elsewhere.test/"},
    ],
)
def test_nonsense_is_refused(client, body):
    client.force_login(UserFactory.create(roles=["member"]))
    assert client.post(reverse("tour"), body).status_code == HTTPStatus.BAD_REQUEST


def test_a_tour_has_three_to_five_steps():
    assert all(3 <= len(tour.steps) <= 5 for tour in TOURS.values())
