"""Two processes that do one fit: they end as one, stop as one, and fail as one."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from recsys.ml import artifact
from recsys.runs.fit_process import FitProcess
from recsys.runs.following import _last_words
from tests.recsys.runs.cast import write_job, write_snapshot
from tests.recsys.runs.test_fit_process import LONG, _messages, _pipe, _rest, _until_it_trains

TOGETHER = {"device": "cpu", "processes": 2}
SOON_S = 20


@pytest.fixture
def folder(tmp_path):
    write_snapshot(tmp_path)
    return tmp_path


def test_two_processes_end_with_the_model_of_one_and_one_of_them_tells(folder):
    messages = _messages(_together(folder, epochs=3))
    points = [each["step"]["part"] for each in messages if each.get("metrics")]
    assert points == ["validation"] * 3 + ["test"] * 3 + ["final"] * 3
    together = artifact.load(folder / "version-1" / "model").arrays()
    assert messages[-1]["result"]["digest"]
    alone = folder / "alone"
    write_snapshot(alone)
    _messages(FitProcess(write_job(alone, "dot", epochs=3), threads=1))
    for name, numbers in artifact.load(alone / "version-1" / "model").arrays().items():
        np.testing.assert_allclose(together[name], numbers, rtol=1e-3, atol=1e-5)


def test_what_an_attempt_left_is_kept_by_all_ranks_and_what_is_damaged_is_learnt_anew(folder):
    with _together(folder, epochs=4) as child:
        while not (message := child.next_message(60)) or not _is_point_of("test", message):
            pass
    (damaged,) = (folder / "checkpoints" / "test").glob("[0-9]*")
    for file in damaged.iterdir():
        file.write_bytes(file.read_bytes()[:-9])
    messages = _messages(_together(folder, attempt=2, epochs=4))
    logged = [(each["log"]["code"], each["log"]["part"]) for each in messages if "log" in each]
    assert logged == [("kept_part", "validation"), ("damaged_part", "test")]
    assert messages[-1]["result"]["digest"]


def test_a_rank_that_is_killed_ends_the_fit_with_an_error_within_seconds(folder):
    with _together(folder, **LONG) as child:
        _until_it_trains(child)
        ranks = _children(child.pid)
        assert len(ranks) == 2
        os.kill(ranks[1], signal.SIGKILL)
        began = time.monotonic()
        told = [each["failed"]["failure"] for each in _rest(child) if "failed" in each]
        assert time.monotonic() - began < SOON_S
        assert told in ([], ["rank_lost"])
        assert _last_words(child).failure == "rank_lost"
        assert not _living(ranks)


def test_a_cancel_stops_all_ranks(folder):
    with _together(folder, **LONG) as child:
        _until_it_trains(child)
        ranks = _children(child.pid)
        child.stop(grace_s=30)
        assert {"cancelled": True} in _rest(child)
        assert not _living(ranks)


def test_ranks_that_do_not_listen_are_killed_with_their_parent(folder):
    with _together(folder, **LONG) as child:
        _until_it_trains(child)
        ranks = _children(child.pid)
        for each in ranks:
            os.kill(each, signal.SIGSTOP)
        child.stop(grace_s=0.2)
        assert child.exit_status() == -signal.SIGKILL
        assert not _living(ranks)


def test_ranks_do_not_outlive_their_worker(folder):
    with _together(folder, **LONG) as child:
        _until_it_trains(child)
        ranks = _children(child.pid)
        _pipe(child).close()
        assert child.exit_status() != 0
        assert not _living(ranks)


def test_a_family_that_does_not_train_by_gradient_refuses_a_second_process(folder):
    last = _messages(FitProcess(write_job(folder, "ease", options=TOGETHER), 1, 2))[-1]
    assert last["failed"]["failure"] == "configuration"
    assert "does not train by gradient" in last["failed"]["facts"]["detail"]


def _together(folder, **parameters):
    return FitProcess(write_job(folder, "dot", options=TOGETHER, **parameters), 1, processes=2)


def _is_point_of(part, message):
    return bool(message.get("metrics")) and message["step"]["part"] == part


def _children(pid):
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in told.split()]


def _living(pids):
    """Those that have not ended a moment later."""
    deadline = time.monotonic() + SOON_S
    while living := [each for each in pids if Path(f"/proc/{each}").exists()]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return living
