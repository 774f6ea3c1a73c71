"""Worker side of a run: claim → snapshot → fit and evaluate in a child process → artifact → model version.

Every write is fenced by the attempt that the lease gave: a worker that lost its lease writes nothing more.
"""

from __future__ import annotations

import json
import logging
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Final
from uuid import UUID

import adbc_driver_manager
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Max, QuerySet

from curation.ids import new_id
from curation.policies import fulfilment
from recsys.jobs import leases
from recsys.jobs.failures import Failure, Trouble, trouble_of
from recsys.live.artifacts import artifact_path, checkpoints, rival_of, test_path, validation_path
from recsys.ml.families import registry
from recsys.models import Job, ModelVersion, Run
from recsys.runs import after_policy, devices, fitting, provenance, queueing, readiness, snapshots
from recsys.runs.fit_process import FitProcess, Message
from recsys.runs.following import RunFailed, follow
from recsys.runs.progress import Reporter
from recsys.runs.watching import RunCancelled, Watch, heartbeat

log = logging.getLogger(__name__)

WRITE_TRIES: Final = 30
WRITE_PAUSE_S: Final = 2.0
DATABASE_AWAY: Final = (DatabaseError, adbc_driver_manager.Error)


class Unchanged(Exception):
    """An earlier run has made what this one would make."""

    def __init__(self, earlier: Run) -> None:
        super().__init__(str(earlier))
        self.earlier = earlier


def execute_next() -> None:
    """Do the run that stands first in the queue, then ring for the one behind it."""
    lease = queueing.claim_next(devices.place())
    if lease is None:
        log.info("no run waits for this device")
        return
    _work(lease)
    _lasting(queueing.ring)


def execute(run_id: UUID) -> None:
    """Do a run from claim to end; returns at once where it is another worker's or over."""
    lease = leases.claim(Run, run_id, device=devices.place())
    if lease is None:
        log.info("run %s: another worker has it, or it is over", run_id)
        return
    _work(lease)


def _work(lease: leases.Lease) -> None:
    _end_by_exception()
    try:
        with heartbeat(lease) as watch:
            _perform(lease, watch)
    except leases.Fenced:
        log.warning(
            "run %s, attempt %d: the lease is lost, nothing is written", lease.id, lease.attempt
        )
    except (SystemExit, KeyboardInterrupt):
        lease.hand_back()
        raise


def _end_by_exception() -> None:
    """Let a stop of the worker arrive as SystemExit, so that the run is handed back for the next start."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))


def _perform(lease: leases.Lease, watch: Watch) -> None:
    run = Run.objects.get(pk=lease.id)
    version = ModelVersion(id=new_id(), family=run.family, run=run)
    version.artifact = f"{run.family}/{run.id}-{run.attempt}/model"
    try:
        reporter = Reporter(lease)
        reporter.write(now=True)  # the stage of an attempt before this one is over
        result = _trained(run, version, reporter, watch)
        watch.check()
        reporter.stage("policy")
        reporter.log("policy")
        reporter.write(now=True)
        result = _with_policy(run, version, result, watch)
        _lasting(lambda: _succeed(lease, version, result))
    except BaseException as error:
        _discard(version)
        ending = _ending(lease, error)
        if ending is None:
            raise
        _lasting(ending)
    if not Run.objects.filter(pk=run.pk, state__in=Job.OPEN).exists():
        shutil.rmtree(checkpoints(run), ignore_errors=True)


def _with_policy(run: Run, version: ModelVersion, result: Message, watch: Watch) -> Message:
    """The result with what members would get of the version, after the policies of now."""
    report = result["report"]
    told = after_policy.figures(run, version, report, watch.check)
    return {**result, "report": {**report, "after_policy": told}}


def _ending(lease: leases.Lease, error: BaseException) -> Callable[[], None] | None:
    """What to write where a run gives no version; None where it is not for this attempt to say."""
    if isinstance(error, RunCancelled):
        return lambda: lease.finish(Job.State.CANCELLED)
    if isinstance(error, Unchanged):
        return lambda: lease.finish(Job.State.SKIPPED, same_as=error.earlier)
    if isinstance(error, DATABASE_AWAY):
        log.warning("run %s: the database went away", lease.id, exc_info=error)
        return lambda: _again(lease, error)
    if isinstance(error, leases.Fenced) or not isinstance(error, Exception):
        return None
    trouble = error.trouble if isinstance(error, RunFailed) else trouble_of(error)
    if trouble.failure == Failure.CODE_ERROR:
        log.error("run %s failed", lease.id, exc_info=error)
    return lambda: _fail(lease, trouble)


def _again(lease: leases.Lease, error: BaseException) -> None:
    if not lease.try_again():
        _fail(lease, Trouble(Failure.DATABASE_AWAY, {"detail": str(error)}))


def _fail(lease: leases.Lease, trouble: Trouble) -> None:
    lease.finish(
        Job.State.FAILED,
        failure=trouble.failure,
        failure_facts=dict(trouble.facts),
        error=str(trouble.facts.get("detail", "")),
    )


def _trained(run: Run, version: ModelVersion, reporter: Reporter, watch: Watch) -> Message:
    """Snapshot the data and fit on it in a child process; returns the digest and the report."""
    if trouble := readiness.trouble_at_claim(run, devices.gpu(), _room(run)):
        raise RunFailed(trouble)
    _prepare(run, reporter)
    _skip_if_unchanged(run)
    watch.check()
    path = snapshots.run_folder(run) / "job.json"
    path.write_text(json.dumps(asdict(_job(run, version)), indent=1))
    options = registry.parse_options(run.options)
    with FitProcess(path, options.threads, options.processes) as child:
        return follow(child, reporter, watch)


def _room(run: Run) -> int:
    return devices.room(run.options.get("device", "auto"))


def _job(run: Run, version: ModelVersion) -> fitting.Job:
    return fitting.Job(
        family=run.family,
        parameters=run.parameters,
        options=run.options,
        interactions=str(snapshots.interactions_path(run)),
        catalogue=str(snapshots.catalogue_path(run)),
        artifact=str(artifact_path(version)),
        validation=str(validation_path(version)),
        checkpoints=str(checkpoints(run)),
        test=str(test_path(version)),
        members=snapshots.members_file(run),
        vectors=snapshots.vectors_file(run),
        texts=snapshots.texts_file(run),
        rival=rival_of(run.family),
    )


def _prepare(run: Run, reporter: Reporter) -> None:
    """Take the snapshot, or keep the one of an earlier attempt that can be resumed; clear what that left."""
    for left in (settings.VAR_DIR / "artifacts" / run.family).glob(f"{run.id}-*"):
        shutil.rmtree(left)
    iterative = registry.family(run.family).iterative
    if run.attempt > 1 or run.snapshot:
        reporter.log("resumed" if iterative and run.snapshot else "restarted", attempt=run.attempt)
    if not (iterative and snapshots.still_there(run)):
        shutil.rmtree(checkpoints(run), ignore_errors=True)
        reporter.stage("snapshot")
        reporter.write(now=True)
        run.snapshot = snapshots.take(run)
        reporter.log("snapshot", **{name: run.snapshot[name] for name in ("rows", "members")})
    run.lineage = provenance.of(run)
    run.fingerprint = provenance.fingerprint(run)
    made_with = {name: getattr(run, name) for name in ("snapshot", "lineage", "fingerprint")}
    if not _held(run).update(**made_with):
        raise leases.Fenced


def _skip_if_unchanged(run: Run) -> None:
    """Raise Unchanged where a version of the same data, settings and code is there already."""
    if not run.skip_unchanged:
        return
    same = Run.objects.filter(
        family=run.family, fingerprint=run.fingerprint, state=Job.State.SUCCEEDED
    )
    if earlier := same.filter(version__pruned_at__isnull=True).order_by("-finished_at").first():
        raise Unchanged(earlier)


def _held(run: Run) -> QuerySet[Run]:
    return Run.objects.filter(
        pk=run.pk, attempt=run.attempt, worker=run.worker, state=Job.State.RUNNING
    )


def _succeed(lease: leases.Lease, version: ModelVersion, result: Message) -> None:
    """Write the version and end the run, in one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(%s))", [f"version of {version.family}"]
        )
        last = ModelVersion.objects.filter(family=version.family).aggregate(last=Max("number"))[
            "last"
        ]
        version.number = (last or 0) + 1
        version.digest, version.report = result["digest"], result["report"]
        lease.finish(Job.State.SUCCEEDED, report=result["report"])
        version.save(force_insert=True)
        fulfilment.follow()


def _discard(version: ModelVersion) -> None:
    """Remove the files of a version that will not be."""
    try:
        if ModelVersion.objects.filter(pk=version.pk).exists():
            return  # its commit went through, only the answer to it was lost
    except DatabaseError:
        connection.close()  # the next attempt clears what this one leaves
        return
    shutil.rmtree(validation_path(version).parent, ignore_errors=True)


def _lasting(write: Callable[[], None]) -> None:
    """Do a write that must happen, also when the database comes back only in a while."""
    pause = threading.Event()
    for tries in range(WRITE_TRIES):
        try:
            write()
        except DatabaseError:
            if tries == WRITE_TRIES - 1:
                raise
            log.warning("the end of a run was not written yet", exc_info=True)
            connection.close()
            pause.wait(WRITE_PAUSE_S)
        else:
            return
