"""What people do about a proposal: on the desk, over the API and from the terminal."""

from __future__ import annotations

import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from curation.models import ChangeSet, Decision, Revision, Surface
from recsys.models import BlendProposal, Job, LiveModel, ProposalVerdict
from recsys.proposals import actions as proposal_actions
from recsys.proposals import cards as proposal_cards
from recsys.proposals import proposing
from tests.factories import ScorerFactory, UserFactory
from tests.processes import wait_until

INTERVAL = {"n": 40, "mean": 0.02, "low": 0.01, "high": 0.03}
BLEND: dict[str, Any] = {
    "weights": {"ease": 1.0, "popularity": 0.25},
    "scales": {"ease": "log_z", "popularity": "z"},
}
REPORT: dict[str, Any] = {
    "fitted_on": 30,
    "best": "ease",
    "ndcg": dict.fromkeys(("ease", "popularity", "proposed", "present"), INTERVAL),
    "over_best": INTERVAL,
    "over_present": INTERVAL,
    "cut": 1_700_000_000.0,
    "until": None,
    "labels": {"ease": "ease 3", "popularity": "popularity 1"},
    "left_out": [],
}


@pytest.fixture
def proposal(operator):
    """One that is made, of two scorers that serve."""
    for name in BLEND["weights"]:
        ScorerFactory(name=name)
    return BlendProposal.objects.create(
        surface=Surface.objects.get(pk="home"),
        requested_by=operator,
        state=Job.State.SUCCEEDED,
        versions={},
        present={**BLEND, "beta": 1.0, "decision": None},
        blend={**BLEND, "beta": 2.5},
        report=REPORT,
    )


@pytest.fixture
def desk(client, curator):
    client.force_login(curator)
    return client


def test_a_proposal_whose_worker_was_lost_says_what_happened_and_what_to_do(desk):
    lost = BlendProposal.objects.create(
        surface=Surface.objects.get(pk="home"), state=Job.State.FAILED, failure="lease_lost"
    )
    page = desk.get(reverse("proposals:detail", args=[lost.id])).content.decode()
    assert "The worker fell silent" in page
    assert "launch it again" in page


def test_the_page_shows_weights_gain_and_number(desk, proposal):
    page = desk.get(reverse("proposals:detail", args=[proposal.id])).content.decode()
    for words in (
        "a sure gain",
        "[0.0100, 0.0300]",
        "ease 3",
        "0.25",
        "30 members fitted",
        "40 others",
    ):
        assert words in page


def test_accepting_drafts_the_blend_and_publishes_nothing(desk, curator, proposal):
    desk.post(
        reverse("proposals:accept", args=[proposal.id]),
        {"accept-reason": "members say so", "accept-change_set": "Autumn"},
    )
    revision = Revision.objects.get()
    assert revision.change_set == ChangeSet.objects.get(name="Autumn")
    assert revision.decision.kind == Decision.Kind.BLEND
    assert revision.spec["weights"] == BLEND["weights"]
    assert revision.spec["beta"] == 2.5
    assert revision.change_set.published_at is None
    assert Surface.objects.get(pk="home").policy_version == 0
    verdict = ProposalVerdict.objects.get()
    assert (verdict.outcome, verdict.decision, verdict.actor) == (
        "accepted",
        revision.decision,
        curator,
    )


def test_the_draft_is_named_where_nobody_names_it(proposal, curator):
    proposal_actions.accept(proposal_id=proposal.id, actor=curator, reason="so")
    assert ChangeSet.objects.get().name.startswith("Blend proposed for home on ")


def test_rejecting_wants_a_reason_and_drafts_nothing(desk, proposal):
    url = reverse("proposals:reject", args=[proposal.id])
    assert desk.post(url, {"reject-reason": " "}).context["forms"]["reject"].errors
    desk.post(url, {"reject-reason": "it forgets the classics"})
    assert ProposalVerdict.objects.get().outcome == "rejected"
    assert not Decision.objects.exists()
    assert (
        "it forgets the classics"
        in desk.get(reverse("proposals:detail", args=[proposal.id])).content.decode()
    )


def test_a_proposal_is_decided_once(proposal, curator):
    proposal_actions.reject(proposal_id=proposal.id, actor=curator, reason="no")
    with pytest.raises(proposal_actions.NotPossible, match="already"):
        proposal_actions.accept(proposal_id=proposal.id, actor=curator, reason="yes")


def test_who_decided_and_why_is_in_the_audit(proposal, curator):
    proposal_actions.reject(proposal_id=proposal.id, actor=curator, reason="no")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.outcome, c.metadata ->> 'action', c.metadata ->> 'actor' "
            "FROM recsys_proposalverdictevent e JOIN pghistory_context c ON c.id = e.pgh_context_id"
        )
        assert cursor.fetchall() == [("rejected", "reject_proposal", str(curator.pk))]


def test_a_scorer_that_is_gone_is_said_and_nothing_stays(desk, proposal):
    BlendProposal.objects.update(
        blend={"weights": {"gone": 1.0}, "scales": {"gone": "z"}, "beta": 1.0}
    )
    BlendProposal.objects.update(report=REPORT | {"ndcg": REPORT["ndcg"] | {"gone": INTERVAL}})
    answer = desk.post(
        reverse("proposals:accept", args=[proposal.id]), {"accept-reason": "members say so"}
    )
    assert answer.context["forms"]["accept"].errors
    assert not ProposalVerdict.objects.exists()
    assert not ChangeSet.objects.exists()


def test_an_unfinished_one_cannot_be_decided_on(proposal, curator):
    waiting = BlendProposal.objects.create(surface=proposal.surface)
    with pytest.raises(proposal_actions.NotPossible, match="no blend to decide on yet"):
        proposal_actions.accept(proposal_id=waiting.id, actor=curator, reason="yes")


@pytest.mark.django_db(transaction=True)
def test_a_proposal_of_other_models_than_serve_says_so(desk, go_live, ratings):
    # Of two tastes popularity alone may tell nothing, and then no blend is proposed.
    old = go_live("item_knn")
    made = proposal_actions.request_proposal(surface=Surface.objects.get(pk="home"), actor=None)
    proposing.execute(made.id)
    made.refresh_from_db()
    assert made.state == Job.State.SUCCEEDED, (made.state, made.error, made.failure)
    assert proposal_cards.changed_since(made) == []
    new = go_live("item_knn")
    assert proposal_cards.changed_since(made) == [str(new)]
    page = desk.get(reverse("proposals:detail", args=[made.id])).content.decode()
    assert "Other models serve now" in page
    LiveModel.objects.all().delete()
    assert proposal_cards.changed_since(made) == [str(old)]


def test_an_open_one_renews_itself_and_a_finished_one_shows_itself(desk, proposal):
    waiting = BlendProposal.objects.create(surface=proposal.surface)
    answer = desk.get(reverse("proposals:progress", args=[waiting.id]))
    assert "hx-trigger" in answer.content.decode()
    answer = desk.get(reverse("proposals:progress", args=[proposal.id]))
    assert answer.headers["HX-Refresh"] == "true"


@pytest.mark.django_db(transaction=True)
def test_operators_ask_and_curators_decide(client, operator, curator, proposal, go_live, ratings):
    go_live("popularity")
    client.force_login(operator)
    answer = client.post(reverse("proposals:launch"), {"surface": "similar"})
    asked = BlendProposal.objects.get(surface="similar")
    assert answer.url == reverse("proposals:detail", args=[asked.id])
    assert client.post(reverse("proposals:launch"), {"surface": "moon"}).status_code == 302
    assert client.post(reverse("proposals:accept", args=[proposal.id])).status_code == 403
    client.force_login(curator)
    assert client.post(reverse("proposals:launch"), {"surface": "home"}).status_code == 403
    assert client.get(reverse("proposals:list")).status_code == 200


def test_the_list_keeps_a_fixed_number_of_queries(desk, proposal, django_assert_max_num_queries):
    for _ in range(5):
        BlendProposal.objects.create(
            surface=proposal.surface, state=Job.State.SUCCEEDED, report=REPORT
        )
    with django_assert_max_num_queries(8):
        desk.get(reverse("proposals:list"))


def test_the_command_refuses_a_surface_that_is_not_there(operator):
    with pytest.raises(CommandError, match="no surface moon"):
        call_command("propose_blend", "--surface", "moon")
    with pytest.raises(CommandError, match="No model serves yet"):
        call_command("propose_blend", "--surface", "home")


def test_members_see_no_proposals(client, db):
    client.force_login(UserFactory(roles=["member"]))
    assert client.get(reverse("proposals:list")).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_the_command_waits_and_tells_weights_and_gain(go_live, ratings):
    go_live("item_knn")
    worker = threading.Thread(target=_work)
    worker.start()
    said = StringIO()
    call_command("propose_blend", "--surface", "home", stdout=said)
    worker.join()
    assert "item_knn: 1.0 on" in said.getvalue()
    assert "NDCG@10 over the present: " in said.getvalue()


def _work():
    try:
        wait_until(BlendProposal.objects.exists, "a proposal", 60)
        proposing.execute(BlendProposal.objects.get().id)
    finally:
        connection.close()
