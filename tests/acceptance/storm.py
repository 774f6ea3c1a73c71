"""Ratings sent without pause, each retried under its own key until it is acknowledged."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import requests

from tests.acceptance.client import Client, Json, rating, someone

RETRY_S = 30.0
LOST_S = 0.05


@dataclass
class Storm:
    """A member who rates on, whatever dies: a retry sends the very same event."""

    client: Client
    targets: list[str]
    acknowledged: list[str] = field(default_factory=list)
    waiting: list[Json] = field(default_factory=list)

    def rate(self, times: int) -> None:
        """Send that many ratings, one by one, each twice where its answer was lost."""
        for turn in range(times):
            self._send(rating(someone(), self.targets[turn % len(self.targets)]))

    def settle(self) -> None:
        """Send again what was never acknowledged, until all of it is."""
        deadline = time.monotonic() + RETRY_S
        while self.waiting:
            assert time.monotonic() < deadline, f"{len(self.waiting)} events are not taken"
            again, self.waiting = self.waiting, []
            for event in again:
                self._send(event)
            time.sleep(0.2)

    def _send(self, event: Json) -> None:
        try:
            answer = self.client.call("POST", "/api/v1/interactions/", json=event)
        except requests.RequestException:
            self.waiting.append(event)
            time.sleep(LOST_S)
            return
        if answer.status_code != requests.codes.ok:
            self.waiting.append(event)
            return
        told = answer.json()["results"][0]
        assert told["status"] in {"accepted", "duplicate"}, told
        self.acknowledged.append(event["event"])


class Load(threading.Thread):
    """Ratings from many members until it is told to stop: a request is in flight whatever happens meanwhile."""

    def __init__(self, storm: Storm) -> None:
        super().__init__(daemon=True)
        self.storm, self.over = storm, threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            self.storm.rate(5)

    def __enter__(self) -> Load:
        self.start()
        return self

    def __exit__(self, *_trouble: object) -> None:
        self.over.set()
        self.join()
