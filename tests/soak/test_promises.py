"""What a soak holds of visitors and of planned change sets: it sees what it is there to see."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

import psutil

from tests.acceptance.client import Client
from tests.processes import wait_until
from tests.soak.disturbance import Disturber
from tests.soak.ledger import Act, Ledger, Plan, Visit, now
from tests.soak.plans import LATE_S, trouble_of
from tests.soak.visitors import MEMBER, belonging, last_said, unmerged


def visit(*stars: int, signed_in: bool = False) -> Visit:
    """Somebody who gave one item these stars, one after the other."""
    acts = [Act(f"n{number}", "i", given, answered=True) for number, given in enumerate(stars)]
    return Visit("visitor-v", signed_in, acts, asked_in=signed_in, signed_in=signed_in)


def test_an_act_that_was_lost_or_doubled_or_stayed_with_the_visitor_is_seen():
    came = visit(4, signed_in=True)
    assert belonging([came], [("page.n0.rating.4", MEMBER, 1)]) == []
    assert belonging([came], []) == ["page.n0.rating.4: 0 times"]
    assert belonging([came], [("page.n0.rating.4", MEMBER, 1)] * 2) == ["page.n0.rating.4: 2 times"]
    assert belonging([came], [("page.n0.rating.4", MEMBER, 2)]) == ["page.n0.rating.4: 1 times"]
    assert belonging([came], [("page.n0.rating.4", "visitor-v", 1)]) != []


def test_an_act_of_somebody_who_never_signed_in_is_not_the_members():
    assert belonging([visit(4)], [("page.n0.rating.4", "visitor-v", 1)]) == []
    assert belonging([visit(4)], [("page.n0.rating.4", MEMBER, 1)]) != []


def test_an_act_without_an_answer_may_be_missing_and_not_be_there_twice():
    came = visit(4)
    came.acts[0].answered = False
    assert belonging([came], []) == []
    assert belonging([came], [("page.n0.rating.4", "visitor-v", 1)] * 2) != []


def test_a_merge_that_is_missing_or_doubled_or_into_somebody_else_is_seen():
    came = visit(4, signed_in=True)
    assert unmerged([came], [("visitor-v", MEMBER, 1)]) == []
    for row in (("visitor-v", None, 0), ("visitor-v", "other", 1), ("visitor-v", MEMBER, 2)):
        assert unmerged([came], [row]) != []


def test_what_was_said_last_holds_whoever_said_it_before():
    assert last_said([visit(4, 2, signed_in=True), visit(5), visit(3, signed_in=True)]) == {
        (MEMBER, "i"): 3,
        ("visitor-v", "i"): 5,
    }


def test_a_plan_that_was_kept_early_late_twice_in_part_or_never_is_seen():
    plan, ledger, at = Plan("s", ["a", "b"], at=time.time()), Ledger(), time.time()
    assert trouble_of(plan, ledger, (at + 1, None, 1, 1, 2)) == ""
    for row in (
        (at - 1, None, 1, 1, 2),
        (at + LATE_S + 1, None, 1, 1, 2),
        (at + 1, None, 2, 1, 2),
        (at + 1, None, 1, 2, 2),
        (at + 1, None, 1, 1, 1),
        (None, "refused", 0, 0, 0),
    ):
        assert trouble_of(plan, ledger, row)


def test_a_plan_may_wait_while_processes_are_killed():
    plan, begun = Plan("s", ["a"], at=time.time()), now()
    ledger = Ledger(disturbances=[("web SIGKILL", begun, begun + 50)])
    assert trouble_of(plan, ledger, (plan.at + 60, None, 1, 1, 1)) == ""


ASLEEP = "import time; time.sleep(60)"
POOL = f"""
import subprocess, sys
for words in ("from billiard.semaphore_tracker import main", "from billiard.spawn import spawn_main"):
    subprocess.Popen([sys.executable, "-I", "-S", "-c", {ASLEEP!r}, words])
{ASLEEP}
"""


def test_whoever_kills_a_child_of_a_pool_kills_the_one_that_works(monkeypatch):
    monkeypatch.setattr("tests.soak.disturbance.GONE_S", 0.5)  # nobody buries it here
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", POOL]) as pool:
        parent = psutil.Process(pool.pid)
        wait_until(lambda: len(parent.children()) == 2, "its children are there")
        children = {child.cmdline()[-1].split()[1]: child for child in parent.children()}
        stack: Any = SimpleNamespace(pid=lambda _name: pool.pid)
        disturber = Disturber(stack, Client("", {}, {}), Ledger(), 0)
        monkeypatch.setattr(disturber.chance, "choice", lambda some: some[0])
        disturber._end_below("realtime", signal.SIGKILL)
        states = {name: child.status() for name, child in children.items()}
        for child in (*children.values(), parent):
            child.kill()
    assert states["billiard.spawn"] == psutil.STATUS_ZOMBIE
    assert states["billiard.semaphore_tracker"] != psutil.STATUS_ZOMBIE
