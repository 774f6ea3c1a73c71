"""What draws members, learned from the database: whose choices count, and what becomes of a member's row."""

from __future__ import annotations

import math

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from feedback.actions import record
from feedback.merging import merge_members
from feedback.models import Impression, Interaction, Kind, Rule
from recsys.models import Preference, PreferenceFit
from recsys.preferences import worker as preferring
from tests.factories import MemberFactory
from tests.feedback.cast import undo


def weight(row, field, value=""):
    """The weight of a feature and its deviation."""
    at = next(
        at
        for at, each in enumerate(row.fit.features)
        if (each["field"], each["value"]) == (field, value)
    )
    return row.theta[at], row.deviation[at]


def test_what_a_member_chooses_among_what_is_shown_draws_them(fond, learned):
    row = learned(fond)
    theta, deviation = weight(row, "genres", "War")
    assert theta - 1.96 * deviation > 0
    comedy, _deviation = weight(row, "genres", "Comedy")
    assert comedy < 0
    year, unsure = weight(row, "year")
    assert abs(year) < 1.96 * unsure
    assert 20 < row.choices == row.impressions <= 30


def test_it_says_what_it_was_made_from(fond, learned):
    row = learned(fond)
    assert row.fit.choices == sum(Preference.objects.values_list("choices", flat=True))
    assert row.fit.members == Preference.objects.filter(choices__gt=0).count()
    assert row.fit.features[-1]["field"] == "placement.slot"
    assert (timezone.now() - row.fit.since).days == preferring.SPAN.days
    assert row.covers > 0


def test_few_choices_are_counted_and_nothing_is_said_of_them(fond, show, choose, learned):
    newcomer = MemberFactory.create()
    for _ in range(3):
        impression = show(newcomer)
        choose(newcomer, impression, impression.items[0])
    row = learned(newcomer)
    assert (row.choices, row.theta, row.deviation) == (3, [], [])


@pytest.mark.parametrize(
    ("kind", "value", "counts"),
    [
        (Kind.CLICK, None, 1),
        (Kind.FAVOURITE, None, 1),
        (Kind.SHARE, None, 1),
        (Kind.PURCHASE, 5.0, 1),
        (Kind.RATING, 4.0, 1),
        (Kind.RATING, 3.0, 0),
        (Kind.DISLIKE, None, 0),
        (Kind.VIEW, 30.0, 0),
    ],
)
def test_what_speaks_for_an_item_is_a_choice(show, choose, learned, kind, value, counts):
    member = MemberFactory.create()
    first, second = show(member), show(member)
    choose(member, first, first.items[0])
    choose(member, second, second.items[0], kind, value)
    assert learned(member).choices == 1 + counts


def test_of_two_that_were_chosen_together_neither_stands_against_the_other(show, choose, learned):
    member = MemberFactory.create()
    impression = show(member)
    for item in impression.items[:2]:
        choose(member, impression, item)
    row = learned(member)
    assert (row.choices, row.impressions) == (2, 1)
    lonely = show(member)
    for item in lonely.items:
        choose(member, lonely, item)
    assert learned(member).choices == 2, "where all were chosen nothing was left to choose"


def test_what_was_never_shown_undone_or_kept_out_is_no_choice(show, choose, learned):
    member = MemberFactory.create()
    kept, unseen, undone, marked = (show(member) for _ in range(4))
    Impression.objects.filter(pk=unseen.pk).update(shown_at=None)
    events = [choose(member, each, each.items[0]) for each in (kept, unseen, undone, marked)]
    record([undo(member, "u1", events[2])], source="test")
    Interaction.objects.filter(event=events[3]).update(mark=Rule.FLOOD)
    assert learned(member).choices == 1


def test_simulated_members_are_left_out(show, choose, fond):
    alone = preferring.learn(timezone.now()).choices
    player, double = (MemberFactory.create(simulated=True) for _ in range(2))
    for _ in range(12):
        told, played = show(player), show(double, simulated=True)
        choose(player, told, told.items[0])
        choose(double, played, played.items[0])
    Interaction.objects.filter(subject=player.subject).update(simulated=True)
    assert preferring.learn(timezone.now()).choices == alone
    choose(double, show(double), told.items[0])
    preferring.learn(timezone.now())
    assert not Preference.objects.filter(member__simulated=True).exists()


def test_interests_are_the_tags_that_are_liked_more_than_by_others(fond, learned):
    row = learned(fond)
    (interest,) = row.interests
    assert (interest["tag"], interest["likes"]) == ("War", row.likes)
    assert 1 < interest["lift"] < 2


def test_without_anything_to_learn_from_it_still_says_that_it_was_done(films):
    fit = preferring.learn(timezone.now())
    assert (fit.members, fit.choices) == (0, 0)
    assert not Preference.objects.exists()


def test_a_new_fit_takes_the_place_of_the_one_before(fond, learned):
    before = learned(fond)
    after = learned(fond)
    assert PreferenceFit.objects.get() == after.fit != before.fit
    assert after.theta == pytest.approx(before.theta, abs=1e-3)


def test_whoever_was_merged_has_no_row_and_their_choices_are_the_others(
    fond, show, choose, learned
):
    double = MemberFactory.create(outside_id="double")
    impression = show(double)
    choose(double, impression, impression.items[0])
    before = learned(fond)
    assert Preference.objects.filter(member=double.subject).exists()
    merge_members(actor=None, member=double, into=fond, reason="one person")
    assert learned(fond).choices == before.choices + 1
    assert not Preference.objects.filter(member=double.subject).exists()


def test_what_was_learned_of_a_member_goes_with_the_member(fond, learned):
    learned(fond)
    fond.delete()
    assert not Preference.objects.filter(member=fond.subject).exists()
    assert Preference.objects.exists()


def test_the_command_says_from_how_much_and_learns_one_at_a_time(fond, capsys):
    call_command("learn_preferences")
    said = capsys.readouterr().out
    assert "choices of 9 members." in said
    assert "Of 9 members 9 chose enough to tell what draws them" in said
    place = connection.settings_dict
    with psycopg.connect(host=place["HOST"], dbname=place["NAME"], user=place["USER"]) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('recsys_learn_preferences'))")
        with pytest.raises(CommandError, match="already"):
            call_command("learn_preferences")
        other.execute("SELECT pg_advisory_unlock(hashtext('recsys_learn_preferences'))")
    call_command("learn_preferences")


def test_a_slot_further_down_is_not_taken_for_distaste(show, choose, warlike, films, learned):
    """Whoever takes what stands first, and is shown comedies there, is not drawn by comedies."""
    member = MemberFactory.create()
    comedies = [film.pk for film in films if film.pk not in warlike]
    for n in range(40):
        war = sorted(warlike)[n % 4 : n % 4 + 3]
        items = [*comedies[n % 5 : n % 5 + 3], *war] if n % 4 else [*war, *comedies[:3]]
        impression = show(member, items=items)
        choose(member, impression, items[0])
    row = learned(member)
    theta, deviation = weight(row, "genres", "Comedy")
    assert abs(theta) < 1.96 * deviation
    slot, sure = weight(row, "placement.slot")
    assert slot + 1.96 * sure < -math.log(2)
