"""Ratings sent without pause, each retried under its own key until it is acknowledged."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import requests

from tests.acceptance.client import Client, Json, rating, someone

RETRY_S = 30.0


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
            return
        if answer.status_code != requests.codes.ok:
            self.waiting.append(event)
        elif answer.json()["results"][0]["status"] in {"accepted", "duplicate"}:
            self.acknowledged.append(event["event"])
