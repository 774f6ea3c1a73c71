"""A sweep of blends from the question to the row, as a worker does it."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from curation.models import Decision, Outbox, Surface
from recsys.blend_sweeps import actions as blend_sweep_actions
from recsys.blend_sweeps import worker as blend_sweeps
from recsys.blend_sweeps.actions import NotPossible, cancel_sweep, request_sweep
from recsys.jobs import leases
from recsys.models import BlendSweep, Job
from recsys.proposals import proposing
from recsys.workers import tasks
from tests.swept import swept

pytestmark = pytest.mark.django_db(
    transaction=True
)  # the export reads over a connection of its own


def made(surface="home", actor=None):
    """A sweep, asked for and done as the task does it."""
    row = request_sweep(surface=Surface.objects.get(pk=surface), actor=actor)
    tasks.sweep_blends(str(row.pk))
    row.refresh_from_db()
    return row


def test_a_sweep_scores_a_grid_of_the_live_scorers(live, curator):
    found = made(actor=curator)
    assert (found.state, found.error) == (Job.State.SUCCEEDED, "")
    assert found.versions == {version.family: str(version.id) for version in live}
    points = found.report["points"]
    assert len(points) >= 21
    assert points[0]["marks"] == ["present"]
    assert points[0]["weights"] == found.present["weights"]
    assert sum(point["marks"] == ["alone"] for point in points) >= 1
    for point in points:
        assert point["ndcg"]["low"] <= point["ndcg"]["mean"] <= point["ndcg"]["high"]
        assert point["ndcg"]["n"] == found.report["judged_on"] > 0
        assert 0 < point["coverage"] <= 1
        assert point["novelty"] > 0
        assert point["beta"] > 0
    assert any(point["front"] for point in points)
    assert not all(point["front"] for point in points)
    assert found.report["scales"] == found.present["scales"]
    assert found.report["labels"]["item_knn"] == "item_knn 2"


def test_nothing_is_decided_by_a_sweep_and_no_data_stay(live, var):
    made()
    assert not Decision.objects.exists()
    assert not list((var / "proposals").iterdir())


def test_the_same_question_gives_the_same_points(live):
    assert made().report["points"] == made().report["points"]


def test_a_page_of_similar_items_has_a_sweep_of_its_own(live):
    found = made("similar")
    assert found.state == Job.State.SUCCEEDED, found.error
    assert found.report["points"][0]["ndcg"]["n"] > 0


def test_one_scorer_alone_is_no_blend_and_says_what_helps(go_live):
    go_live("popularity")
    found = made()
    assert found.state == Job.State.FAILED
    assert "Only one scorer can be asked (popularity)" in found.error
    assert "Train and promote another family" in found.error


def test_too_little_feedback_to_sweep_is_said_with_what_helps(live, monkeypatch):
    monkeypatch.setattr(proposing, "LEAST_CASES", 10_000)
    assert "Collect more feedback first" in made().error


def test_a_surface_waits_for_one_sweep_at_a_time(live, curator):
    home = Surface.objects.get(pk="home")
    first = request_sweep(surface=home, actor=curator)
    assert request_sweep(surface=home, actor=curator) == first
    assert Outbox.objects.filter(task="recsys.sweep_blends").count() == 1
    assert request_sweep(surface=Surface.objects.get(pk="similar"), actor=curator) != first


def test_a_sweep_that_waits_is_cancelled_at_once_and_done_by_nobody(live, curator):
    row = request_sweep(surface=Surface.objects.get(pk="home"), actor=curator)
    cancel_sweep(sweep_id=row.pk, actor=curator)
    blend_sweeps.execute(row.pk)
    row.refresh_from_db()
    assert (row.state, row.report) == (Job.State.CANCELLED, {})
    with pytest.raises(NotPossible, match="is over"):
        cancel_sweep(sweep_id=row.pk, actor=curator)


def test_a_cancelled_sweep_stops_at_its_next_step(live, curator, monkeypatch):
    row = request_sweep(surface=Surface.objects.get(pk="home"), actor=curator)
    claim = leases.claim

    def cancelled(job, job_id, *given):
        lease = claim(job, job_id, *given)
        cancel_sweep(sweep_id=row.pk, actor=curator)
        return lease

    monkeypatch.setattr(leases, "claim", cancelled)
    blend_sweeps.execute(row.pk)
    row.refresh_from_db()
    assert (row.state, row.report) == (Job.State.CANCELLED, {})


def test_a_sweep_of_a_dead_worker_is_taken_up_by_another(live):
    row = request_sweep(surface=Surface.objects.get(pk="home"), actor=None)
    assert leases.claim(BlendSweep, row.pk, "gone:1")
    BlendSweep.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert leases.release(BlendSweep) == 1
    tasks.sweep_blends(str(row.pk))
    row.refresh_from_db()
    assert (row.state, row.attempt) == (Job.State.SUCCEEDED, 2)


def test_the_command_prints_the_front_and_how_many_were_asked(live):
    said = StringIO()
    call_command("sweep_blends", "--surface", "home", stdout=said)
    found = BlendSweep.objects.get()
    assert not Outbox.objects.filter(task="recsys.sweep_blends").exists(), "it does it itself"
    told = said.getvalue()
    assert f"n = {found.report['judged_on']} members, 20 items" in told
    assert "(front" in told
    assert "present)" in told
    everything = StringIO()
    call_command("sweep_blends", "--surface", "home", "--all", stdout=everything)
    assert len(everything.getvalue().splitlines()) == len(found.report["points"]) + 3


def test_the_command_fails_where_the_sweep_does(operator, go_live):
    with pytest.raises(CommandError, match="no surface moon"):
        call_command("sweep_blends", "--surface", "moon")
    with pytest.raises(CommandError, match="No model serves yet"):
        call_command("sweep_blends", "--surface", "home")
    go_live("popularity")
    with pytest.raises(CommandError, match="Only one scorer"):
        call_command("sweep_blends", "--surface", "home")


def test_sweeps_are_forgotten_but_the_latest_of_each_surface_that_is_done(operator):
    old, latest, failed, other = swept(), swept(), swept(), swept("similar")
    BlendSweep.objects.update(requested_at=timezone.now() - timedelta(days=91))
    BlendSweep.objects.filter(pk=failed.pk).delete()
    failed = BlendSweep.objects.create(surface_id="home", state=Job.State.FAILED)
    BlendSweep.objects.filter(pk=failed.pk).update(requested_at=timezone.now() - timedelta(days=91))
    fresh = BlendSweep.objects.create(surface_id="home", state=Job.State.CANCELLED)
    assert blend_sweep_actions.forget() == 2
    assert set(BlendSweep.objects.all()) == {latest, other, fresh}
    assert old not in BlendSweep.objects.all()
