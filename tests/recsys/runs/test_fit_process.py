"""The child process of a fit: what it tells, how it stops, what it leaves for the next attempt."""

from __future__ import annotations

import io
import os
import signal
import time
from typing import Any

import pytest

from recsys.ml import artifact
from recsys.ml.scorer import Untrainable
from recsys.runs.fit_process import FitProcess, Message
from recsys.runs.obeying import ORPHANED
from recsys.runs.telling import Teller
from tests.recsys.runs.cast import write_job, write_snapshot

LONG: dict[str, Any] = {"epochs": 500, "batch_size": 8}


@pytest.fixture
def folder(tmp_path):
    write_snapshot(tmp_path)
    return tmp_path


def test_a_fit_ends_with_artifacts_and_figures_of_validation_and_test(folder):
    result = _messages(FitProcess(write_job(folder, "ease"), threads=1))[-1]["result"]
    artifact.read_folder(folder / "version-1" / "model", result["digest"])
    artifact.read_folder(folder / "version-1" / "validation")
    report = result["report"]
    assert report["cuts"]["validation"] < report["cuts"]["test"]
    asked = [report[part][of] for part in ("validation", "test") for of in ("last", "all")]
    assert all(each["members"]["n"] > 0 for each in asked)


def test_an_iterative_fit_tells_the_loss_of_each_epoch_of_each_of_its_fits(folder):
    messages = _messages(FitProcess(write_job(folder, "dot", epochs=3), threads=1))
    points = [
        (each["step"]["part"], each["metrics"]["epoch"]) for each in messages if each.get("metrics")
    ]
    assert points == [
        (part, epoch) for part in ("validation", "test", "final") for epoch in (1, 2, 3)
    ]


def test_a_cancel_stops_the_fit_at_its_next_batch(folder):
    with FitProcess(write_job(folder, "dot", **LONG), threads=1) as child:
        _until_it_trains(child)
        child.stop(grace_s=30)
        assert child.exit_status() == 0
        assert {"cancelled": True} in _rest(child)


def test_a_fit_that_does_not_listen_is_killed_when_the_grace_is_over(folder):
    with FitProcess(write_job(folder, "dot", **LONG), threads=1) as child:
        _until_it_trains(child)
        os.kill(_pid(child), signal.SIGSTOP)
        child.stop(grace_s=0.2)
        assert child.exit_status() == -signal.SIGKILL


def test_a_fit_does_not_outlive_its_worker(folder):
    with FitProcess(write_job(folder, "dot", **LONG), threads=1) as child:
        _until_it_trains(child)
        _pipe(child).close()
        assert child.exit_status() == ORPHANED


def test_an_iterative_fit_goes_on_from_its_checkpoint_and_ends_as_if_never_stopped(folder):
    job = write_job(folder, "dot", attempt=1, epochs=4)
    with FitProcess(job, threads=1) as child:
        while not (message := child.next_message(10)) or not message.get("metrics"):
            pass
    assert list((folder / "checkpoints" / "validation").glob("[0-9]*"))
    again = _messages(FitProcess(write_job(folder, "dot", attempt=2, epochs=4), threads=1))
    fresh = folder / "fresh"
    write_snapshot(fresh)
    straight = _messages(FitProcess(write_job(fresh, "dot", epochs=4), threads=1))
    assert again[-1]["result"]["report"]["test"] == straight[-1]["result"]["report"]["test"]


def test_too_little_feedback_says_what_to_do(tmp_path):
    write_snapshot(tmp_path, each=0)
    last = _messages(FitProcess(write_job(tmp_path, "popularity"), threads=1))[-1]
    assert last["failed"]["failure"] == "bad_data"
    assert last["failed"]["facts"]["reason"] == "too_few_interactions"


def test_a_loss_that_is_no_number_ends_the_fit_with_a_remedy():
    teller = Teller(io.StringIO())
    with pytest.raises(Untrainable, match="Lower the learning rate"):
        teller("training", 1, 2, {"epoch": 1.0, "loss": float("nan")})


def _messages(child):
    with child:
        return _rest(child)


def _rest(child):
    messages: list[Message] = []
    while True:
        try:
            message = child.next_message(60)
        except EOFError:
            return messages
        assert message is not None, "the fit fell silent"
        messages.append(message)


def _until_it_trains(child):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        message = child.next_message(1)
        if message and message.get("step", {}).get("stage") == "training":
            return
    pytest.fail("the fit does not train")


def _pid(child):
    return child._process.pid


def _pipe(child):
    return child._process.stdin
