"""What a fit uses of its machine: read without a GPU, read with one, never an error."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pynvml
import pytest

from recsys.models import RunProgress
from recsys.runs import cards as run_cards
from recsys.runs import devices
from recsys.runs.devices import Meter
from recsys.runs.progress import READINGS, Reporter
from tests.recsys.runs.workers import claimed


def test_a_process_has_memory_and_uses_the_processor():
    reading = Meter(os.getpid()).read()
    assert reading["memory"] > 1
    assert reading["cpu"] >= 0


def test_a_process_that_is_gone_gives_no_reading_and_no_error():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert "memory" not in Meter(gone.pid).read()


@pytest.fixture
def gpu(monkeypatch):
    """A driver with one GPU."""
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda at: f"gpu {at}")
    monkeypatch.setattr(pynvml, "nvmlDeviceGetName", lambda handle: f"name of {handle}")
    rates = type("Rates", (), {"gpu": 71})
    memory = type("Memory", (), {"used": 3 * 2**20})
    monkeypatch.setattr(pynvml, "nvmlDeviceGetUtilizationRates", lambda handle: rates)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", lambda handle: memory)


def test_a_gpu_is_named_and_read(gpu, monkeypatch):
    monkeypatch.setenv(devices.VISIBLE, "1,0")
    assert devices.gpu() == "name of gpu 1"
    reading = Meter(os.getpid()).read()
    assert (reading["gpu"], reading["gpu_memory"]) == (71.0, 3.0)


def test_a_fit_has_room_on_each_gpu_or_else_on_each_core(gpu, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(7)))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", lambda: 4)
    monkeypatch.delenv(devices.VISIBLE, raising=False)
    assert (devices.room(), devices.room("cpu")) == (4, 7)
    monkeypatch.setenv(devices.VISIBLE, "1,0")
    assert devices.room() == 2
    monkeypatch.setattr(devices, "_handle", lambda: None)
    assert devices.room() == 7


def test_what_ranks_use_is_read_with_what_started_them():
    with subprocess.Popen(
        [sys.executable, "-c", "b = bytearray(2**26); b[:] = bytes([1]) * 2**26; input()"],
        stdin=subprocess.PIPE,
    ) as child:
        deadline = time.monotonic() + 20
        meter = Meter(os.getpid())
        own = Meter(child.pid)
        while own.read()["memory"] < 64 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert meter.read()["memory"] > devices._resident(os.getpid()) + 64
        child.communicate(b"\n")


def test_two_workers_of_a_machine_with_two_gpus_have_two_devices(monkeypatch):
    places = set()
    for seen in ("0", "1"):
        monkeypatch.setenv(devices.VISIBLE, seen)
        places.add(devices.place())
    assert len(places) == 2


def test_readings_are_kept_with_the_progress_thinned_and_shown(make_run):
    run = make_run()
    reporter = Reporter(claimed(run))
    for at in range(READINGS + 10):
        reporter.read({"cpu": 50.0, "memory": float(at)})
    reporter.write(now=True)
    kept = RunProgress.objects.get(run=run).readings
    assert len(kept) <= READINGS
    run.refresh_from_db()
    usage = run_cards.cards([run])[0].usage
    assert usage is not None
    assert usage.memory == usage.most_memory == READINGS + 9
    assert usage.gpu is None
