"""What happens when two people, or two processes, do the same thing at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from curation import actions, counters
from curation.actions import Refused, Terms, publishing
from curation.installation import ensure
from curation.models import Approval, Item, PolicyVersion, Surface
from curation.problems import Conflict
from tests.factories import SOURCE, ItemFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _installed():
    ensure()


def together(*calls):
    """Run the calls in threads that start together; answers each result, or what it raised."""
    barrier = Barrier(len(calls))

    def run(call):
        barrier.wait(10)
        try:
            return call()
        except (Conflict, Refused) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def drafts(count, slots):
    curator = UserFactory.create(roles=["curator"])
    home = Surface.objects.get(slug="home")
    made = [
        actions.pin_item(actor=curator, surface=home, item=ItemFactory.create(), slot=slot)
        for slot in slots[:count]
    ]
    return curator, made


def test_two_publishes_at_once_are_successive_versions_with_both_decisions():
    curator, made = drafts(4, [1, 2, 3, 4])
    calls = [lambda d=d: actions.publish_decision(actor=curator, draft=d) for d in made]
    done = together(*calls)
    assert sorted(each.versions["home"] for each in done) == [1, 2, 3, 4]
    last = PolicyVersion.objects.get(surface="home", number=4)
    assert last.entries.count() == 4


def test_one_change_set_published_twice_at_once_is_published_once():
    curator, (draft,) = drafts(1, [1])
    call = lambda: actions.publish_decision(actor=curator, draft=draft)  # noqa: E731 - said twice
    first, second = sorted(together(call, call), key=lambda each: isinstance(each, Conflict))
    assert first.versions == {"home": 1}
    assert second.code == "change_set_closed"
    assert Surface.objects.get(slug="home").policy_version == 1


def test_of_two_publishes_on_the_same_seen_version_one_conflicts():
    curator, _made = drafts(2, [1, 2])
    home = Surface.objects.get(slug="home")
    call = lambda: actions.publish(actor=curator, surface=home, version=0)  # noqa: E731
    results = together(call, call)
    assert sum(isinstance(each, Conflict) for each in results) == 1
    assert Surface.objects.get(slug="home").policy_version == 1


def test_of_two_pins_on_one_slot_published_at_once_one_is_refused():
    curator, made = drafts(2, [1, 1])
    calls = [lambda d=d: actions.publish_decision(actor=curator, draft=d) for d in made]
    results = together(*calls)
    (refused,) = [each for each in results if isinstance(each, Refused)]
    assert refused.code == "pin_clash"
    assert PolicyVersion.objects.get(surface="home").entries.count() == 1


def test_an_item_put_by_two_at_once_is_there_once():
    def put(title):
        return actions.put_items([{"item": "a", "title": title}], source=SOURCE)

    before = counters.read()["catalogue"]
    results = together(lambda: put("One"), lambda: put("Two"))
    assert [rows[0].status for rows in results].count("created") >= 1
    assert Item.objects.get(outside_id="a").title in ("One", "Two")
    assert counters.read()["catalogue"] == before + 2


def test_a_counter_raised_by_many_at_once_misses_none():
    before = counters.read()["models"]
    values = together(*[lambda: counters.bump("models")] * 8)
    assert sorted(values) == list(range(before + 1, before + 9))


def test_a_planned_change_set_is_published_once_by_two_beats():
    curator, (draft,) = drafts(1, [1])
    home_set = draft.revision.change_set
    soon = timezone.now() + timedelta(days=1)
    actions.schedule(actor=curator, change_set=home_set, at=soon)
    done = together(*[lambda: actions.publish_due(soon)] * 4)
    assert sum(map(len, done)) == 1
    assert Surface.objects.get(slug="home").policy_version == 1


def test_of_two_curators_who_revise_one_decision_one_is_told_what_the_other_wrote():
    curator, (draft,) = drafts(1, [1])
    actions.publish_decision(actor=curator, draft=draft)
    bob = UserFactory.create(username="bob", roles=["curator"])

    def revise(actor, slot):
        return actions.revise_decision(
            actor=actor, decision=draft.decision, base=1, terms=Terms(), spec={"slot": slot}
        )

    results = together(lambda: revise(curator, 2), lambda: revise(bob, 3))
    (told,) = [each for each in results if isinstance(each, Conflict)]
    (slot,) = [error for error in told.errors if error["field"] == "slot"]
    assert (slot["base"], {slot["theirs"], slot["mine"]}, slot["code"]) == (1, {2, 3}, "both")
    assert draft.decision.revisions.count() == 2


def test_a_publish_that_was_overtaken_while_lint_looked_is_linted_again(monkeypatch):
    curator, made = drafts(2, [1, 1])
    first, second = made
    look = publishing._look

    def overtaken(looked_at, now):
        found = look(looked_at, now)
        monkeypatch.setattr(publishing, "_look", look)
        together(lambda: actions.publish_decision(actor=curator, draft=first))
        return found

    monkeypatch.setattr(publishing, "_look", overtaken)
    with pytest.raises(Refused) as refused:
        actions.publish_decision(actor=curator, draft=second)
    assert refused.value.code == "pin_clash"


def test_two_who_approve_at_once_are_one_approval_and_the_other_is_told():
    curator, made = drafts(1, [1])
    home = made[0].revision.change_set
    asked = actions.ask_approval(actor=curator, change_set=home)
    others = [UserFactory.create(roles=["curator"]) for _ in range(2)]
    told = {"change_set": home, "request": asked.pk, "reason": "it is fine"}
    done = together(*[lambda each=each: actions.approve(actor=each, **told) for each in others])
    assert sorted(type(each).__name__ for each in done) == ["Approval", "Conflict"]
    assert [each.code for each in done if isinstance(each, Conflict)] == ["not_asked"]
    assert Approval.objects.filter(act="approved").count() == 1


def test_a_change_and_an_approval_at_once_leave_nothing_published_unseen():
    Surface.objects.filter(slug="home").update(approval="always")
    curator, made = drafts(1, [1])
    home, other = made[0].revision.change_set, UserFactory.create(roles=["curator"])
    asked = actions.ask_approval(actor=curator, change_set=home)
    told = {"change_set": home, "request": asked.pk, "reason": "it is fine"}
    terms = Terms(change_set=home)
    surface, item = Surface.objects.get(slug="home"), ItemFactory.create()
    pin = {"actor": curator, "surface": surface, "item": item}
    together(
        lambda: actions.approve(actor=other, **told),
        lambda: actions.pin_item(slot=2, terms=terms, **pin),
    )
    with pytest.raises(Conflict) as refusal:
        actions.publish(actor=curator, change_set=home)
    assert refusal.value.code == "approval_void"
