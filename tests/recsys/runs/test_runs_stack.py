"""Runs through the real training worker of the running product."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys

import psutil
import pytest

from tests.processes import ROOT, LiveStack, wait_until

MEMBERS, FILMS = 40, 12
DAY_S = 86_400
# How long it may take until the run that is to be killed has begun: a busy machine takes a minute for it.
PATIENCE_S = 240


@pytest.fixture(scope="module")
def stack(live_stack: LiveStack) -> LiveStack:
    """The product with a small catalogue and ratings of two tastes."""
    films = live_stack.var / "films.csv"
    films.write_text("item,title\n" + "".join(f"f{n},Film {n}\n" for n in range(FILMS)))
    ratings = live_stack.var / "ratings.csv"
    rows = [
        f"m{member},f{film},5,{1_700_000_000 + DAY_S * film + member}\n"
        for member in range(MEMBERS)
        for film in range(member % 2, FILMS, 2)
    ]
    ratings.write_text("member,item,value,occurred_at\n" + "".join(rows))
    live_stack.manage("import_items", str(films), "--source", "runs")
    live_stack.manage("import_interactions", str(ratings), "--source", "runs")
    return live_stack


def test_a_run_launched_from_the_terminal_ends_with_a_version(stack):
    told = stack.manage("train", "popularity", "--set", "half_life_days=2")
    # Others of this product may have trained it before.
    assert re.search(r"^popularity \d+ ", told, re.MULTILINE)
    assert "NDCG@10" in told


# What Celery prints where a worker is told to stop, and what the process says that cleans up after one that was killed,
# go by no logger of ours.
OTHERS = re.compile(r"worker: (Warm|Soft|Cold) shutdown \(MainProcess\)|.*semaphore_tracker: .*")


def _lines(stack, name):
    whole = stack.log(name).rpartition("\n")[0].splitlines()
    return [json.loads(line) for line in whole if line.strip() and not OTHERS.fullmatch(line)]


@pytest.mark.parametrize("name", ["training", "bulk", "upkeep", "realtime", "beat"])
def test_every_line_of_a_worker_is_json_celerys_own_too(stack, name):
    lines = _lines(stack, name)
    assert all({"event", "level", "logger", "timestamp"} <= line.keys() for line in lines)
    assert "data" not in {key for line in lines for key in line}
    assert any(line["logger"].startswith("celery.") for line in lines)


def test_the_lines_of_celery_name_the_task_and_the_job(stack):
    stack.manage("train", "popularity", "--set", "half_life_days=3")
    ((run,),) = stack.rows("SELECT id FROM recsys_run ORDER BY id DESC LIMIT 1")
    lines = _lines(stack, "training")
    (done,) = [
        line
        for line in lines
        if line["logger"] == "celery.app.trace" and line.get("job") == str(run)
    ]
    assert done["task"] == "recsys.execute_run"
    (came,) = [
        line
        for line in lines
        if line["logger"] == "celery.worker.strategy" and line["task_id"] == done["task_id"]
    ]
    assert came["task"] == "recsys.execute_run"
    assert done["ms"] > 0


def test_impossible_settings_end_the_command_and_leave_no_run(stack):
    words = [sys.executable, "manage.py", "train", "ease", "--set", "regularization=0"]
    done = subprocess.run(
        words, cwd=ROOT, env=stack.env, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "regularization: 0 is out of range" in done.stderr
    assert stack.rows("SELECT count(*) FROM recsys_run WHERE family = 'ease'") == [(0,)]


@pytest.fixture
def command(stack):
    """A launch from the terminal, which waits for its run; it does not outlive its test."""
    words = ["train", "dot", "--set", "epochs=60", "--set", "batch_size=8"]
    launched = subprocess.Popen([sys.executable, "manage.py", *words], cwd=ROOT, env=stack.env)
    yield launched
    launched.kill()
    launched.wait(timeout=20)


@pytest.mark.timeout(900)
def test_a_run_survives_the_kill_of_its_worker_and_goes_on_from_its_checkpoint(stack, command):
    wait_until(lambda: _epochs(stack) > 2, "it has learnt for some epochs", PATIENCE_S)
    worker = psutil.Process(stack.pid("training"))
    children = worker.children(recursive=True)
    os.kill(worker.pid, signal.SIGKILL)
    _gone, alive = psutil.wait_procs(children, timeout=20)
    assert not alive, "the fit died with its worker"
    stack.rows(
        "UPDATE recsys_run SET lease_until = now() - interval '1 second' "
        "WHERE state = 'running' RETURNING id"
    )
    wait_until(
        lambda: _attempt(stack) == 2, "the run is taken up once its lease is over", PATIENCE_S
    )
    assert command.wait(timeout=150) == 0
    [(log,)] = stack.rows(
        "SELECT log::text FROM recsys_run JOIN recsys_runprogress ON run_id = id "
        "WHERE family = 'dot'"
    )
    assert _attempt(stack) == 2
    assert '"resumed"' in log


def _epochs(stack: LiveStack) -> int:
    rows = stack.rows(
        "SELECT jsonb_array_length(curve) FROM recsys_runprogress JOIN recsys_run ON run_id = id "
        "WHERE family = 'dot'"
    )
    return int(rows[0][0]) if rows else 0


def _attempt(stack: LiveStack) -> int:
    [(attempt,)] = stack.rows("SELECT attempt FROM recsys_run WHERE family = 'dot'")
    return int(attempt)
