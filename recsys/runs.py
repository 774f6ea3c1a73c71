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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Max, QuerySet

from curation.ids import new_id
from recsys import fitting, leases, snapshots
from recsys.artifacts import artifact_path, checkpoints, rival_of, test_path, validation_path
from recsys.fit_process import FitProcess, Message
from recsys.ml import registry
from recsys.models import Job, ModelVersion, Run
from recsys.progress import Reporter

log = logging.getLogger(__name__)

LISTEN_S: Final = 0.5
WRITE_TRIES: Final = 30
WRITE_PAUSE_S: Final = 2.0


class RunFailed(Exception):
    """A run that gives no version; the message says why and what to do."""


class RunCancelled(Exception):
    """A person cancelled the run."""


@dataclass(slots=True)
class Watch:
    """What the heartbeat saw: a wish to cancel, the loss of the lease; and the word to stop beating."""

    cancelled: threading.Event = field(default_factory=threading.Event)
    fenced: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raise RunCancelled or Fenced where one of them holds."""
        if self.fenced.is_set():
            raise leases.Fenced
        if self.cancelled.is_set():
            raise RunCancelled


def execute(run_id: UUID) -> None:
    """Do a run from claim to end; returns at once where it is another worker's or over."""
    lease = leases.claim(Run, run_id)
    if lease is None:
        log.info("run %s: another worker has it, or it is over", run_id)
        return
    _end_by_exception()
    try:
        with _heartbeat(lease) as watch:
            _perform(lease, watch)
    except leases.Fenced:
        log.warning(
            "run %s, attempt %d: the lease is lost, nothing is written", run_id, lease.attempt
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
    reporter = Reporter(lease)
    version = ModelVersion(id=new_id(), family=run.family, run=run)
    version.artifact = f"{run.family}/{run.id}-{run.attempt}/model"
    try:
        result = _trained(run, version, reporter, watch)
        watch.check()
        _lasting(lambda: _succeed(lease, version, result))
    except RunCancelled:
        _discard(version)
        _lasting(lambda: lease.finish(Job.State.CANCELLED))
    except RunFailed as error:
        _discard(version)
        message = str(error)
        _lasting(lambda: lease.finish(Job.State.FAILED, error=message))
    except BaseException:
        _discard(version)
        raise
    shutil.rmtree(checkpoints(run), ignore_errors=True)


def _trained(run: Run, version: ModelVersion, reporter: Reporter, watch: Watch) -> Message:
    """Snapshot the data and fit on it in a child process; returns the digest and the report."""
    _prepare(run, reporter)
    watch.check()
    fit = fitting.Job(
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
        rival=rival_of(run.family),
    )
    path = snapshots.run_folder(run) / "job.json"
    path.write_text(json.dumps(asdict(fit), indent=1))
    with FitProcess(path, registry.parse_options(run.options).threads) as child:
        return _followed(child, reporter, watch)


def _prepare(run: Run, reporter: Reporter) -> None:
    """Take the snapshot, or keep the one of an earlier attempt that can be resumed; clear what that left."""
    for left in (settings.VAR_DIR / "artifacts" / run.family).glob(f"{run.id}-*"):
        shutil.rmtree(left)
    iterative = registry.family(run.family).iterative
    if run.snapshot:
        how = "goes on from its last checkpoint" if iterative else "closed form, so it starts again"
        reporter.log(f"taken up again after its worker stopped; {run.family}: {how}")
    if iterative and snapshots.still_there(run):
        return
    shutil.rmtree(checkpoints(run), ignore_errors=True)
    reporter.stage("snapshot")
    reporter.write(now=True)
    run.snapshot = snapshots.take(run)
    _held(run).update(snapshot=run.snapshot)


def _held(run: Run) -> QuerySet[Run]:
    return Run.objects.filter(
        pk=run.pk, attempt=run.attempt, worker=run.worker, state=Job.State.RUNNING
    )


def _followed(child: FitProcess, reporter: Reporter, watch: Watch) -> Message:
    """Listen to the child until its result; raises RunFailed, RunCancelled, Fenced."""
    while True:
        try:
            message = child.next_message(LISTEN_S)
        except EOFError:
            raise RunFailed(_last_words(child)) from None
        if message:
            if "result" in message:
                reporter.write(now=True)
                return message["result"]  # type: ignore[no-any-return]
            _note(message, reporter)
        try:
            watch.check()
        except RunCancelled:
            child.stop()
            raise
        reporter.write()


def _note(message: Message, reporter: Reporter) -> None:
    if "failed" in message:
        raise RunFailed(message["failed"])
    if "log" in message:
        reporter.log(message["log"])
    if "step" in message:
        step: Mapping[str, Any] = message["step"]
        reporter.stage(f"{step['part']}: {step['stage']}", step["done"], step["total"])
        if message["metrics"]:
            reporter.point(step["part"], message["metrics"])


def _last_words(child: FitProcess) -> str:
    status = child.exit_status()
    if status == -signal.SIGKILL:
        return (
            "The fit was killed, most likely for want of memory. "
            "Choose a smaller model or free some memory."
        )
    return f"The fit ended unexpectedly (status {status}). Its log is {child.log_path}."


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


def _discard(version: ModelVersion) -> None:
    """Remove the files of a version that will not be."""
    if ModelVersion.objects.filter(pk=version.pk).exists():
        return  # its commit went through, only the answer to it was lost
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


@contextmanager
def _heartbeat(lease: leases.Lease) -> Iterator[Watch]:
    watch = Watch()
    beating = threading.Thread(target=_beat, args=(lease, watch), name="heartbeat", daemon=True)
    beating.start()
    try:
        yield watch
    finally:
        watch.over.set()
        beating.join()


def _beat(lease: leases.Lease, watch: Watch) -> None:
    """Look for a cancel each second and renew the lease each tenth time, until the run is over."""
    seconds = 0
    try:
        while not watch.over.wait(1.0) and not watch.fenced.is_set():
            seconds += 1
            _look(lease, watch, renew=seconds % leases.BEAT_S == 0)
    finally:
        connection.close()


def _look(lease: leases.Lease, watch: Watch, *, renew: bool) -> None:
    try:
        asked = Run.objects.filter(pk=lease.id, cancel_requested=True)
        if (renew and lease.beat()) or asked.exists():
            watch.cancelled.set()
    except leases.Fenced:
        watch.fenced.set()
    except DatabaseError:
        log.warning("run %s: no heartbeat", lease.id, exc_info=True)
        connection.close()
