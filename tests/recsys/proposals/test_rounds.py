"""What a round makes of what waits and of what was decided: nothing twice, nothing that no longer holds."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from curation import actions
from curation.actions import Terms
from curation.fusion.effects import Bury
from curation.fusion.query import ItemList
from curation.models import Item, Outbox, Revision, Surface
from feedback.models import Kind
from recsys.jobs import leases
from recsys.models import DecisionProposal, ProposalRound, ProposalVerdict, Simulation, Slate
from recsys.proposals import actions as proposal_actions
from recsys.proposals import opinions
from recsys.proposals import rounds as proposal_rounds
from recsys.proposed.standing import Standing, counted, decisions, standing_of
from recsys.workers import sweeping
from tests.recsys.proposals.voters import (
    crowd,
    disliked,
    looked,
    proposal,
    say,
    serve,
    vote,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("operator")]


def stands():
    return [standing_of(row) for row in decisions(timezone.now()).order_by("pk")]


def more_votes(owls, film, n):
    """So many more members of the segment vote the film down."""
    vote(crowd(n, owls), film, n)


def test_a_second_night_proposes_nothing_twice_and_counts_anew():
    owls, _inside, film = disliked()
    looked()
    more_votes(owls, film, 3)
    assert looked() == {"proposed": 0, "renewed": 1, "withdrawn": 0, "kinds": {}}
    assert proposal().evidence["votes"] == 21
    assert proposal().weight == 21


def test_what_is_snoozed_is_not_proposed_again_and_comes_back_by_itself(curator):
    disliked()
    looked()
    back = timezone.now() + timedelta(days=7)
    proposal_actions.snooze(proposal_id=proposal().pk, actor=curator, back=back)
    looked()
    assert stands() == [Standing.SNOOZED]
    with time_machine.travel(back + timedelta(seconds=1), tick=False):
        assert stands() == [Standing.OPEN]


@pytest.mark.parametrize(("more", "wanted"), [(8, 1), (9, 2)])
def test_what_was_rejected_is_proposed_again_only_for_clearly_more_votes(curator, more, wanted):
    owls, _inside, film = disliked()
    looked()
    proposal_actions.reject(proposal_id=proposal().pk, actor=curator, reason="they will like it")
    looked()
    assert stands() == [Standing.REJECTED]
    more_votes(owls, film, more)
    looked()
    assert DecisionProposal.objects.count() == wanted
    assert DecisionProposal.objects.order_by("pk")[0].evidence["votes"] == 18, "as it was decided"


def test_what_is_open_is_counted_as_last_found_and_what_was_reopened_since(curator):
    disliked()
    looked()
    one = proposal()
    assert counted(timezone.now()) == {"DecisionProposal": 1}
    proposal_actions.reject(proposal_id=one.pk, actor=curator, reason="they will like it")
    looked()
    assert counted(timezone.now()) == {}
    proposal_actions.reopen(proposal_id=one.pk, actor=curator)
    assert counted(timezone.now()) == {"DecisionProposal": 1}


def test_a_rejection_is_taken_back_while_no_round_settles(curator):
    disliked()
    looked()
    proposal_actions.reject(proposal_id=proposal().pk, actor=curator, reason="no")
    with CaptureQueriesContext(connection) as asked:
        proposal_actions.reopen(proposal_id=proposal().pk, actor=curator)
    told = [each["sql"] for each in asked]
    held = next(at for at, sql in enumerate(told) if "pg_advisory_xact_lock" in sql)
    assert held < next(at for at, sql in enumerate(told) if "FOR NO KEY UPDATE" in sql)


def logged(members, film):
    """A request that can be replayed was served and logged."""
    slate = Slate.objects.create(
        surface_id="home",
        context={},
        versions={},
        engine="1",
        trace=b"",
        inputs=b"what it was made of",
        fused_at=timezone.now(),
    )
    serve(members, film, 1, slate=slate.pk)


def test_a_round_has_what_it_proposes_simulated_once_where_requests_were_logged():
    _owls, inside, film = disliked()
    looked()
    assert not Simulation.objects.exists(), "nothing was logged that could be replayed"
    logged(inside, film)
    looked()
    made = Simulation.objects.get()
    assert (made.proposal, made.requested_by) == (proposal(), None)
    assert Outbox.objects.filter(task=leases.DOORS[Simulation][0]).count() == 1
    looked()
    assert Simulation.objects.count() == 1


def test_so_many_are_simulated_by_one_round_at_most_the_surest_first(monkeypatch):
    monkeypatch.setattr(proposal_rounds, "MOST_SIMULATED", 1)
    disliked()
    _owls, inside, surest = disliked(against=30, votes=36)
    logged(inside, surest)
    looked()
    named = Simulation.objects.values_list("proposal__item", flat=True)
    assert list(named) == [surest.pk]
    looked()
    assert Simulation.objects.count() == 2


def test_what_is_snoozed_is_not_simulated(curator):
    _owls, inside, film = disliked()
    looked()
    back = timezone.now() + timedelta(days=7)
    proposal_actions.snooze(proposal_id=proposal().pk, actor=curator, back=back)
    logged(inside, film)
    looked()
    assert not Simulation.objects.exists()


def test_what_was_accepted_is_not_proposed_again_while_it_is_drafted_nor_right_after(curator):
    disliked()
    looked()
    said = proposal_actions.accept(proposal_id=proposal().pk, actor=curator, reason="so")
    looked()
    home = Revision.objects.get(decision=said.decision).change_set
    actions.discard(actor=curator, change_set=home, reason="not now")
    looked()
    assert stands() == [Standing.ACCEPTED]


def test_what_the_evidence_no_longer_holds_for_is_withdrawn_and_may_come_again():
    owls, inside, film = disliked()
    looked()
    vote(inside, film, 0)
    assert looked()["withdrawn"] == 1
    said = ProposalVerdict.objects.get()
    assert (said.outcome, said.reason, said.actor) == ("withdrawn", "evidence_gone", None)
    more_votes(owls, film, 60)
    assert looked()["proposed"] == 1


@pytest.mark.parametrize("published", [False, True])
def test_what_somebody_has_decided_is_withdrawn_and_not_proposed(curator, published):
    owls, _inside, film = disliked()
    looked()
    decide(curator, film, owls, published=published)
    looked()
    said = ProposalVerdict.objects.get()
    assert (said.outcome, said.reason, said.actor) == ("withdrawn", "decided", None)
    assert looked()["proposed"] == 0


def decide(curator, film, segment, *, published, surface="home"):
    draft = actions.add_rule(
        actor=curator,
        surface=Surface.objects.get(pk=surface),
        effect=Bury(0.5),
        what=ItemList((film.pk,)),
        terms=Terms(reason="so", segment=segment),
    )
    if published:
        actions.publish_decision(actor=curator, draft=draft)


def test_a_decision_for_others_or_elsewhere_leaves_a_proposal_alone(curator):
    owls, _inside, film = disliked()
    other, *_rest = disliked(against=0)
    Surface.objects.get_or_create(slug="similar", defaults={"name": "Similar"})
    decide(curator, film, other, published=True)
    decide(curator, film, owls, published=True, surface="similar")
    assert looked()["proposed"] == 1


def test_so_many_wait_at_most_the_surest_first(monkeypatch):
    monkeypatch.setattr(proposal_rounds, "MOST_WAITING", 1)
    disliked(against=14)
    _owls, _inside, surest = disliked(against=18)
    looked()
    assert proposal().item == surest
    looked()
    assert proposal().item == surest


def test_an_inbox_is_not_filled_by_one_segment(monkeypatch):
    monkeypatch.setattr(proposal_rounds, "MOST_OF_SEGMENT", 1)
    owls, inside, film = disliked()
    second = Item.objects.create(source="test", outside_id="second", title="Second")
    vote(inside, second, 18)
    vote(crowd(20), second, 0)
    serve(inside, second, 10)
    looked()
    assert proposal().item == second
    assert owls.memberships.count() == 18
    assert film.active


def test_one_round_waits_however_often_it_is_asked_for(curator):
    first = proposal_actions.request_round(actor=curator)
    assert proposal_actions.request_round(actor=None) == first
    assert Outbox.objects.filter(task="recsys.look_for_proposals").count() == 1
    proposal_rounds.execute(first.pk)
    proposal_rounds.execute(first.pk)
    assert ProposalRound.objects.get().attempt == 1


def test_a_round_whose_worker_died_is_done_by_another():
    disliked()
    made = proposal_actions.request_round(actor=None)
    leases.claim(ProposalRound, made.pk)
    ProposalRound.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    sweeping.sweep()
    proposal_rounds.execute(made.pk)
    assert ProposalRound.objects.get().state == "succeeded"
    assert proposal().kind == "bury"


def test_a_round_keeps_its_lease_over_a_statement_that_takes_long(monkeypatch):
    made = proposal_actions.request_round(actor=None)
    held = []

    def slow(_at, **_more):
        later = timezone.now() + timedelta(minutes=20)
        held.append(ProposalRound.objects.filter(lease_until__gt=later).exists())
        return iter(())

    monkeypatch.setattr(opinions, "disliked", slow)
    monkeypatch.setattr(opinions, "loved", slow)
    proposal_rounds.execute(made.pk)
    assert held == [True, True]


def test_old_rounds_are_forgotten_but_the_latest():
    looked()
    looked()
    ProposalRound.objects.update(requested_at=timezone.now() - timedelta(days=91))
    proposal_actions.forget()
    assert ProposalRound.objects.count() == 1


def test_the_command_looks_by_itself_and_tells_what_is_open():
    disliked()
    said = StringIO()
    call_command("propose_decisions", stdout=said)
    assert "1 proposed, 0 renewed, 0 withdrawn" in said.getvalue()
    assert "Bury “Dull film” for Night owls. 14 of 18 votes" in said.getvalue()


def test_votes_of_three_stars_are_neither_for_nor_against():
    owls, _inside, film = disliked()
    say(crowd(20, owls), film, Kind.RATING, 3)
    looked()
    assert not DecisionProposal.objects.exists()
