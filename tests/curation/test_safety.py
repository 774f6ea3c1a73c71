"""Safety blocks over HTTP: administrators set and lift them, curators see them, nothing else moves them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from curation import actions
from curation.models import Block, Decision, Surface
from curation.policies.loading import load_policy


@pytest.fixture
def desks(curator, administrator):
    """The browsers of a curator and of an administrator."""
    found = []
    for user in (curator, administrator):
        user.is_staff = True
        user.save()
        browser = Client()
        browser.force_login(user)
        found.append(browser)
    return found


@pytest.fixture
def blocked(desks, films):
    """The decision by which an administrator blocked an item for safety at the desk."""
    _curator, chief = desks
    answer = chief.post(reverse("desk:safety"), {"item": films[0].outside_id, "reason": "it harms"})
    assert answer.status_code == 302
    return Decision.objects.get(kind="block")


def everywhere(item):
    """Whether the item is blocked, for safety, on each surface."""
    policies = [load_policy(surface, timezone.now()) for surface in Surface.objects.all()]
    return [
        [block.item for block in policy.blocks if block.safety] == [item.pk] for policy in policies
    ]


def test_it_takes_effect_at_once_on_every_surface(blocked, films):
    assert set(everywhere(films[0])) == {True}


def test_it_takes_a_reason(desks, films):
    answer = desks[1].post(reverse("desk:safety"), {"item": films[0].outside_id, "reason": " "})
    assert answer.status_code == 200
    assert not Block.objects.exists()


def test_a_curator_sees_it_and_neither_sets_nor_lifts_it(desks, blocked, films):
    curator, _chief = desks
    page = curator.get(reverse("desk:safety")).content.decode()
    assert films[0].title in page
    assert "it harms" in page
    sent = {"item": films[1].outside_id, "reason": "mine"}
    assert curator.post(reverse("desk:safety"), sent).status_code == 403
    shown = curator.get(reverse("desk:decision", args=[blocked.pk])).content.decode()
    assert "Only an administrator lifts" in shown
    curator.post(reverse("desk:end", args=[blocked.pk]), {"reason": "let it go"})
    revised = {
        "base": "1",
        "item": films[0].outside_id,
        "reason": "softer",
        "priority": "100",
        "holdback": "0",
        "traffic": "1",
    }
    curator.post(reverse("desk:revise", args=[blocked.pk]), revised)
    assert set(everywhere(films[0])) == {True}
    assert blocked.revisions.count() == 1


def test_it_survives_a_roll_back(desks, curator, home, films):
    for slot in (1, 2):
        pin = actions.pin_item(actor=curator, surface=home, item=films[slot], slot=slot)
        actions.publish_decision(actor=curator, draft=pin)
    item = {"item": films[0].outside_id, "reason": "it harms"}
    desks[1].post(reverse("desk:safety"), item)
    desks[0].post(reverse("desk:roll-back", args=["home", 0]), {"reason": "all back"})
    home.refresh_from_db()
    assert home.policy_version == 3
    assert set(everywhere(films[0])) == {True}


def test_an_administrator_lifts_it_for_a_reason(desks, blocked, films):
    _curator, chief = desks
    chief.post(reverse("desk:end", args=[blocked.pk]), {"reason": ""})
    assert set(everywhere(films[0])) == {True}
    chief.post(reverse("desk:end", args=[blocked.pk]), {"reason": "it was harmless"})
    assert set(everywhere(films[0])) == {False}
    history = chief.get(reverse("desk:history", args=["curation.decision", blocked.pk]))
    assert "it was harmless" in history.content.decode()
