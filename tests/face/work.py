"""Work of the product that was told of in hostile words: runs, versions, schedules, jobs that failed, processes."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from curation.models import ChangeSet, Decision, Item
from recsys.appraisals.actions import KINDS
from recsys.jobs.failures import Failure
from recsys.models import (
    BlendProposal,
    BlendSweep,
    Clustering,
    EmbeddingJob,
    Heartbeat,
    Job,
    ModelVersion,
    ProposalRound,
    Run,
    RunProgress,
    Schedule,
    Simulation,
)
from tests.appraised import appraised
from tests.face.payload import PAYLOAD
from tests.swept import swept


def work() -> None:
    """Runs in every state, versions, schedules, proposals and jobs that failed with hostile words."""
    now = timezone.now()
    told = {"note": PAYLOAD, "error": PAYLOAD, "worker": PAYLOAD[:120], "device": ""}
    for place, state in zip(range(12), list(Job.State) * 2, strict=False):
        failure = Failure.CODE_ERROR if state == Job.State.FAILED else ""
        started = {"started_at": now, "finished_at": now} if failure else {}
        run = Run.objects.create(family="ease", state=state, failure=failure, **told, **started)
        RunProgress.objects.create(run=run, stage=PAYLOAD[:40], done=1, total=2)
        version = {"number": 10 + place, "run": run, "artifact": "ease", "digest": "0" * 64}
        ModelVersion.objects.create(family="ease", **version)
        Schedule.objects.create(
            name=f"{place}{PAYLOAD}"[:80], family="ease", every_hours=24, since=now
        )
    failed = {"state": Job.State.FAILED, "failure": Failure.CODE_ERROR, "error": PAYLOAD}
    BlendProposal.objects.create(surface_id="home", **failed)
    ProposalRound.objects.create(**failed)
    BlendSweep.objects.create(surface_id="home", **failed)
    swept(left_out=[PAYLOAD])
    Clustering.objects.create(**failed)
    _simulations(failed)
    film = str(Item.objects.get(outside_id="film").pk)
    for decision in Decision.objects.filter(kind__in=KINDS):
        appraised(decision, film, PAYLOAD)
    EmbeddingJob.objects.create(encoder="small", **failed)
    beat = {"pid": 1, "started_at": now, "beat_at": now, "problem": PAYLOAD, "device": PAYLOAD}
    Heartbeat.objects.create(name=PAYLOAD, role="realtime", **beat)


def _simulations(failed: dict[str, Any]) -> None:
    """One that failed and one that is done, of each change set."""
    change = {"before": 1, "after": 2}
    named = {
        "item": str(Item.objects.get(outside_id="film").pk),
        "outside_id": "",
        "title": PAYLOAD,
    }
    value = {"mean": 0.1, "low": 0.0, "high": 0.2}
    effect = {"n": 9, "members": 3, "size": 8.0, "clipped": 0, "support": 1.0, "why": ""}
    ends = {"present": value, "target": value, "difference": value, "verdict": "unsure"}
    report = {
        "requests": 2,
        "slates": 2,
        "changed": 1,
        "partial": 1,
        "bare": 1,
        "placements": 20,
        "surfaces": [{"surface": "home", "requests": 2, "changed": 1}],
        "winners": [named | change],
        "losers": [named | {"before": 2, "after": 1}],
        "fields": [{"field": "maker", "values": [{"value": PAYLOAD, **change}]}],
        "effect": effect | ends,
    }
    for home in ChangeSet.objects.all():
        Simulation.objects.create(change_set=home, **failed)
        Simulation.objects.create(change_set=home, state=Job.State.SUCCEEDED, report=report)
