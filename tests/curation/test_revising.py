"""Two curators at once: a stale save is told what the other wrote, and nothing is overwritten."""

from __future__ import annotations

import orjson
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from curation import actions
from curation.actions import Terms
from curation.fusion.effects import Boost, Fallback, Only
from curation.fusion.parsing import parse
from curation.fusion.query import ItemList
from curation.models import Decision, Revision
from curation.people.access import issue_token
from curation.policies.loading import load_policy
from curation.queries.items import schema
from tests.factories import SOURCE, SegmentFactory, UserFactory

TERMS = {"reason": "because", "priority": "100", "holdback": "0", "traffic": "1", "change_set": ""}


@pytest.fixture
def pin(curator, home, films):
    draft = actions.pin_item(
        actor=curator, surface=home, item=films[0], slot=1, terms=Terms(reason="new")
    )
    actions.publish_decision(actor=curator, draft=draft)
    return draft.decision


@pytest.fixture
def desks(curator):
    """The browsers of Ada and Bob, who are curators both."""
    found = []
    for user in (curator, UserFactory.create(username="bob", roles=["curator"])):
        user.is_staff = True
        user.save()
        browser = Client()
        browser.force_login(user)
        found.append(browser)
    return found


def url_of(decision):
    return reverse("desk:revise", args=[decision.pk])


def fields(item, **changed):
    return TERMS | {"base": "1", "item": item.outside_id, "slot": "1"} | changed


def in_force(surface):
    surface.refresh_from_db()
    return load_policy(surface, timezone.now())


def test_the_form_holds_what_the_decision_says_and_saves_the_next_revision(desks, home, films, pin):
    page = desks[0].get(url_of(pin)).content.decode()
    assert f'value="{films[0].outside_id}"' in page
    answer = desks[0].post(url_of(pin), fields(films[0], slot="4", priority="7"))
    assert answer.status_code == 302, answer.content.decode()
    (now,) = in_force(home).pins
    assert (now.slot, now.priority, now.revision) == (4, 7, 2)


def test_a_stale_save_shows_both_sides_and_keeps_what_was_typed(desks, home, films, pin):
    ada, bob = desks
    ada.post(url_of(pin), fields(films[0], slot="4", reason="ada's"))
    answer = bob.post(url_of(pin), fields(films[0], slot="5", priority="9", reason="bob's"))
    page = answer.content.decode()
    assert answer.status_code == 200
    clashes = {row["field"]: row for row in answer.context["clashes"]}
    assert (clashes["slot"]["base"], clashes["slot"]["theirs"]) == ("1", "4")
    assert (clashes["slot"]["mine"], clashes["slot"]["code"]) == ("5", "both")
    assert (clashes["slot"]["by"], clashes["priority"]["code"]) == ("curator", "mine")
    assert 'name="slot" value="5"' in page
    assert 'name="base" value="2"' in page
    assert in_force(home).pins[0].slot == 4
    assert Revision.objects.count() == 2


def test_saving_again_after_that_look_writes_on_top_of_theirs(desks, home, films, pin):
    ada, bob = desks
    ada.post(url_of(pin), fields(films[0], slot="4"))
    typed = fields(films[0], slot="5")
    bob.post(url_of(pin), typed)
    bob.post(url_of(pin), typed | {"base": "2"})
    assert (in_force(home).pins[0].slot, in_force(home).pins[0].revision) == (5, 3)


def test_a_colleagues_draft_counts_as_theirs(desks, home, films, pin):
    ada, bob = desks
    ada.post(url_of(pin), fields(films[0], slot="4", change_set="Spring"))
    answer = bob.post(url_of(pin), fields(films[0], slot="5"))
    assert answer.context["clashes"]
    assert in_force(home).pins[0].slot == 1


@pytest.mark.parametrize("kind", ["rule", "blend", "block"])
def test_every_kind_comes_back_as_it_was_written(desks, curator, home, films, scorers, kind):
    query = {"not": {"field": "genres", "op": "has", "value": "War"}}
    terms = Terms(reason="because", segment=SegmentFactory.create())
    actor = {"actor": curator, "terms": terms}
    drafts = {
        "rule": lambda: actions.add_rule(
            surface=home, effect=Boost(1.5), what=parse(query, schema()), **actor
        ),
        "blend": lambda: actions.set_blend(
            surface=home, weights={"ease": 2.0}, scales={"ease": "z"}, beta=1.5, **actor
        ),
        "block": lambda: actions.block_item(item=films[0], **actor),
    }
    draft = drafts[kind]()
    page = desks[0].get(url_of(draft.decision), follow=True)
    form = page.context["form"]
    typed = {name: form[name].value() for name in form.fields}
    data = {
        name: value for name, value in typed.items() if value is not None and value is not False
    }
    answer = desks[0].post(page.request["PATH_INFO"], data)
    assert answer.status_code == 302, answer.context["form"].errors
    second = draft.decision.revisions.get(number=2)
    kept = second.spec
    if kind == "blend":
        kept["weights"] = {name: weight for name, weight in kept["weights"].items() if weight}
    assert kept == draft.revision.spec
    assert (second.segment, second.reason) == (terms.segment, terms.reason)


def test_a_rule_with_a_fallback_list_is_not_cut_down_to_the_form(desks, curator, home, films):
    effect = Only(Fallback.LIST, (films[0].pk,))
    draft = actions.add_rule(
        actor=curator, surface=home, effect=effect, what=ItemList((films[1].pk,))
    )
    assert desks[0].get(url_of(draft.decision)).status_code == 302


# Over HTTP, by token ----------------------------------------------------------------------------------


def put(client, user, decision, **body):
    return client.put(
        f"/api/v1/decisions/{decision.pk}/",
        orjson.dumps(body),
        "application/json",
        headers={"authorization": f"Token {issue_token(user, SOURCE)}"},
    )


@pytest.fixture
def body(films):
    return {"kind": "pin", "surface": "home", "item": films[0].outside_id, "reason": "api"}


def test_a_revision_is_written_and_published_in_one_call(client, curator, home, pin, body):
    answer = put(client, curator, pin, base=1, slot=6, publish=True, **body)
    assert (answer.status_code, answer.json()["revision"]) == (200, 2), answer.content
    assert in_force(home).pins[0].slot == 6


def test_a_stale_revision_is_a_conflict_with_the_three_values(client, curator, pin, body):
    bob = UserFactory.create(username="bob", roles=["curator"])
    put(client, bob, pin, base=1, slot=6, publish=True, priority=5, **body)
    answer = put(client, curator, pin, base=1, slot=7, publish=True, **body)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (409, "stale_decision")
    errors = {error["field"]: error for error in told["errors"]}
    assert {name: errors["slot"][name] for name in ("base", "theirs", "mine", "by", "code")} == {
        "base": 1,
        "theirs": 6,
        "mine": 7,
        "by": "bob",
        "code": "both",
    }
    assert errors["revision"]["theirs"] == 2
    assert errors["priority"]["code"] == "theirs"
    assert pin.revisions.count() == 2


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"kind": "block"}, "fixed"),
        ({"surface": "similar"}, "fixed"),
        ({"surface": None}, "fixed"),
        ({"base": 7}, "no_such_revision"),
        ({"base": 0}, "invalid"),
        ({"base": None}, "invalid"),
    ],
)
def test_a_revision_that_cannot_be_is_refused(client, curator, pin, body, changed, code):
    sent = {"base": 1, "slot": 2, **body, **changed}
    if sent["kind"] == "block":
        del sent["slot"]
    answer = put(client, curator, pin, **sent)
    assert answer.json()["code"] == code, answer.json()
    assert Decision.objects.count() == Revision.objects.count() == 1
