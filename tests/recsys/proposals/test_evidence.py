"""What evidence is enough for a decision to be proposed, and what is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as real
from django.utils import timezone

from curation import actions
from curation.actions import Terms
from curation.fusion.effects import Boost
from curation.fusion.query import EVERYTHING
from curation.models import Item, Segment, Surface
from feedback.actions import record
from feedback.keeping import cleaning
from feedback.models import Interaction, Kind
from feedback.reporting.chance import wilson
from recsys.models import Appraisal, DecisionProposal
from recsys.proposals import words as proposal_words
from recsys.proposed.standing import decisions
from tests.appraised import LIFT, appraised
from tests.factories import ItemFactory, SegmentFactory, SurfaceFactory
from tests.feedback.cast import undo
from tests.recsys.proposals.voters import (
    crowd,
    disliked,
    looked,
    loved,
    proposal,
    say,
    serve,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("operator")]


def kinds():
    return list(DecisionProposal.objects.values_list("kind", flat=True))


# What a segment votes down ----------------------------------------------------------------------------


def test_what_a_segment_votes_down_and_others_do_not_is_proposed_with_its_figures():
    owls, _inside, film = disliked()
    assert looked()["proposed"] == 1
    made = proposal()
    assert (made.kind, made.item, made.segment, made.surface_id) == ("bury", film, owls, "home")
    told = made.evidence
    figures = ("part", "votes", "part_elsewhere", "votes_elsewhere", "times", "slates")
    assert [told[name] for name in figures] == [14, 18, 11, 90, 10, 10]
    assert told["low"] == pytest.approx(wilson(14, 18).low)
    assert told["high_elsewhere"] == pytest.approx(wilson(11, 90).high)
    sentence = proposal_words.evidence(decisions(timezone.now()).get())
    assert sentence == (
        "14 of 18 votes of Night owls are against it, surely at least 54.8\N{NO-BREAK SPACE}%; elsewhere 11 of 90. "
        "Home served it to them 10 times in 28 days."
    )


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"against": 13}, []),
        ({"against": 9, "votes": 9}, []),
        ({"against": 10, "votes": 10}, ["bury"]),
        ({"elsewhere": (0, 9)}, []),
        ({"elsewhere": (0, 10)}, ["bury"]),
        ({"elsewhere": (60, 90)}, []),
        ({"elsewhere": (30, 90)}, ["bury"]),
        ({"served": 9}, []),
    ],
)
def test_a_film_is_voted_down_by_enough_votes_surely_and_more_than_elsewhere(given, wanted):
    disliked(**given)
    looked()
    assert kinds() == wanted


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (Kind.NOT_INTERESTED, None, ["bury"]),
        (Kind.RATING, 2, ["bury"]),
        (Kind.RATING, 3, []),
        (Kind.CLICK, None, []),
    ],
)
def test_not_interested_and_two_stars_are_votes_against_and_three_are_not(kind, value, wanted):
    _owls, _nobody, film = disliked(against=0, votes=0, served=0)
    inside = crowd(18, Segment.objects.get())
    say(inside, film, kind, value)
    serve(inside, film, 10)
    looked()
    assert kinds() == wanted


def test_a_member_has_one_vote_of_a_film_whatever_they_say_against_it():
    _owls, inside, film = disliked(against=7, votes=9)
    say(inside[:7], film, Kind.NOT_INTERESTED)
    say(inside[:7], film, Kind.RATING, 1)
    looked()
    assert kinds() == []


def test_what_was_taken_back_is_no_vote():
    _owls, inside, film = disliked(against=10, votes=10)
    record([undo(inside[0], "u1", told_last(inside[0], film))], source="test")
    looked()
    assert kinds() == []


def told_last(member, film):
    """The key of what a member said of a film last."""
    rows = Interaction.objects.filter(subject=member.subject, item_id=film.pk)
    return rows.latest("occurred_at").event


def test_a_flooder_whom_cleaning_marked_does_not_count():
    _owls, inside, film = disliked(against=14)
    assert looked()["proposed"] == 1
    for _each in range(cleaning.FLOOD_EVENTS):
        say(inside[:1], film, Kind.CLICK)
    cleaning.mark(timezone.now() - timedelta(hours=1))
    looked()
    assert proposal().evidence["votes"] == 17
    for member in inside[1:3]:
        for _each in range(cleaning.FLOOD_EVENTS):
            say([member], film, Kind.CLICK)
    cleaning.mark(timezone.now() - timedelta(hours=1))
    assert looked()["withdrawn"] == 1, "12 of 15 stay above a half; 11 of 15 would not"


@pytest.mark.parametrize(("demo", "wanted"), [(False, []), (True, ["bury"])])
def test_labelled_votes_and_slates_count_where_they_are_all_there_is(settings, demo, wanted):
    settings.DEMO = demo
    film = ItemFactory()
    owls = SegmentFactory(slug="owls", name="Night owls", kind="manual")
    inside, outside = crowd(18, owls), crowd(20)
    say(inside, film, Kind.DISLIKE, simulated=True)
    say(outside, film, Kind.LIKE, simulated=True)
    serve(inside, film, 10, simulated=True)
    looked()
    assert kinds() == wanted


def test_labelled_votes_alone_are_no_reason_to_bury(settings):
    settings.DEMO = False
    _owls, _nobody, film = disliked(against=0, votes=0, served=0)
    inside = crowd(18, Segment.objects.get())
    say(inside, film, Kind.DISLIKE, simulated=True)
    serve(inside, film, 10)
    looked()
    assert kinds() == []


def test_labelled_slates_alone_are_no_reason_to_bury(settings):
    settings.DEMO = False
    _owls, inside, film = disliked(served=9)
    serve(inside, film, 5, simulated=True)
    looked()
    assert kinds() == []


@pytest.mark.parametrize("change", ["inactive", "archived"])
def test_nothing_is_proposed_of_an_inactive_item_or_for_an_archived_segment(change):
    disliked()
    if change == "inactive":
        Item.objects.update(active=False)
    else:
        Segment.objects.update(archived_at=timezone.now())
    looked()
    assert kinds() == []


# What a segment loves and hardly sees -----------------------------------------------------------------


def test_what_a_segment_loves_and_hardly_sees_is_proposed_to_be_boosted():
    owls, _inside, film = loved()
    looked()
    made = proposal()
    assert (made.kind, made.item, made.segment, made.surface_id) == ("boost", film, owls, "home")
    assert (made.evidence["part"], made.evidence["times"], made.evidence["slates"]) == (28, 1, 100)
    sentence = proposal_words.evidence(decisions(timezone.now()).get())
    assert "28 of 30 votes of Night owls are for it" in sentence
    assert "nobody else has voted" in sentence
    assert "Of their 100 slates on Home in 28 days 1 held it." in sentence


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"pleased": 25}, []),
        ({"pleased": 26}, ["boost"]),
        ({"served": 2}, []),
        ({"slates": 99, "served": 0}, []),
        ({"silent": 29}, []),
        ({"surface": "similar"}, []),
    ],
)
def test_a_film_is_loved_surely_hardly_seen_and_has_somebody_left_to_see_it(given, wanted):
    SurfaceFactory(slug="similar", name="Similar", kind="similar")
    loved(**given)
    looked()
    assert kinds() == wanted


# What brings nothing ----------------------------------------------------------------------------------

NIL = {**LIFT, "reached": 0.1, "difference": 0.0, "low": -0.02, "high": 0.004, "verdict": "unsure"}


def in_force(curator, review=timedelta(days=-1), **more):
    """A rule in force that spares a tenth, and is due for review."""
    day = timezone.localdate() + review
    draft = actions.add_rule(
        actor=curator,
        surface=Surface.objects.get(pk="home"),
        effect=Boost(1.0),
        what=EVERYTHING,
        terms=Terms(reason="a try", review_on=day, holdback=0.1, **more),
    )
    actions.publish_decision(actor=curator, draft=draft)
    return draft.decision


def measured(decision, *lifts, **report):
    """An appraisal of it with these figures."""
    made = appraised(decision, str(decision.pk), "A film")
    made.report |= {"lifts": list(lifts), **report}
    made.save()
    return made


def test_a_rule_due_for_review_whose_effect_was_nil_is_proposed_to_end(curator):
    decision = in_force(curator)
    measured(decision, NIL)
    looked()
    made = proposal()
    assert (made.kind, made.decision, made.surface_id) == ("end", decision, "home")
    sentence = proposal_words.evidence(decisions(timezone.now()).get())
    assert "its effect was nil: 10 clicks per 100 slates where it reached, 10 where" in sentence
    assert "between -2 and 0.40." in sentence
    titles = proposal_words.titles([made])
    assert titles[made.pk].startswith("End: Boost by 1")


@pytest.mark.parametrize(
    ("lifts", "report", "wanted"),
    [
        ([{**NIL, "high": 0.005}], {}, ["end"]),
        ([{**NIL, "high": 0.0051}], {}, []),
        ([NIL, {**NIL, "name": "ratings", "high": 0.2}], {}, []),
        ([NIL, {**NIL, "name": "stars", "high": 0.06}], {}, []),
        ([{**NIL, "low": None, "high": None}], {}, []),
        ([{**NIL, "name": "stars"}], {}, []),
        ([NIL], {"revision": 2}, []),
    ],
)
def test_a_lift_worth_having_that_cannot_be_ruled_out_keeps_a_rule(curator, lifts, report, wanted):
    measured(in_force(curator), *lifts, **report)
    looked()
    assert kinds() == wanted


@pytest.mark.parametrize(
    ("requests", "changed", "fired", "wanted"),
    [(100, 0, 0, ["end"]), (99, 0, 0, []), (100, 1, 0, []), (100, 0, 1, [])],
)
def test_a_rule_that_changes_no_request_is_proposed_to_end(
    curator, requests, changed, fired, wanted
):
    made = measured(in_force(curator), fired=fired)
    made.report["price"] |= {"requests": requests, "changed": changed}
    made.save()
    looked()
    assert kinds() == wanted


def test_a_rule_whose_window_is_over_is_due_too_and_one_that_is_not_due_stays(curator):
    soon = timezone.now() + timedelta(seconds=1)
    over = in_force(curator, review=timedelta(days=30), until=soon)
    stays = in_force(curator, review=timedelta(days=30))
    measured(over, NIL)
    measured(stays, NIL)
    with time_machine.travel(soon + timedelta(seconds=1), tick=False):
        looked()
    assert proposal().decision == over
    assert proposal().evidence["due"] == "over"


def test_an_old_appraisal_proposes_nothing(curator):
    measured(in_force(curator), NIL)
    Appraisal.objects.update(requested_at=timezone.now() - timedelta(days=8))
    looked()
    assert kinds() == []


def test_the_clock_looks_every_night_after_decisions_were_appraised():
    nights = real.CELERY_BEAT_SCHEDULE
    when = {name: nights[name]["schedule"] for name in ("appraise decisions", "propose decisions")}
    first, then = ((min(each.hour), min(each.minute)) for each in when.values())
    assert first < then
