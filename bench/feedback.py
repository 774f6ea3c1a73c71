"""From feedback to the new slate in the same response: idle, and while a training runs.

Run: python bench/feedback.py [events]
New members rate one film after the other; each answer carries the receipt and the slate that the rating changed.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._product import Product, product

EVENTS, EACH = 200, 5
MOST_IDLE_MS, MOST_TRAINING_MS, LEAST_COVERED = 120.0, 300.0, 0.99
LONG = {"family": "dot", "parameters": {"epochs": 500}}


@dataclass
class Answers:
    """Milliseconds of each answer, and how many slates count the event that they answer."""

    times_ms: list[float] = field(default_factory=list)
    covered: int = 0

    def percentile(self, share: float) -> float:
        """The time within which that share of answers came."""
        ordered = sorted(self.times_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def keeps(self, most_ms: float) -> bool:
        """Whether the promise holds."""
        share = self.covered / len(self.times_ms)
        return self.percentile(0.95) <= most_ms and share >= LEAST_COVERED


class Client:
    """One connection to the API, kept open."""

    def __init__(self, running: Product) -> None:
        self.running = running
        self.connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)

    def ask(self, method: str, path: str, body: Any = None, role: str = "client") -> Any:  # noqa: ANN401 - JSON
        """The JSON of an answer; fails on anything but success."""
        headers = {
            "Host": "localhost",
            "Authorization": f"Token {self.running.tokens[role]}",
            "Content-Type": "application/json",
        }
        sent = None if body is None else json.dumps(body)
        self.connection.request(method, path, sent, headers)
        answer = self.connection.getresponse()
        told = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {told.decode()[:500]}")
        return json.loads(told)


def main(events: int) -> int:
    """Measure twice; fails where a promise is broken."""
    with product() as running:
        client = Client(running)
        films = _films(client)
        _rate(client, films, 20)  # connections are opened, pages of models are read
        idle = _rate(client, films, events)
        run = client.ask("POST", "/api/v1/runs/", LONG, role="operator")
        _wait_for(client, run["id"], "running")
        training = _rate(client, films, events)
        state = client.ask("GET", f"/api/v1/runs/{run['id']}/", role="operator")["state"]
        client.ask("POST", f"/api/v1/runs/{run['id']}/cancel/", {}, role="operator")
        _wait_for(client, run["id"], "cancelled")
    _tell("idle", idle, MOST_IDLE_MS)
    _tell("while training", training, MOST_TRAINING_MS)
    if state != "running":
        print(f"the training was {state} before the end: its figures are of less than a training")
    kept = idle.keeps(MOST_IDLE_MS) and training.keeps(MOST_TRAINING_MS)
    return int(not kept or state != "running")


def _films(client: Client) -> list[str]:
    path = "/api/v1/recommendations/?member=bench-films&surface=home&size=50&wait_ms=10000"
    return [each["item"] for each in client.ask("GET", path)["placements"]]


def _rate(client: Client, films: list[str], events: int) -> Answers:
    """So many ratings, `EACH` by one member after the other."""
    answers = Answers()
    for number in range(events):
        if number % EACH == 0:
            member = f"bench-{uuid.uuid4().hex}"
        event = {
            "event": uuid.uuid4().hex,
            "member": member,
            "item": films[number % len(films)],
            "kind": "rating",
            "value": 5,
        }
        started = time.perf_counter()
        told = client.ask("POST", "/api/v1/interactions/?refresh=home&size=10", event)
        answers.times_ms.append((time.perf_counter() - started) * 1000)
        slate = told["recommendations"]
        # A member's version grows by one with each event, so this slate counts all of them or it does not.
        counts = slate["versions"].get("feedback", 0) > number % EACH
        answers.covered += counts and slate["mode"] != "fallback"
    return answers


def _wait_for(client: Client, run: str, state: str) -> None:
    for _ in range(600):
        if client.ask("GET", f"/api/v1/runs/{run}/", role="operator")["state"] == state:
            return
        time.sleep(0.1)
    sys.exit(f"the training is not {state} after a minute")


def _tell(name: str, answers: Answers, most_ms: float) -> None:
    covered = answers.covered / len(answers.times_ms)
    print(
        f"{name:15} p50 {answers.percentile(0.5):6.1f} ms   p95 {answers.percentile(0.95):6.1f} ms"
        f" (at most {most_ms:.0f})   slates that count the event {covered:.1%} (at least 99 %)"
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS))
