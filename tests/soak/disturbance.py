"""What is done to a running product: its processes killed, stopped, frozen, and the whole of it started anew."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from functools import partial

import psutil
import requests

from tests.acceptance.client import Client, someone
from tests.leftovers import processes_of
from tests.processes import EVERYONE, LiveStack, start_stack, wait_until
from tests.soak.ledger import Ledger, now

ENDS = (signal.SIGKILL, signal.SIGTERM)
POOLS = ("web", "realtime", "bulk", "training")
FROZEN_S = 4.0
GONE_S = 15.0
BACK_S = 240.0
"""A worker that is stuck gives itself two minutes."""
CALM_S = 2.0


class Disturber:
    """Goes through every disturbance in random order, again and again, with some calm in between.

    Of the main thread alone: a supervisor ends with the thread that started it.
    """

    def __init__(self, stack: LiveStack, client: Client, ledger: Ledger, calm_s: float) -> None:
        self.stack, self.client, self.ledger, self.calm_s = stack, client, ledger, calm_s
        self.chance = random.Random(7)

    def once(self) -> None:
        """Do each of them once, in order; raises AssertionError where the product does not come back."""
        for name, act in self.acts():
            time.sleep(self.calm_s)
            self._do(name, act)

    def run(self, seconds: float) -> None:
        """Disturb for so long; raises AssertionError where the product does not come back."""
        until = now() + seconds
        while True:
            for name, act in self.chance.sample(self.acts(), len(self.acts())):
                if now() + self.calm_s > until:
                    time.sleep(max(0.0, until - now()))
                    return
                time.sleep(self.calm_s)
                self._do(name, act)

    def acts(self) -> list[tuple[str, Callable[[], None]]]:
        """Every disturbance with its name."""
        acts: list[tuple[str, Callable[[], None]]] = [
            (f"{name} {number.name}", partial(self._end, name, number))
            for name in EVERYONE
            for number in ENDS
        ]
        acts += [
            (f"a child of {name} {number.name}", partial(self._end_below, name, number))
            for name in POOLS
            for number in ENDS
        ]
        acts += [(f"{name} frozen", partial(self._freeze, name)) for name in ("broker", "cache")]
        acts.append(("everything stopped and started", partial(self._restart, signal.SIGINT)))
        acts += [
            (f"supervisor {number.name}, started", partial(self._restart, number))
            for number in ENDS
        ]
        return acts

    def _do(self, name: str, act: Callable[[], None]) -> None:
        begun = now()
        self.ledger.disturbances.append((name, begun, float("inf")))
        act()
        self._until_it_works(name)
        self.ledger.disturbances[-1] = (name, begun, now() + CALM_S)
        print(f"  {now() - begun:5.1f} s  {name}", flush=True)

    def _end(self, name: str, number: signal.Signals) -> None:
        old = self.stack.pid(name)
        os.kill(old, number)
        deadline = now() + BACK_S
        while self.stack.processes().get(name, old) == old:
            if now() > deadline:
                raise AssertionError(f"{name} did not come back after {number.name}")
            time.sleep(0.05)

    def _end_below(self, name: str, number: signal.Signals) -> None:
        deadline = now() + BACK_S
        while not (below := working(psutil.Process(self.stack.pid(name)))):
            if now() > deadline:
                raise AssertionError(f"{name} has no child that works")
            time.sleep(0.05)
        chosen = self.chance.choice(below)
        chosen.send_signal(number)
        # Told politely, it first ends what it has begun: the gap opens when it is gone.
        psutil.wait_procs([chosen], GONE_S)

    def _freeze(self, name: str) -> None:
        pid = self.stack.pid(name)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(FROZEN_S)
        os.kill(pid, signal.SIGCONT)

    def _restart(self, number: signal.Signals) -> None:
        assert self.stack.supervisor
        self.stack.supervisor.send_signal(number)
        self.stack.supervisor.wait(timeout=BACK_S)
        wait_until(lambda: not processes_of(self.stack.var), f"nothing is left after {number.name}")
        again = start_stack(self.stack.var, PORT=str(self.stack.port), TANDEM_DEMO="0")
        self.stack.supervisor = again.supervisor

    def _until_it_works(self, name: str) -> None:
        """A stranger gets a fresh slate: database, cache, broker, worker and web are there."""
        deadline, last = now() + BACK_S, ""
        while now() < deadline:
            try:
                if (last := self.client.recommend(someone())["mode"]) == "fresh":
                    return
            except (requests.RequestException, AssertionError) as trouble:
                last = str(trouble)
            time.sleep(0.2)
        raise AssertionError(f"{BACK_S:.0f} s after {name} nothing is fresh: {last}")


def working(parent: psutil.Process) -> list[psutil.Process]:
    """The children that do the work of a pool or of the web; beside them one may only count semaphores."""
    return [child for child in parent.children() if _works(child)]


def _works(child: psutil.Process) -> bool:
    try:
        words = " ".join(child.cmdline())
    except psutil.Error:  # it ended since it was listed
        return False
    return "spawn_main" in words or "granian" in words
