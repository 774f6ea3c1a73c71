"""The blend desk: what is weighed there is kept as a draft or goes live, whichever button was pressed."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from curation import actions
from curation.actions import Terms
from curation.models import ChangeSet, Decision
from curation.policies.loading import load_policy

TERMS = {"reason": "because", "priority": "100", "holdback": "0", "traffic": "1", "change_set": ""}
WEIGHTS = {"weight-ease": "0.5", "weight-popularity": "1.5", "scale-ease": "", "beta": ""}


@pytest.fixture
def desk(client, curator, scorers):
    curator.is_staff = True
    curator.save()
    client.force_login(curator)
    return client


def blends_of(surface):
    surface.refresh_from_db()
    return [dict(blend.weights) for blend in load_policy(surface, timezone.now()).blends]


def weigh(desk, **fields):
    return desk.post(reverse("desk:new-blend"), TERMS | WEIGHTS | {"surface": "home"} | fields)


def test_publish_now_is_live_and_lands_on_the_receipt(desk, home):
    answer = weigh(desk, then="live")
    assert blends_of(home) == [{"ease": 0.5, "popularity": 1.5}]
    page = desk.get(answer["Location"]).content.decode()
    assert "Published 1 change" in page
    assert reverse("desk:roll-back", args=["home", 0]) in page


def test_save_as_draft_changes_nothing_for_members(desk, home):
    answer = weigh(desk, then="draft", change_set="Spring")
    assert blends_of(home) == []
    assert answer["Location"] == reverse("desk:publish", args=[ChangeSet.objects.get().pk])
    assert "Publish 1 change" in desk.get(answer["Location"]).content.decode()


def test_a_draft_that_nobody_named_a_set_for_finds_one(desk, home):
    weigh(desk, then="draft")
    assert ChangeSet.objects.get().name == "Weights of the scorers"
    assert blends_of(home) == []


def test_publish_now_leaves_other_drafts_where_they_are(desk, curator, home, films):
    spring = actions.open_change_set(actor=curator, name="Spring")
    terms = Terms(reason="a test", change_set=spring)
    actions.pin_item(actor=curator, surface=home, item=films[0], slot=1, terms=terms)
    weigh(desk, then="live", change_set="Spring")
    assert len(blends_of(home)) == 1
    assert load_policy(home, timezone.now()).pins == ()


def test_the_desk_begins_with_the_weights_that_hold(desk, curator, home):
    made = actions.set_blend(
        actor=curator,
        surface=home,
        weights={"popularity": 0.7},
        scales={},
        beta=None,
        terms=Terms(reason="a test"),
    )
    actions.publish_decision(actor=curator, draft=made)
    page = desk.get(reverse("desk:new-blend"), {"surface": "home"}).content.decode()
    assert 'name="weight-popularity" value="0.7"' in page
    assert 'name="weight-ease" value="0"' in page
    assert "100\N{NO-BREAK SPACE}%" in page


def test_the_desk_tells_the_scales_and_the_beta_in_force(desk, curator, home):
    fresh = desk.get(reverse("desk:new-blend"), {"surface": "home"}).content.decode()
    assert fresh.count("Inherited scale: log_z") == 2
    assert "Inherited β: 1<" in fresh
    for terms, told in (
        (Terms(reason="a test"), {"scales": {"ease": "z"}, "beta": 2.5}),
        (Terms(reason="for mobiles", who={"devices": ["mobile"]}), {"beta": 7.0}),
    ):
        blend = {"actor": curator, "surface": home, "weights": {"ease": 1.0}, "terms": terms}
        draft = actions.set_blend(**blend, **told)
        actions.publish_decision(actor=curator, draft=draft)
    page = desk.get(reverse("desk:new-blend"), {"surface": "home"}).content.decode()
    assert "Inherited scale: z<" in page
    assert "Inherited scale: log_z" in page
    assert "Inherited β: 2.5<" in page
    held = Decision.objects.earliest("pk")
    own = desk.get(reverse("desk:revise-blend", args=[held.pk])).content.decode()
    assert own.count("Inherited scale: log_z") == 2, "a blend inherits nothing from itself"
    assert "Inherited β: 1<" in own


def test_what_was_typed_comes_back_from_a_preview(desk, home):
    typed = {"weight-ease": "2.25", "reason": "for the summer", "view-who": "", "surface": "home"}
    page = desk.get(reverse("desk:new-blend"), typed).content.decode()
    assert 'name="weight-ease" value="2.25"' in page
    assert "for the summer" in page


def test_weights_that_say_nothing_are_refused_with_a_reason(desk, home):
    page = weigh(desk, then="live", **{"weight-ease": "0", "weight-popularity": "0"})
    assert "above 0" in page.content.decode()
    negative = weigh(desk, then="live", **{"weight-ease": "-1"}).content.decode()
    assert "greater than or equal to 0" in negative
    assert not Decision.objects.exists()


def test_a_blend_is_weighed_anew_and_a_stale_save_overwrites_nothing(desk, curator, home):
    weigh(desk, then="live")
    one = Decision.objects.get()
    url = reverse("desk:revise-blend", args=[one.pk])
    page = desk.get(url).content.decode()
    assert 'name="weight-popularity" value="1.5"' in page
    mine = TERMS | WEIGHTS | {"base": "1", "weight-ease": "0.9", "then": "live"}
    assert desk.post(url, mine).status_code == 302
    assert blends_of(home) == [{"ease": 0.9, "popularity": 1.5}]
    late = desk.post(url, mine | {"weight-ease": "0.1"})
    assert "Somebody else has changed it meanwhile" in late.content.decode()
    assert blends_of(home) == [{"ease": 0.9, "popularity": 1.5}]


def test_without_a_live_scorer_the_desk_says_so(client, curator):
    client.force_login(curator)
    page = client.get(reverse("desk:new-blend")).content.decode()
    assert "No scorer is live yet" in page


def test_only_blends_are_weighed(desk, curator, home, films):
    pin = actions.pin_item(
        actor=curator, surface=home, item=films[0], slot=1, terms=Terms(reason="a test")
    )
    assert desk.get(reverse("desk:revise-blend", args=[pin.decision.pk])).status_code == 404
