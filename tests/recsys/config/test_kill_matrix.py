"""Processes that were hit but not killed: the product notices, and brings them back."""

from __future__ import annotations

import signal

import psutil
import pytest

from recsys.config.supervisor.child import Program
from recsys.config.supervisor.family import Family
from tests.processes import LiveStack, wait_until
from tests.recsys.config.small_products import PATIENT
from tests.recsys.config.test_supervisor import program
from tests.recsys.config.test_up import answers


def test_a_database_that_only_waits_for_its_sessions_to_end_is_brought_back(live_stack: LiveStack):
    old = live_stack.pid("postgres")
    live_stack.send("postgres", signal.SIGTERM)
    wait_until(lambda: live_stack.has_another("postgres", old), "another server was started")
    wait_until(lambda: answers(live_stack, "/readyz"), "it serves")


def test_a_worker_whose_pool_cannot_be_renewed_is_started_anew(live_stack: LiveStack):
    name = "realtime"
    old = live_stack.pid(name)
    wait_until(lambda: bool(trackers(old)), "its semaphores are counted")
    trackers(old)[0].kill()
    wait_until(lambda: live_stack.has_another(name, old), "another worker was started")
    wait_until(lambda: " ready." in live_stack.log(name), "it is ready")


def trackers(pid: int) -> list[psutil.Process]:
    children = psutil.Process(pid).children()
    return [child for child in children if "semaphore_tracker" in " ".join(child.cmdline())]


@pytest.mark.parametrize("name", ["web", "relay", "upkeep", "beat"])
def test_a_process_that_somebody_stopped_comes_back(live_stack: LiveStack, name):
    old = live_stack.pid(name)
    live_stack.send(name, signal.SIGTERM)
    wait_until(lambda: live_stack.has_another(name, old), f"{name} was started again")
    wait_until(lambda: answers(live_stack, "/readyz"), "it serves")


def test_a_web_process_that_heeds_nothing_does_not_hold_up_its_parent(live_stack: LiveStack):
    old = live_stack.pid("web")
    [child] = psutil.Process(old).children()
    child.suspend()
    live_stack.send("web", signal.SIGTERM)
    wait_until(lambda: live_stack.has_another("web", old), "web was started again")
    wait_until(lambda: answers(live_stack, "/readyz"), "it serves")
    assert not child.is_running()


def child_pid(family: Family) -> int:
    return family.children["idle"].pid


def test_whoever_lingers_is_stopped_and_brought_back(tmp_path, monkeypatch):
    monkeypatch.setattr("recsys.config.supervisor.family._LOOK_EVERY_S", 0.0)
    family = Family(tmp_path / "log", first_wait_s=0.02)
    stuck: list[int] = []
    idle = vars(program("idle", PATIENT))
    child = family.start(Program(**{**idle, "lingers": lambda: child_pid(family) in stuck}))
    first = child.pid
    stuck.append(first)
    try:
        family.wait_ready(["idle"], 30)

        def replaced() -> bool:
            family.tend()
            return child.pid not in {0, first}

        wait_until(replaced, "another one was started")
    finally:
        family.stop()
