"""The desk's pages of expectations: set, changed, retired, and what stops a publish told where it is published."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from curation import actions
from curation.actions import Expected, Terms
from curation.fusion.effects import Boost
from curation.fusion.parsing import parse
from curation.models import ChangeSet, Decision, Expectation, ExpectationReport, Outbox
from curation.policies import fulfilment
from curation.policies.fulfilment import Target
from curation.queries.items import schema
from tests.factories import SOURCE, MemberFactory

pytestmark = pytest.mark.django_db

WAR = {"field": "genres", "op": "has", "value": "War"}
FORM = {
    "name": "Some war",
    "surface": "home",
    "way": "at_least",
    "count": "1",
    "first": "5",
    "who": "anyone",
    "match": "all",
    "field-1": "genres",
    "op-1": "has",
    "value-1": "War",
    "blocks": "on",
    "reason": "it is the week of war films",
}
RULE = {
    "surface": "home",
    "effect": "boost",
    "strength": "1",
    "match": "all",
    "priority": "100",
    "field-1": "genres",
    "op-1": "has",
    "value-1": "War",
    "holdback": "0",
    "traffic": "1",
    "reason": "more of it",
}


@pytest.fixture
def desk(client, curator):
    client.force_login(curator)
    return client


@pytest.fixture
def expectation(curator, home, films):
    claim = actions.read_claim("at_least", parse(WAR, schema()), 1, 5)
    expected = Expected(name="Some war", surface=home, claim=claim, reason="war")
    return actions.add_expectation(actor=curator, expected=expected)


@pytest.fixture
def spring(curator, home, films):
    change_set = actions.open_change_set(actor=curator, name="Spring")
    terms = Terms(reason="to try", change_set=change_set)
    rule: dict[str, Any] = {"effect": Boost(1.0), "what": parse(WAR, schema()), "terms": terms}
    actions.add_rule(actor=curator, surface=home, **rule)
    return change_set


def found(expectation, target, *, met=False, subject=None, error=""):
    """A report as a worker would write it."""
    film = {"slot": 1, "item": str(expectation.pk), "title": "A comedy"}
    whom = {"kind": "newcomer", "subject": subject} if subject else {"kind": "nobody"}
    slate = {"met": met, "whom": whom, "held": 0, "told": [] if met else [film]}
    ExpectationReport.objects.create(
        change_set=target.change_set,
        checked_at=timezone.now(),
        instant=timezone.now(),
        basis=dict(fulfilment.basis_of(target).facts),
        results=[
            {
                "expectation": str(expectation.pk),
                "met": met,
                "error": error,
                "people": 1,
                "slates": [slate],
            }
        ],
    )


def text(response):
    assert response.status_code == 200, response.status_code
    return " ".join(response.content.decode().split())


def test_the_page_says_what_goes_here_while_nothing_is_expected(desk):
    assert "Nothing is expected yet." in text(desk.get(reverse("desk:expectations")))


def test_an_expectation_is_written_in_the_form_and_waits_for_its_check(desk, films):
    answer = desk.post(reverse("desk:new-expectation"), FORM)
    assert answer.status_code == 302
    row = Expectation.objects.get()
    assert row.claim == {"way": "at_least", "count": 1, "first": 5, "where": {"all": [WAR]}} or (
        row.claim["where"] == WAR
    )
    page = text(desk.get(reverse("desk:expectations")))
    assert "At least 1 in the first 5: genres has War." in page
    assert "not checked" in page
    assert 'hx-trigger="every 2s"' in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"count": ""}, "Give a number from 1 to 200."),
        ({"count": "6"}, "More are expected than there are slots."),
        ({"who": "member"}, "Say for whom"),
        ({"who": "member", "member": "nobody"}, "No member has this id."),
        ({"value-1": "", "op-1": "is"}, "It was not saved"),
        ({"first": "60"}, "A slate of Home has 50 slots."),
        ({"name": ""}, "It was not saved"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(desk, films, change, words):
    page = text(desk.post(reverse("desk:new-expectation"), {**FORM, **change}))
    assert words in page
    assert not Expectation.objects.exists()


def test_what_a_choice_hides_does_not_count(desk, films, ada):
    hidden = {"way": "never", "who": "nobody", "member": "ada"}
    assert desk.post(reverse("desk:new-expectation"), {**FORM, **hidden}).status_code == 302
    row = Expectation.objects.get()
    assert (row.claim["way"], row.claim["count"], row.member) == ("never", 0, None)


def test_a_condition_more_keeps_what_was_written(desk, films):
    page = text(desk.post(reverse("desk:new-expectation"), {**FORM, "add": "0"}))
    assert 'name="field-2"' in page
    assert 'value="Some war"' in page


def test_it_is_changed_where_it_stands_and_a_stale_change_is_told(desk, expectation):
    path = reverse("desk:change-expectation", args=[expectation.pk])
    assert 'value="Some war"' in text(desk.get(path))
    assert desk.post(path, {**FORM, "base": "1", "count": "2"}).status_code == 302
    expectation.refresh_from_db()
    assert (expectation.claim["count"], expectation.number) == (2, 2)
    assert "Somebody else has changed it" in text(desk.post(path, {**FORM, "base": "1"}))


def test_it_is_retired_for_a_reason(desk, expectation):
    path = reverse("desk:retire-expectation", args=[expectation.pk])
    assert "This field is required." in text(desk.post(path, {"reason": ""}))
    assert desk.post(path, {"reason": "over"}).status_code == 302
    expectation.refresh_from_db()
    assert expectation.retired_at
    assert desk.get(path).status_code == 404


def test_what_is_not_met_shows_whose_slate_and_what_stands_there(desk, expectation):
    member = MemberFactory.create(source=SOURCE, outside_id="ada")
    found(expectation, Target(), subject=str(member.subject))
    page = text(desk.get(reverse("desk:expectations")))
    assert "1 of 1 is not met." in page
    assert "a newcomer (ada): none there, instead" in page
    assert "A comedy" in page
    assert "every 2s" not in page


def test_a_check_is_asked_for_by_hand(desk, expectation):
    Outbox.objects.all().delete()
    assert desk.post(reverse("desk:check-expectations")).status_code == 302
    assert Outbox.objects.get().task == fulfilment.FOLLOW


def test_the_part_that_renews_itself_is_of_the_set_that_is_named(desk, expectation, spring):
    path = reverse("desk:held")
    found(expectation, Target(change_set=spring))
    assert "not checked" in text(desk.get(path))
    part = text(desk.get(path, {"change_set": str(spring.pk)}))
    assert "not met" in part
    assert "not checked" in text(desk.get(path, {"change_set": "x"}))


def test_the_page_of_a_publish_tells_what_stops_it_and_only_an_administrator_passes(
    desk, client, administrator, expectation, spring
):
    found(expectation, Target(change_set=spring))
    path = reverse("desk:publish", args=[spring.pk])
    part = f"{reverse('desk:held')}?change_set={spring.pk}"
    page = text(desk.get(path))
    assert "What is expected" in page
    assert f'hx-get="{part}"' in page
    assert "none there, instead" in text(desk.get(part))
    assert 'name="override"' not in text(desk.get(part))
    page = text(desk.post(path, {"reason": "now", "override": "on"}))
    assert "is not met in 1 of 1 slates" in page
    client.force_login(administrator)
    assert 'name="override" form="publish-form"' in text(client.get(part))
    assert client.post(path, {"reason": "now", "override": "on"}).status_code == 302
    spring.refresh_from_db()
    assert spring.published_at


def test_what_only_warns_is_told_after_the_publish(desk, expectation, spring):
    Expectation.objects.update(blocks=False)
    found(expectation, Target(change_set=spring))
    answer = desk.post(reverse("desk:publish", args=[spring.pk]), {"reason": "now"}, follow=True)
    assert "is not met in 1 of 1 slates" in text(answer)


def test_a_save_that_would_go_live_unchecked_offers_to_keep_a_draft(desk, expectation):
    path = reverse("desk:new", args=["rule"])
    page = text(desk.post(path, RULE))
    assert "is not checked yet" in page
    assert 'name="keep"' in page
    assert not Decision.objects.exists()
    assert desk.post(path, {**RULE, "keep": "1"}).status_code == 302
    (home,) = ChangeSet.objects.filter(published_at=None)
    assert home.name == "Kept until it is checked"


def test_a_revision_that_would_go_live_unchecked_offers_it_too(desk, curator, home, films):
    terms = Terms(reason="more")
    rule: dict[str, Any] = {"effect": Boost(1.0), "what": parse(WAR, schema()), "terms": terms}
    draft = actions.add_rule(actor=curator, surface=home, **rule)
    actions.publish_decision(actor=curator, draft=draft)
    claim = actions.read_claim("never", parse(WAR, schema()))
    expected = Expected(name="No war", surface=home, claim=claim)
    actions.add_expectation(actor=curator, expected=expected)
    path = reverse("desk:revise", args=[draft.decision.pk])
    page = text(desk.post(path, {**RULE, "strength": "2", "base": "1"}))
    assert 'name="keep"' in page
    assert desk.post(path, {**RULE, "strength": "2", "base": "1", "keep": "1"}).status_code == 302
    assert draft.decision.revisions.count() == 2
