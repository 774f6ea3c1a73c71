"""The pages of the desk: each says in a sentence what it is, and where a save changes what members see at once."""

from __future__ import annotations

import pytest
from django.urls import reverse

from curation import actions
from curation.actions import Terms


@pytest.fixture
def desk(client, administrator):
    administrator.is_staff = True
    administrator.save()
    client.force_login(administrator)
    return client


@pytest.fixture
def pinned(administrator, home, films):
    terms = Terms(reason="it is new")
    draft = actions.pin_item(actor=administrator, surface=home, item=films[0], slot=1, terms=terms)
    actions.publish_decision(actor=administrator, draft=draft)
    return draft.decision


@pytest.fixture
def drafted(administrator, home, films):
    spring = actions.open_change_set(actor=administrator, name="Spring")
    terms = Terms(reason="it is new", change_set=spring)
    return actions.pin_item(
        actor=administrator, surface=home, item=films[1], slot=2, terms=terms
    ).revision


def page(desk, name, *args):
    answer = desk.get(reverse(f"desk:{name}", args=args))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_every_page_says_what_it_is_and_has_one_title(desk, administrator, pinned, drafted):
    actions.make_list(actor=administrator, slug="guests", name="Guests")
    home = drafted.change_set_id
    for name, *args in (
        ("index",),
        ("change-sets",),
        ("discard", home),
        ("schedule", home),
        ("draft", home, drafted.pk),
        ("decision", pinned.pk),
        ("revise", pinned.pk),
        ("lint",),
        ("due",),
        ("safety",),
        ("import",),
        ("history", "curation.decision", pinned.pk),
        ("segments",),
        ("segment", "guests"),
        ("edit-segment", "guests"),
        ("segment-members", "guests"),
        ("archive-segment", "guests"),
        ("new-query-segment",),
        ("catalogue",),
        ("new", "pin"),
        ("new", "rule"),
    ):
        shown = page(desk, name, *args)
        assert shown.count("<h1>") == 1, name
        assert 'class="desk__lead"' in shown, name
        assert shown.count("button--main") <= 2, f"{name} has one main act, and its form's"


def test_a_page_that_changes_what_members_see_at_once_says_so(desk, pinned, drafted):
    assert 'class="changing"' in page(desk, "decision", pinned.pk)
    assert 'class="changing"' in page(desk, "safety")
    assert 'class="changing"' not in page(desk, "decision", drafted.decision_id)
    assert 'class="changing"' not in page(desk, "discard", drafted.change_set_id)


def test_what_is_destroyed_is_asked_for_in_numbers(desk, drafted):
    shown = page(desk, "discard", drafted.change_set_id)
    assert "This throws 1 draft away" in shown
    assert "Discard 1 draft" in shown


def test_an_error_stands_beside_its_field_and_on_top(desk, drafted):
    answer = desk.post(reverse("desk:discard", args=[drafted.change_set_id]), {"reason": ""})
    shown = answer.content.decode()
    assert '<a href="#id_reason">' in shown
    assert 'aria-invalid="true"' in shown
