"""One press mends what lint found: in its change set, or drafted for what is published; each with a way back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from curation import actions, lint
from curation.actions import Terms
from curation.desk.shown import newest_of
from curation.lint import inspections
from curation.models import ChangeSet, Revision
from curation.policies.loading import drafts_of, in_force, load_policy
from curation.queries.items import schema


@pytest.fixture
def desk(client, curator):
    curator.is_staff = True
    curator.save()
    client.force_login(curator)
    return client


@pytest.fixture
def spring(curator):
    return actions.open_change_set(actor=curator, name="Spring")


def pin(curator, home, film, slot, **terms):
    told = Terms(reason="a test", **terms)
    return actions.pin_item(actor=curator, surface=home, item=film, slot=slot, terms=told)


def live(curator, home, film, slot, **terms):
    made = pin(curator, home, film, slot, **terms)
    actions.publish_decision(actor=curator, draft=made)
    return made


def block(curator, film, **other):
    told = {"actor": curator, "item": film, "terms": Terms(reason="a test")}
    made = actions.block_item(**told, **other)
    actions.publish_decision(actor=curator, draft=made)
    return made


def press(desk, url, page, name):
    """Post the form of the first mend of this name on a page, as a browser without script does."""
    for form in re.findall(r'<form method="post" action="([^"]*)"(.*?)</form>', page, re.DOTALL):
        if form[0] == url and f'name="mend" value="{name}"' in form[1]:
            fields = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form[1]))
            assert "csrfmiddlewaretoken" in fields
            return desk.post(url, {**fields, "mend": name}, follow=True).content.decode()
    raise AssertionError(f"no mend {name} on the page")


def mended(desk, home_set, name):
    page = desk.get(reverse("desk:publish", args=[home_set.pk])).content.decode()
    return press(desk, reverse("desk:mend-draft", args=[home_set.pk]), page, name)


def undone(desk, page):
    (token,) = re.findall(r'name="receipt" value="([^"]*)"', page)
    (back,) = re.findall(r'name="back" value="([^"]*)"', page)
    told = {"receipt": token, "back": back}
    return desk.post(reverse("desk:undo-mend"), told, follow=True).content.decode()


def found_in(home_set):
    return inspections.of_drafts(home_set, timezone.now(), schema())


def codes_in(home_set):
    return [row.finding.code for row in found_in(home_set)]


def outdated(draft, **columns):
    """A draft as time makes it: what cannot be written any more."""
    with_trigger_off = Revision.objects.filter(pk=draft.revision.pk)
    return with_trigger_off.update(**columns)


def test_a_draft_is_taken_out_in_one_press_for_what_lint_said_and_put_back(
    desk, curator, home, films, spring
):
    made = pin(curator, home, films[0], 3, change_set=spring)
    block(curator, films[0])
    page = mended(desk, spring, "take_out")
    assert "Taken out" in page
    assert drafts_of(spring) == {}
    made.revision.refresh_from_db()
    assert made.revision.withdrawal.reason == "The item is blocked."
    other = actions.open_change_set(actor=curator, name="Autumn")
    for url in (reverse("desk:publish", args=[other.pk]), reverse("desk:lint")):
        assert "Taken out" not in desk.get(url).content.decode()
    page = undone(desk, page)
    assert "Undone." in page
    assert 'name="receipt"' not in page
    assert drafts_of(spring)[made.decision.pk].spec == {"slot": 3}
    assert codes_in(spring) == ["pin_blocked"]


def test_what_wins_is_ended_in_the_same_set_and_stays_live_until_that_is_published(
    desk, curator, home, films, spring
):
    made = pin(curator, home, films[0], 3, change_set=spring)
    winner = live(curator, home, films[1], 3, priority=200)
    page = mended(desk, spring, "end_other")
    end = drafts_of(spring)[winner.decision.pk]
    assert (end.ends, end.reason) == (True, "A pin that outranks it always has slot 3.")
    assert in_force(winner.decision)
    assert codes_in(spring) == []
    undone(desk, page)
    assert set(drafts_of(spring)) == {made.decision.pk}


def test_a_curators_block_is_ended_from_the_inbox_but_a_safety_block_is_not(
    desk, curator, administrator, home, films, spring
):
    pin(curator, home, films[0], 3, change_set=spring)
    kept = block(curator, films[0])
    mended(desk, spring, "end_other")
    assert drafts_of(spring)[kept.decision.pk].ends
    pin(curator, home, films[1], 4, change_set=spring)
    block(administrator, films[1], safety=True)
    page = desk.get(reverse("desk:publish", args=[spring.pk])).content.decode()
    assert "The item is blocked." in page
    assert 'value="end_other"' not in page


def test_a_pin_moves_to_the_next_slot_that_no_other_has(desk, curator, home, films, spring):
    made = pin(curator, home, films[0], 3, change_set=spring)
    live(curator, home, films[1], 3)
    live(curator, home, films[2], 4)
    assert codes_in(spring) == ["pin_clash"]
    page = mended(desk, spring, "move")
    assert "slot 5" in page
    assert newest_of(made.decision).spec == {"slot": 5}
    assert (
        newest_of(made.decision).reason == "Another pin of the same reach and priority has slot 3."
    )
    assert codes_in(spring) == []
    undone(desk, page)
    assert newest_of(made.decision).spec == {"slot": 3}


def test_a_pin_past_the_end_moves_to_the_last_slot_that_is_free(
    desk, curator, administrator, home, films, spring
):
    made = pin(curator, home, films[0], home.depth, change_set=spring)
    live(curator, home, films[1], home.depth - 1)
    actions.change_surface(actor=administrator, surface=home, settings={"depth": home.depth - 1})
    mended(desk, spring, "move")
    assert newest_of(made.decision).spec == {"slot": home.depth - 2}


def test_a_window_that_is_over_is_taken_away_and_the_rest_stays(
    desk, curator, home, films, spring, monkeypatch
):
    now = timezone.now()
    made = pin(curator, home, films[0], 3, change_set=spring, until=now + timedelta(hours=1))
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=2))
    assert codes_in(spring) == ["window_over"]
    mended(desk, spring, "unbound")
    newest = newest_of(made.decision)
    assert (newest.until, newest.spec, newest.reason) == (
        None,
        {"slot": 3},
        "Its window is over already.",
    )
    assert codes_in(spring) == []


def test_a_review_is_put_off_by_ninety_days_from_today(desk, curator, home, films, spring):
    today = timezone.now().date()
    made = pin(curator, home, films[0], 3, change_set=spring, review_on=today - timedelta(days=9))
    page = mended(desk, spring, "review")
    assert newest_of(made.decision).review_on == today + timedelta(days=90)
    undone(desk, page)
    assert newest_of(made.decision).review_on == today - timedelta(days=9)


def test_an_undo_leaves_alone_what_somebody_has_changed_since(desk, curator, home, films, spring):
    today = timezone.now().date()
    made = pin(curator, home, films[0], 3, change_set=spring, review_on=today - timedelta(days=9))
    page = mended(desk, spring, "review")
    mine = newest_of(made.decision)
    terms = Terms(reason="mine", change_set=spring)
    actions.revise_decision(
        actor=curator, decision=made.decision, base=mine.number, terms=terms, spec={"slot": 7}
    )
    assert "Somebody has changed the draft since." in undone(desk, page)
    assert newest_of(made.decision).spec == {"slot": 7}


def test_an_undo_of_what_was_drafted_for_the_desk_leaves_later_drafts_there(
    desk, curator, home, films
):
    today = timezone.now().date()
    made = live(curator, home, films[0], 3, review_on=today - timedelta(days=9))
    page = desk.get(reverse("desk:lint")).content.decode()
    page = press(desk, reverse("desk:mend-published"), page, "review")
    mine = newest_of(made.decision)
    terms = Terms(reason="mine", change_set=mine.change_set)
    actions.revise_decision(
        actor=curator, decision=made.decision, base=mine.number, terms=terms, spec={"slot": 7}
    )
    assert "Somebody has changed the draft since." in undone(desk, page)
    assert drafts_of(mine.change_set)[made.decision.pk].spec == {"slot": 7}


def test_a_mend_that_nothing_asks_for_any_more_changes_nothing(desk, curator, home, films, spring):
    made = pin(curator, home, films[0], 3, change_set=spring)
    told = {"surface": "home", "revision": str(made.revision.pk), "code": "pin_clash"}
    url = reverse("desk:mend-draft", args=[spring.pk])
    for name in ("move", "take_out", "unheard of"):
        page = desk.post(url, {**told, "other": "", "mend": name}, follow=True).content.decode()
        assert "not there to be mended any more" in page
    assert drafts_of(spring)[made.decision.pk].number == 1


def test_mends_of_what_is_published_are_drafted_and_never_live(desk, curator, home, films):
    loser = live(curator, home, films[0], 3)
    winner = live(curator, home, films[1], 3, priority=200)
    url = reverse("desk:mend-published")
    page = press(desk, url, desk.get(reverse("desk:lint")).content.decode(), "end_other")
    drafted_in = ChangeSet.objects.get(name="Mends of findings")
    assert drafts_of(drafted_in)[winner.decision.pk].ends
    home.refresh_from_db()
    assert {row.lineage for row in load_policy(home, timezone.now()).pins} == {
        loser.decision.pk,
        winner.decision.pk,
    }
    assert reverse("desk:publish", args=[drafted_in.pk]) in page
    assert 'value="end_other"' not in page
    page = undone(desk, page)
    assert drafts_of(drafted_in) == {}
    page = press(desk, url, page, "end")
    assert drafts_of(drafted_in)[loser.decision.pk].ends
    assert in_force(loser.decision)


def test_a_published_pin_past_the_end_is_moved_in_a_draft(
    desk, curator, administrator, home, films
):
    moved = live(curator, home, films[0], home.depth)
    actions.change_surface(actor=administrator, surface=home, settings={"depth": home.depth - 1})
    page = desk.get(reverse("desk:lint")).content.decode()
    press(desk, reverse("desk:mend-published"), page, "move")
    assert newest_of(moved.decision).spec == {"slot": home.depth - 1}
    home.refresh_from_db()
    assert load_policy(home, timezone.now()).pins[0].slot == home.depth + 1


def test_a_mend_takes_a_token_of_its_form(curator, home, spring):
    curator.is_staff = True
    curator.save()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(curator)
    for url in (
        reverse("desk:mend-draft", args=[spring.pk]),
        reverse("desk:mend-published"),
        reverse("desk:undo-mend"),
    ):
        assert strict.post(url, {}).status_code == 403


def test_the_slot_after_those_that_are_taken_is_free_and_without_any_there_is_none(
    curator, administrator, home, films, spring
):
    made = pin(curator, home, films[0], 1, change_set=spring)
    actions.change_surface(actor=administrator, surface=home, settings={"depth": 2})
    home.refresh_from_db()
    now = timezone.now()
    assert lint.free_slot(made.decision.pk, [load_policy(home, now, spring)], now) == 2
    live(curator, home, films[1], 2, priority=90)
    home.refresh_from_db()
    assert lint.free_slot(made.decision.pk, [load_policy(home, now, spring)], now) is None
