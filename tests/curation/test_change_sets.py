"""Change sets: several curators fill them, move drafts, plan them; each is published once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from curation import actions
from curation.actions import Terms
from curation.decisions.lineages import with_state
from curation.models import ChangeSet, PolicyVersion
from curation.policies.loading import drafts_of, load_policy
from curation.problems import Conflict, Invalid
from tests.factories import ItemFactory, UserFactory


@pytest.fixture
def spring(curator):
    return actions.open_change_set(actor=curator, name="Spring")


@pytest.fixture
def autumn(curator):
    return actions.open_change_set(actor=curator, name="Autumn")


@pytest.fixture
def bob(db):
    return UserFactory.create(username="bob", roles=["curator"])


@pytest.fixture
def drafted(curator, home, spring):
    def drafted(slot=1, actor=None, into=None):
        terms = Terms(change_set=into or spring, reason="spring")
        item = ItemFactory.create()
        return actions.pin_item(
            actor=actor or curator, surface=home, item=item, slot=slot, terms=terms
        )

    return drafted


def pins(surface):
    surface.refresh_from_db()
    return sorted(pin.slot for pin in load_policy(surface, timezone.now()).pins)


def state_of(draft):
    return vars(with_state(timezone.now()).get(pk=draft.decision.pk))["state"]


def plan(actor, home_set, at):
    """Plan a set for an instant that may have passed, as it has when a worker comes."""
    actions.schedule(actor=actor, change_set=home_set, at=timezone.now() + timedelta(days=1))
    ChangeSet.objects.filter(pk=home_set.pk).update(publish_at=at)


def test_a_set_of_a_name_is_opened_once_and_anew_when_it_is_closed(curator, bob, spring):
    assert actions.open_change_set(actor=bob, name="Spring") == spring
    actions.discard(actor=curator, change_set=spring, reason="no")
    assert actions.open_change_set(actor=bob, name="Spring") != spring


def test_publishing_one_set_leaves_the_others_alone(curator, bob, home, spring, autumn, drafted):
    drafted(1)
    drafted(2, actor=bob, into=autumn)
    actions.publish(actor=bob, change_set=autumn)
    assert pins(home) == [2]
    assert ChangeSet.objects.get(pk=spring.pk).published_at is None


def test_a_draft_that_is_taken_out_is_not_published_and_stays_readable(
    curator, home, spring, drafted
):
    stays, goes = drafted(1), drafted(2)
    actions.withdraw(actor=curator, draft=goes.revision, reason="not yet")
    actions.publish(actor=curator, change_set=spring)
    assert pins(home) == [1]
    assert (state_of(stays), state_of(goes)) == ("live", "discarded")
    event = apps.get_model("curation", "WithdrawalEvent").objects.get()
    assert event.pgh_context["reason"] == "not yet"


def test_taking_a_draft_out_takes_its_older_drafts_along(curator, spring, drafted):
    first = drafted(1)
    second = actions.revise_decision(
        actor=curator,
        decision=first.decision,
        base=1,
        spec={"slot": 2},
        terms=Terms(change_set=spring),
    )
    actions.withdraw(actor=curator, draft=second.revision, reason="no")
    assert drafts_of(spring) == {}


def test_a_draft_moves_to_another_set_and_is_published_with_it(
    curator, home, spring, autumn, drafted
):
    draft = drafted(3)
    moved = actions.move(actor=curator, draft=draft.revision, to=autumn, reason="later")
    assert (moved.revision.number, moved.revision.reason) == (2, "spring")
    actions.publish(actor=curator, change_set=spring)
    assert pins(home) == []
    actions.publish(actor=curator, change_set=autumn)
    assert pins(home) == [3]


def test_a_draft_moves_once_and_not_out_of_a_closed_set(curator, spring, autumn, drafted):
    draft, other = drafted(1), drafted(2)
    actions.move(actor=curator, draft=draft.revision, to=autumn, reason="later")
    with pytest.raises(Conflict) as gone:
        actions.move(actor=curator, draft=draft.revision, to=autumn, reason="later")
    assert gone.value.code == "draft_gone"
    with pytest.raises(Invalid):
        actions.move(actor=curator, draft=other.revision, to=spring, reason="here")
    actions.publish(actor=curator, change_set=spring)
    with pytest.raises(Conflict) as closed:
        actions.withdraw(actor=curator, draft=other.revision, reason="late")
    assert closed.value.code == "change_set_closed"


def test_a_decision_whose_draft_was_taken_out_is_revised_from_what_is_left(
    curator, home, spring, drafted
):
    draft = drafted(1)
    actions.publish(actor=curator, change_set=spring)
    later = actions.revise_decision(
        actor=curator, decision=draft.decision, base=1, spec={"slot": 2}, terms=Terms()
    )
    actions.withdraw(actor=curator, draft=later.revision, reason="no")
    again = actions.revise_decision(
        actor=curator, decision=draft.decision, base=1, spec={"slot": 3}, terms=Terms()
    )
    assert again.revision.number == 3


def test_a_planned_set_is_published_when_its_instant_has_come(curator, home, spring, drafted):
    drafted(1)
    now = timezone.now()
    plan(curator, spring, now)
    assert actions.publish_due(now - timedelta(seconds=1)) == []
    (done,) = actions.publish_due(now)
    assert done.published_at is not None
    assert actions.publish_due(now) == []
    assert pins(home) == [1]
    assert PolicyVersion.objects.get(surface=home).published_by == curator


def test_a_planned_set_waits_while_the_surface_is_published(curator, home, spring, drafted):
    drafted(1)
    actions.schedule(actor=curator, change_set=spring, at=timezone.now() + timedelta(days=1))
    actions.publish(actor=curator, surface=home)
    assert pins(home) == []


def test_what_lint_refuses_at_the_instant_stays_open_with_the_finding(
    curator, home, spring, autumn, drafted
):
    drafted(1)
    drafted(1, into=autumn)
    plan(curator, spring, timezone.now())
    actions.publish(actor=curator, change_set=autumn)
    (refused,) = actions.publish_due(timezone.now())
    assert (refused.published_at, refused.publish_at) == (None, None)
    assert (refused.refusal or {})["code"] == "pin_clash"
    assert actions.publish_due(timezone.now()) == []
    assert pins(home) == [1]


def test_whoever_lost_the_role_publishes_nothing_any_more(curator, home, spring, drafted):
    drafted(1)
    plan(curator, spring, timezone.now())
    curator.groups.clear()
    (refused,) = actions.publish_due(timezone.now())
    assert (refused.refusal or {})["code"] == "denied"
    assert pins(home) == []


def test_a_plan_is_changed_or_given_up(curator, bob, home, spring, drafted):
    drafted(1)
    plan(curator, spring, timezone.now())
    later = timezone.now() + timedelta(hours=1)
    actions.schedule(actor=bob, change_set=spring, at=later, zone="Europe/Berlin")
    assert actions.publish_due(timezone.now()) == []
    actions.unschedule(actor=curator, change_set=spring)
    assert actions.publish_due(later) == []


def test_a_plan_lies_ahead_and_names_a_zone(curator, spring):
    with pytest.raises(Invalid):
        actions.schedule(actor=curator, change_set=spring, at=timezone.now())
    tomorrow = timezone.now() + timedelta(days=1)
    with pytest.raises(Invalid):
        actions.schedule(actor=curator, change_set=spring, at=tomorrow, zone="Mars/Olympus")
