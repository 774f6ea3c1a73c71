"""What every kind of request takes while the broker or the cache is frozen, against the same requests in calm.

Run: python bench/frozen.py [turns]
A server that was stopped (SIGSTOP) accepts connections and never answers. Rounds of the three conditions take turns,
and in each turn of a round everything is asked for once. Who looks and rates is measured apart from who decides and
trains, whose requests make work that runs beside the calm rounds and waits while the broker is frozen. Fails on what
is wrong (an answer that is none; after a thaw an outbox that does not empty, a run that is missing or does not end),
not on what is slow.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import requests

from bench._product import VAR, Product, busy, percentile, product
from tests.acceptance.client import Browser, Client, items, rating, someone

TURNS, ROUNDS = 50, 4
CALM, *SERVERS = CONDITIONS = ("calm", "broker", "cache")
PATIENCE_S = 300.0
RESTS_S = 2.0
"""Longer than a circuit breaker rests."""
STAFF: Final = ("/admin/desk/", "/admin/runs/", "/admin/operations/", "/report/")
_OUTBOX = "SELECT count(*) FROM curation_outbox"
_OPEN = """
SELECT (SELECT count(*) FROM recsys_run WHERE state IN ('queued', 'running'))
     + (SELECT count(*) FROM recsys_refusing WHERE state IN ('queued', 'running'))
"""
_STATES = "SELECT id::text, state FROM recsys_run WHERE id = ANY(%s::uuid[])"

Acts = Mapping[str, Callable[[], requests.Response]]
Times = dict[tuple[str, str], list[float]]
"""Milliseconds of each answer, by what was asked for and in what condition."""


class Looking:
    """What members, visitors and programs ask for, and the pages of the staff."""

    def __init__(self, client: Client, running: Product) -> None:
        self.client = client
        self.member = Browser.of(client, "member")
        self.staff = Browser.of(client, "administrator")
        self.known = running.members(1)[0]
        self.film = items(client.recommend(someone()))[0]
        [(self.page,)] = running.rows(
            "SELECT '/items/' || id || '/' FROM curation_item WHERE outside_id = %s", self.film
        )

    def acts(self) -> Acts:
        """Each by its name."""
        pages = ("/", self.page, "/shelves/popular/", "/search/?q=star", "/history/")
        named = {self.page: "/items/…/"}
        return {
            "a visitor's home page": lambda: requests.get(f"{self.client.url}/", timeout=30),
            **{
                f"a member's {named.get(page, page)}": self._page(self.member, page)
                for page in pages
            },
            "a member's stars on a page": self._stars,
            "API, a slate of somebody known": lambda: self._slate(self.known),
            "API, a slate of a stranger": lambda: self._slate(someone()),
            "API, a rating": self._rate,
            "API, a rating and the new slate": lambda: self._rate(refresh="home", size=10),
            **{f"staff, {page}": self._page(self.staff, page) for page in STAFF},
            **{page: self._bare(page) for page in ("/livez", "/readyz", "/metrics")},
        }

    def _page(self, browser: Browser, page: str) -> Callable[[], requests.Response]:
        return lambda: browser.get(page)

    def _bare(self, page: str) -> Callable[[], requests.Response]:
        return lambda: self.client.call("GET", page, "operator")

    def _stars(self) -> requests.Response:
        said = {"stars": "4", "nonce": uuid4().hex[:12], "next": "/"}
        return self.member.post(f"{self.page}feedback/", **said)

    def _slate(self, member: str) -> requests.Response:
        asked = {"member": member, "surface": "home", "size": 10}
        return self.client.call("GET", "/api/v1/recommendations/", params=asked)

    def _rate(self, **query: str | int) -> requests.Response:
        event = rating(self.known, self.film)
        return self.client.call("POST", "/api/v1/interactions/", params=query, json=event)


class Steering:
    """What curators and operators ask for: each decision is ended, each run cancelled by the next request."""

    def __init__(self, client: Client) -> None:
        self.client, self.decision = client, ""
        self.runs: list[str] = []

    def acts(self) -> Acts:
        """Each by its name."""
        return {
            "API, a decision published": self._publish,
            "API, … ended": self._end,
            "API, a run launched": self._launch,
            "API, … read": lambda: self.client.call("GET", self._run(), "operator"),
            "API, … cancelled": lambda: self.client.call(
                "POST", f"{self._run()}cancel/", "operator"
            ),
        }

    def _publish(self) -> requests.Response:
        where = {"all": [{"field": "genres", "op": "has", "value": "War"}]}
        rule = {"kind": "rule", "surface": "home", "effect": "boost", "strength": 1, "where": where}
        body = {**rule, "publish": True, "reason": "a benchmark"}
        answer = self.client.call("POST", "/api/v1/decisions/", "curator", json=body)
        self.decision = answer.json().get("id", "")
        return answer

    def _end(self) -> requests.Response:
        path, body = f"/api/v1/decisions/{self.decision}/end/", {"publish": True, "reason": "over"}
        return self.client.call("POST", path, "curator", json=body)

    def _launch(self) -> requests.Response:
        body = {"family": "popularity", "parameters": {"half_life_days": 20 + len(self.runs)}}
        answer = self.client.call("POST", "/api/v1/runs/", "operator", json=body)
        self.runs.append(answer.json().get("id", ""))
        return answer

    def _run(self) -> str:
        return f"/api/v1/runs/{self.runs[-1]}/"


def main(turns: int) -> int:
    """Measure both crews and print; returns how much was wrong."""
    with product() as running:
        client = Client(**json.loads((VAR / "demo.json").read_text()))
        steering = Steering(client)
        wrong: list[str] = []
        for acts in (Looking(client, running).acts(), steering.acts()):
            _tell(acts, _measured(running, acts, turns, wrong))
        states = dict(running.rows(_STATES, steering.runs))
    lost = [run for run in steering.runs if states.get(run) not in {"cancelled", "succeeded"}]
    print(
        f"{len(steering.runs)} runs asked for, {len(states)} there, {len(lost)} without a good end"
    )
    for text in [*wrong[:5], *lost[:5]]:
        print(f"wrong: {text}")
    return len(wrong) + len(lost)


def _measured(running: Product, acts: Acts, turns: int, wrong: list[str]) -> Times:
    """Rounds of all conditions in turn, each begun when nothing is left to do."""
    times: Times = defaultdict(list)
    list(_round(acts, 2, wrong))  # connections are opened, templates compiled
    for condition in CONDITIONS * ROUNDS:
        _settle(running)
        with _frozen(running, condition):
            for name, took in _round(acts, turns, wrong):
                times[name, condition].append(took)
    _settle(running)
    return times


def _round(acts: Acts, turns: int, wrong: list[str]) -> Iterator[tuple[str, float]]:
    for name, act in list(acts.items()) * turns:
        began = time.perf_counter()
        answer = act()
        yield name, (time.perf_counter() - began) * 1000
        if not answer.ok:
            wrong.append(f"{name}: {answer.status_code} {answer.text[:200]}")


@contextmanager
def _frozen(running: Product, condition: str) -> Iterator[None]:
    if condition == CALM:
        yield
        return
    server = running.pid(condition)
    os.kill(server, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server, signal.SIGCONT)


def _settle(running: Product) -> None:
    """Wait until the outbox and the queues of jobs are empty, and what was frozen is known to be back."""
    deadline = time.monotonic() + PATIENCE_S
    while (outbox := running.rows(_OUTBOX)[0][0]) or running.rows(_OPEN)[0][0]:
        if time.monotonic() > deadline:
            sys.exit(
                f"{outbox} messages and {running.rows(_OPEN)[0][0]} jobs wait for {PATIENCE_S:.0f} s"
            )
        time.sleep(0.2)
    time.sleep(RESTS_S)


def _tell(acts: Acts, times: Times) -> None:
    heads = "".join(f"{f'{server} frozen':>16} {'p99':>8} {'ratio':>6}" for server in SERVERS)
    print(f"\n{'':34} {'p50':>7} {'p99':>8} {heads}")
    for name in acts:
        calm = percentile(times[name, CALM], 0.99)
        line = f"{name:34} {percentile(times[name, CALM], 0.5):7.1f} {calm:8.1f}"
        for server in SERVERS:
            half, most = (percentile(times[name, server], share) for share in (0.5, 0.99))
            line += f" {half:15.1f} {most:8.1f} {most / calm:6.2f}"
        print(line)
    each = len(times[next(iter(acts)), CALM])
    print(f"milliseconds, {each} answers of each kind in each condition; {busy()}", flush=True)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else TURNS))
