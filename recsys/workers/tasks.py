"""The Celery tasks: each takes ids, and makes one call. The one door to numpy, the models and torch.

What a task needs is imported when it runs, so that a web process, which knows tasks by name, loads none of it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from celery import shared_task

from recsys.workers import worker_events  # noqa: F401 - Celery hears of what a worker does by this

LOOKED_BACK_H = 26
"""A whole day for the rule that counts the hours of one, and what comes late."""


@shared_task(name="recsys.fuse", acks_late=False, max_retries=0)
def fuse(parts: list[str]) -> None:
    """Fuse the slate of a place and answer whoever waits for it."""
    from recsys.slates import fusing
    from recsys.slates.places import Place

    fusing.fuse_now(Place.of(parts))


@shared_task(name="recsys.explain", acks_late=False, max_retries=0)
def explain(slate_id: str, items: list[str], reply: str) -> None:
    """Say what of a member's history spoke for items of a slate."""
    from recsys.slates import evidence

    evidence.answer(UUID(slate_id), [UUID(item) for item in items], reply)


@shared_task(name="recsys.encode_query", acks_late=False, max_retries=0)
def encode_query(words: str, reply: str) -> None:
    """Give the vector of a query to whoever searches by meaning; torch stays in a child of the worker."""
    from recsys.embeddings import query_encoder

    query_encoder.answer(words, reply)


@shared_task(name="recsys.preview", acks_late=False, max_retries=0)
def preview(preview_id: str, asked: dict[str, Any], reply: str) -> None:
    """Fuse the slates that a curator wants to see side by side, and keep none of them."""
    from recsys.previews import worker as previewer

    previewer.answer(preview_id, asked, reply)


@shared_task(name="recsys.execute_run", acks_late=False, max_retries=0)
def execute_run(_run_id: str) -> None:
    """Do the training run that stands first, whichever was rung for."""
    from recsys.runs import worker as runs

    runs.execute_next()


@shared_task(name="recsys.refuse_surface", max_retries=3)
def refuse_surface(slug: str) -> None:
    """Renew the fallbacks of a surface and the slates of its active members."""
    from recsys.slates import refusing

    refusing.refuse(slug)


@shared_task(name="recsys.propose_blend", max_retries=0)
def propose_blend(proposal_id: str) -> None:
    """Fit the blend that a proposal asks for."""
    from recsys.proposals import proposing

    proposing.execute(UUID(proposal_id))


@shared_task(name="recsys.look_for_proposals", max_retries=0)
def look_for_proposals(round_id: str) -> None:
    """Look through the evidence for decisions to propose."""
    from recsys.proposals import rounds as proposal_rounds

    proposal_rounds.execute(UUID(round_id))


@shared_task(name="recsys.propose_decisions", max_retries=0)
def propose_decisions() -> None:
    """Ask for the evidence to be looked through."""
    from recsys.proposals import actions as proposal_actions

    proposal_actions.request_round(actor=None)


@shared_task(name="recsys.sweep_blends", max_retries=0)
def sweep_blends(sweep_id: str) -> None:
    """Score the grid of blends that a sweep asks for."""
    from recsys.blend_sweeps import worker as blend_sweeps

    blend_sweeps.execute(UUID(sweep_id))


@shared_task(name="recsys.send_mail", max_retries=0)
def send_mail(mail_id: str) -> None:
    """Hand a message over to the mail server."""
    from recsys.transport import mail

    mail.send(UUID(mail_id))


@shared_task(name="recsys.embed_items", max_retries=0)
def embed_items(job_id: str) -> None:
    """Give items whose text is new or has changed their vectors; torch stays in a child of the worker."""
    from recsys.embeddings import embedder

    embedder.embed(UUID(job_id))


@shared_task(name="recsys.read_texts", max_retries=0)
def read_texts() -> None:
    """Ask for texts that came with a file, and items that are new, to be read by the encoder in use."""
    from recsys.embeddings import standing as embeddings

    embeddings.request()


@shared_task(name="recsys.sweep", max_retries=0)
def sweep() -> None:
    """Give back what dead workers held, ring for what waits, and clear what is too old."""
    from recsys.workers import sweeping

    sweeping.sweep()


@shared_task(name="recsys.roll_up", max_retries=0)
def roll_up() -> None:
    """Bring the statistics of items up to date."""
    from feedback.rollups import stats

    stats.roll_up()


@shared_task(name="recsys.cluster", max_retries=0)
def cluster(clustering_id: str) -> None:
    """Cluster members by what they do, for curators to see."""
    from recsys.clusterings import worker as clustering

    clustering.execute(UUID(clustering_id))


@shared_task(name="recsys.simulate", max_retries=0)
def simulate(simulation_id: str) -> None:
    """Replay the drafts of a change set over logged requests."""
    from recsys.simulations import worker as simulating

    simulating.execute(UUID(simulation_id))


@shared_task(name="recsys.appraise", max_retries=0)
def appraise(appraisal_id: str) -> None:
    """Measure what a decision brought and cost."""
    from recsys.appraisals import worker as appraising

    appraising.execute(UUID(appraisal_id))


@shared_task(name="recsys.appraise_all", max_retries=0)
def appraise_all() -> None:
    """Ask for the decisions to be appraised of which there is something to tell."""
    from django.utils import timezone

    from recsys.appraisals import actions as appraisal_actions

    appraisal_actions.request_all(timezone.now())


@shared_task(name="recsys.check_expectations", max_retries=0)
def check_expectations(check_id: str) -> None:
    """Fuse slates and hold them against what is expected."""
    from recsys.expectations import worker as expecting

    expecting.execute(UUID(check_id))


@shared_task(name="recsys.follow_expectations", max_retries=0)
def follow_expectations(change_set_id: str | None = None) -> None:
    """Have checked what was not since it changed: a change set, or everything."""
    from recsys.expectations import checks as expectation_checks

    if change_set_id:
        expectation_checks.follow_set(UUID(change_set_id))
    else:
        expectation_checks.follow()


@shared_task(name="recsys.forget_reports", max_retries=0)
def forget_reports() -> None:
    """Delete what was found of expectations, decisions, evidence and blends long ago."""
    from recsys.appraisals import actions as appraisal_actions
    from recsys.blend_sweeps import actions as blend_sweep_actions
    from recsys.expectations import checks as expectation_checks
    from recsys.proposals import actions as proposal_actions

    expectation_checks.forget()
    appraisal_actions.forget()
    proposal_actions.forget()
    blend_sweep_actions.forget()


@shared_task(name="recsys.profile_items", max_retries=0)
def profile_items() -> None:
    """Count at which hours members turn to each item."""
    from feedback.rollups import behaviour

    behaviour.profile_items()


@shared_task(name="recsys.learn_preferences", max_retries=0)
def learn_preferences() -> None:
    """Learn what draws each member, and count their interests, unless another worker is at it."""
    from contextlib import suppress

    from django.utils import timezone

    from recsys.preferences import worker as preferring

    with suppress(preferring.Underway):
        preferring.learn(timezone.now())


@shared_task(name="recsys.refresh_segment", max_retries=3)
def refresh_segment(segment_id: str) -> None:
    """Bring one segment up to date."""
    from recsys.clusterings import segments

    segments.refresh_one(UUID(segment_id))


@shared_task(name="recsys.refresh_segments", max_retries=0)
def refresh_segments() -> None:
    """Count what members did, and bring their segments up to date."""
    from recsys.clusterings import segments

    segments.refresh()


@shared_task(name="recsys.publish_due", max_retries=0)
def publish_due() -> None:
    """Publish the change sets whose instant has come."""
    from django.utils import timezone

    from curation import actions

    actions.publish_due(timezone.now())


@shared_task(name="recsys.inspect_decisions", max_retries=0)
def inspect_decisions() -> None:
    """Lint all that is published, and keep what is found."""
    from django.utils import timezone

    from curation.lint import inspections

    inspections.keep(timezone.now())


@shared_task(name="recsys.launch_due", max_retries=0)
def launch_due() -> None:
    """Ask for the runs of schedules whose period has begun."""
    from recsys.runs import schedules

    schedules.launch_due()


@shared_task(name="recsys.prune_artifacts", max_retries=0)
def prune_artifacts() -> None:
    """Delete the files of versions and runs that nothing can need any more."""
    from recsys.runs import retention

    retention.prune()


@shared_task(name="recsys.archive_feedback", max_retries=0)
def archive_feedback() -> None:
    """Export months of feedback beyond their retention, and drop them."""
    from django.utils import timezone

    from feedback.keeping import retention

    retention.apply(timezone.now())


@shared_task(name="recsys.mark_interactions", max_retries=0)
def mark_interactions() -> None:
    """Apply the cleaning rules to what came lately."""
    from datetime import timedelta

    from django.utils import timezone

    from feedback.keeping import cleaning

    cleaning.mark(timezone.now() - timedelta(hours=LOOKED_BACK_H))
