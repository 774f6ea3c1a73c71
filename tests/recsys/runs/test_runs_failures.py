"""Why a run gives no version: each failure in its class, with what to do about it."""

from __future__ import annotations

import errno
import io
import json
import signal
import threading

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import OperationalError, connection
from django.utils import translation

from recsys.jobs.failures import Failure, Trouble, heard, trouble_of
from recsys.live.artifacts import checkpoints
from recsys.ml.configuration import ConfigError, Problem
from recsys.ml.data.tables import read_table
from recsys.ml.data.vectors import Texts, Vectors
from recsys.ml.families import registry
from recsys.ml.families.options import TrainingOptions
from recsys.ml.scorer import Training, Untrainable
from recsys.models import Job, ModelVersion, Run
from recsys.runs import actions, fitting, snapshots
from recsys.runs import words as run_words
from recsys.runs import worker as runs
from recsys.runs.fit_process import FitProcess, Message
from recsys.runs.telling import Teller
from tests.processes import wait_until
from tests.recsys.runs.cast import write_job, write_snapshot
from tests.recsys.runs.workers import fits, start, words_of

LONG = {"epochs": 500, "batch_size": 8}
STEPS = {"epochs", "iterations"}
"""Of what a fit does more than once, once is enough here."""
transactional = pytest.mark.django_db(transaction=True)


class OutOfMemoryError(RuntimeError):
    """As torch names it."""


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (Untrainable("too little", reason="too_few_members"), Failure.BAD_DATA),
        (Untrainable("too fast", is_setting=True), Failure.CONFIGURATION),
        (ConfigError((Problem("epochs", "0", "1"),)), Failure.CONFIGURATION),
        (MemoryError(), Failure.OUT_OF_MEMORY),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), Failure.OUT_OF_MEMORY),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), Failure.OUT_OF_MEMORY),
        (OSError(errno.ENOSPC, "No space left on device"), Failure.DISK_FULL),
        (OSError(errno.EDQUOT, "Quota exceeded"), Failure.DISK_FULL),
        (Exception("I/O error: No space left on device (os error 28)"), Failure.DISK_FULL),
        (OSError(errno.EROFS, "Read-only file system"), Failure.NOT_WRITABLE),
        (RuntimeError("CUDA error: unspecified launch failure"), Failure.DEVICE_LOST),
        (RuntimeError("[gloo/transport/tcp/pair.cc] Connection closed by peer"), Failure.RANK_LOST),
        (KeyError("rows"), Failure.CODE_ERROR),
    ],
)
def test_an_error_has_its_class(error, failure):
    assert trouble_of(error).failure == failure


def test_a_trouble_is_heard_as_it_was_told():
    trouble = trouble_of(Untrainable("few", reason="too_few_items", there=1, least=2))
    assert heard(trouble.told()) == trouble


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_has_words_and_a_remedy(failure):
    run = Run(state=Job.State.FAILED, failure=failure, error="what the program said")
    told = words_of(run)
    assert told.title
    assert told.remedy
    assert told.detail == "what the program said"


@pytest.mark.parametrize("reason", run_words.REASONS)
def test_every_reason_names_its_facts(reason):
    facts = {
        "there": 1,
        "least": 2,
        "status": 3,
        "log": "fit.log",
        "free": 4,
        "needed": 5,
        "most": 6,
        "asked": 7,
    }
    run = Run(state=Job.State.FAILED, failure="bad_data", failure_facts={"reason": reason, **facts})
    assert "%" not in words_of(run).reason


def test_words_are_those_of_the_reader_not_of_the_worker():
    run = Run(state=Job.State.FAILED, failure=Failure.DISK_FULL)
    with translation.override("zh-hans"):
        assert words_of(run).title
    assert words_of(run).title == "The disk is full."


@pytest.mark.parametrize(
    ("world", "reason"),
    [
        ({"members": 1, "items": 30, "each": 15}, "too_few_members"),
        ({"members": 60, "items": 1, "each": 1}, "too_few_items"),
        ({"value": 0.0}, "too_few_liked"),
        ({"members": 2, "items": 4, "each": 2}, "too_few_interactions"),
        ({"day_s": 0.0}, "all_at_once"),
    ],
)
def test_data_that_teaches_nothing_is_refused_with_the_reason(tmp_path, world, reason):
    write_snapshot(tmp_path, **world)
    told = _end(tmp_path, "ease")["failed"]
    assert (told["failure"], told["facts"]["reason"]) == ("bad_data", reason)


@pytest.mark.parametrize("family", registry.FAMILIES)
@pytest.mark.parametrize(
    ("world", "reason"),
    [
        ({"members": 1, "items": 30, "each": 15}, "too_few_members"),
        ({"members": 60, "items": 1, "each": 1}, "too_few_items"),
    ],
)
def test_one_member_and_one_item_teach_no_family_anything(tmp_path, family, world, reason):
    write_snapshot(tmp_path, **world)
    job = fitting.Job(**json.loads(write_job(tmp_path, family).read_text()))
    with pytest.raises(Untrainable) as refused:
        fitting.perform(job, Teller(io.StringIO()))
    assert refused.value.reason == reason


def test_constant_ratings_that_tell_of_liking_give_a_model(tmp_path):
    write_snapshot(tmp_path)
    assert "result" in _end(tmp_path, "ease")


@pytest.mark.parametrize("family", registry.FAMILIES)
def test_constant_ratings_that_tell_of_liking_teach_every_family(tmp_path, family):
    write_snapshot(tmp_path)
    rows = pq.read_table(tmp_path / "interactions.parquet")
    stars = pa.array([4.0] * len(rows), pa.float32())
    interactions = read_table(rows.append_column("stars", stars))
    items = interactions.item_ids
    vectors = Vectors(items, np.eye(len(items), 4, dtype=np.float32) + 0.1)
    least = {each.name: 1 for each in registry.family(family).settings if each.name in STEPS}
    config = registry.parse_config(family, least)
    texts = Texts(items, tuple(f"word{at % 2} item{at}" for at in range(len(items))))
    training = Training(TrainingOptions(device="cpu"), vectors=vectors, texts=texts)
    scorer = registry.learner_of(family)(config, interactions, items, training)
    history = interactions.history(interactions.member_ids.ids[0])
    assert np.isfinite(scorer.score([history], items)).all()


@transactional
@pytest.mark.parametrize("largest", [2_000, 60_000], ids=["the data", "a checkpoint"])
def test_a_disk_full_leaves_nothing_half_written_and_says_so(operator, ratings, var, largest):
    run = actions.request_run(family="dot", parameters={"embedding_size": 512}, actor=operator)
    assert start(run, str(largest)).wait(timeout=120) == 0
    _said_and_left_nothing(run, var)


@transactional
def test_a_disk_full_at_the_artifact_leaves_nothing_half_written_and_says_so(
    operator, ratings, var
):
    run = actions.request_run(family="popularity", parameters={}, actor=operator)
    assert start(run, full_at="/.model-").wait(timeout=120) == 0
    _said_and_left_nothing(run, var)
    assert "/.model-" in run.error


def _said_and_left_nothing(run, var):
    run.refresh_from_db()
    assert (run.state, run.failure) == (Job.State.FAILED, Failure.DISK_FULL)
    assert not ModelVersion.objects.exists()
    assert not checkpoints(run).exists()
    assert not list((var / "artifacts").glob(f"{run.family}/*"))
    assert not list(snapshots.run_folder(run).glob(".*"))


@transactional
def test_a_fit_that_the_system_kills_ran_out_of_memory(operator, ratings):
    run = actions.request_run(family="dot", parameters=LONG, actor=operator)
    worker = _in_thread(run)
    wait_until(lambda: bool(fits()), "it fits")
    fits()[0].send_signal(signal.SIGKILL)
    worker.join(timeout=60)
    run.refresh_from_db()
    assert (run.state, run.failure) == (Job.State.FAILED, Failure.OUT_OF_MEMORY)
    assert "want of memory" in words_of(run).reason


@transactional
def test_a_gpu_that_is_not_there_is_said_before_any_data_is_read(operator, ratings, monkeypatch):
    monkeypatch.setattr("recsys.runs.devices.gpu", str)
    options = {"device": "cuda"}
    run = actions.request_run(family="dot", parameters={}, options=options, actor=operator)
    runs.execute(run.id)
    run.refresh_from_db()
    assert (run.failure, run.failure_facts["reason"]) == (Failure.CONFIGURATION, "no_gpu")
    assert run.snapshot == {}


@transactional
def test_a_fault_of_the_code_ends_the_run_and_keeps_what_was_said(operator, ratings, monkeypatch):
    monkeypatch.setattr(snapshots, "take", lambda run: run.report["rows"])
    run = actions.request_run(family="ease", parameters={}, actor=operator)
    runs.execute(run.id)
    run.refresh_from_db()
    assert (run.state, run.failure) == (Job.State.FAILED, Failure.CODE_ERROR)
    assert "KeyError" in words_of(run).detail


@transactional
def test_a_database_that_goes_away_costs_an_attempt_not_the_run(operator, ratings, monkeypatch):
    whole, tries = snapshots.take, []

    def take(run):
        tries.append(run)
        if len(tries) == 1:
            raise OperationalError("the server closed the connection")
        return whole(run)

    monkeypatch.setattr(snapshots, "take", take)
    run = actions.request_run(family="popularity", parameters={}, actor=operator)
    runs.execute(run.id)
    assert Run.objects.get(pk=run.pk).state == Job.State.QUEUED
    runs.execute(run.id)
    run.refresh_from_db()
    assert (run.state, run.attempt) == (Job.State.SUCCEEDED, 2)


def test_the_class_without_facts_still_has_words():
    assert Trouble(Failure.WORKER_DIED).told()["facts"] == {}


def _end(folder, family):
    with FitProcess(write_job(folder, family), threads=1) as child:
        last: Message = {}
        while True:
            try:
                last = child.next_message(60) or last
            except EOFError:
                return last


def _in_thread(run):
    def work():
        try:
            runs.execute(run.id)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    return worker
