"""A proposal from the question to the row: what is asked of whom, and what becomes of it."""

from __future__ import annotations

import shutil

import pytest

from curation.models import Decision, Outbox, Surface
from recsys.jobs import leases
from recsys.live.artifacts import artifact_path, newest_first
from recsys.models import BlendProposal, Job
from recsys.proposals import actions as proposal_actions
from recsys.proposals import proposing
from recsys.proposals.actions import NotPossible, request_proposal

pytestmark = pytest.mark.django_db(
    transaction=True
)  # the export reads over a connection of its own


def proposed(surface="home", actor=None):
    row = request_proposal(surface=Surface.objects.get(pk=surface), actor=actor)
    proposing.execute(row.id)
    row.refresh_from_db()
    return row


def test_a_proposal_tells_weights_gains_and_what_it_is_made_from(live, operator):
    found = proposed(actor=operator)
    assert (found.state, found.error) == (Job.State.SUCCEEDED, "")
    assert found.versions == {version.family: str(version.id) for version in live}
    assert found.blend["weights"].keys() == {"popularity", "item_knn"}
    assert max(found.blend["weights"].values()) == 1.0
    assert min(found.blend["weights"].values()) >= 0.0
    assert found.blend["beta"] > 0
    assert found.report["over_present"]["n"] == found.report["over_best"]["n"] > 0
    assert found.report["fitted_on"] > 0
    assert found.report["labels"]["item_knn"] == "item_knn 2"
    assert found.present["decision"] is None


def test_nothing_is_decided_by_itself(live):
    proposed()
    assert not Decision.objects.exists()


def test_the_data_that_it_read_do_not_stay(live, var):
    proposed()
    assert not list((var / "proposals").iterdir())


def test_no_scorer_answers_that_has_learnt_the_answers(live):
    for version in live:
        shutil.rmtree(artifact_path(version))
    assert proposed().state == Job.State.SUCCEEDED
    for version in live:
        for folder in newest_first(version)[1:]:
            shutil.rmtree(folder, ignore_errors=True)
    assert "No live model" in proposed().error


def test_a_model_that_does_not_say_what_it_learnt_is_not_asked(go_live):
    go_live("popularity")
    go_live("item_knn", facts=False)
    found = proposed()
    assert (found.state, found.failure, found.error) == (Job.State.SUCCEEDED, "", "")
    assert found.versions.keys() == {"popularity"}
    assert found.report["left_out"] == ["item_knn"]


def test_a_page_of_similar_items_has_a_proposal_of_its_own(live):
    found = proposed("similar")
    assert found.state == Job.State.SUCCEEDED, found.error
    assert found.report["ndcg"]["proposed"]["n"] > 0


def test_too_little_feedback_is_said_with_what_helps(live, monkeypatch):
    monkeypatch.setattr(proposing, "LEAST_CASES", 10_000)
    found = proposed()
    assert found.state == Job.State.FAILED
    assert "Collect more feedback first" in found.error


def test_without_a_live_model_there_is_nothing_to_ask_for(operator):
    with pytest.raises(NotPossible, match="No model serves yet"):
        request_proposal(surface=Surface.objects.get(pk="home"), actor=operator)


def test_a_surface_waits_for_one_proposal_at_a_time(live, operator):
    home = Surface.objects.get(pk="home")
    first = request_proposal(surface=home, actor=operator)
    assert request_proposal(surface=home, actor=operator) == first
    assert Outbox.objects.filter(task="recsys.propose_blend").count() == 1
    assert request_proposal(surface=Surface.objects.get(pk="similar"), actor=operator) != first


def test_a_proposal_is_made_once_however_often_its_doorbell_rings(live):
    found = proposed()
    proposing.execute(found.id)
    again = BlendProposal.objects.get()
    assert (again.attempt, again.finished_at) == (1, found.finished_at)


def test_a_cancelled_proposal_stops_at_its_next_step(live, monkeypatch):
    row = proposal_actions.request_proposal(surface=Surface.objects.get(pk="home"), actor=None)
    claim = leases.claim

    def cancelled(job, job_id, *given):
        lease = claim(job, job_id, *given)
        BlendProposal.objects.filter(pk=job_id).update(cancel_requested=True)
        return lease

    monkeypatch.setattr(leases, "claim", cancelled)
    proposing.execute(row.id)
    row.refresh_from_db()
    assert (row.state, row.blend) == (Job.State.CANCELLED, {})
