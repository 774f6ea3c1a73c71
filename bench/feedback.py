"""From feedback to the new slate in the same response: idle, and while a training runs.

Run: python bench/feedback.py [events]
Each event is a rating by another member of the data set; its answer carries the slate that the rating changed. Whether
that slate counts the event is read off its version of the member's feedback, against the database's.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._product import Product, busy, percentile, product

EVENTS, WARM = 200, 20
MOST_IDLE_MS, MOST_TRAINING_MS, LEAST_COVERED = 120, 300, 0.99
TRAINING = {"family": "dot", "parameters": {"epochs": 500}}
"""Longer than the measurement; it is cancelled after it."""
STARTS_S = 120.0

_VERSIONS = """
SELECT m.outside_id, s.version FROM curation_member m JOIN feedback_memberstate s ON s.subject = m.subject
 WHERE m.source = 'demo' AND m.outside_id = ANY(%s)
"""


@dataclass
class Answers:
    """Milliseconds of each answer, and the slate that came with it by member."""

    times_ms: list[float] = field(default_factory=list)
    slates: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def covering(self, running: Product) -> int:
        """How many slates are fresh and count the event that they answer."""
        versions = dict(running.rows(_VERSIONS, list(self.slates)))
        return sum(
            slate["mode"] == "fresh" and slate["versions"]["feedback"] >= versions[member]
            for member, slate in self.slates.items()
        )


class Client:
    """One connection to the API, kept open."""

    def __init__(self, running: Product) -> None:
        self._tokens = running.tokens
        self._connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)

    def ask(
        self, method: str, path: str, body: object = None, role: str = "client"
    ) -> dict[str, Any]:
        """The JSON of an answer; ends the benchmark on anything but success."""
        headers = {"Host": "localhost", "Content-Type": "application/json"}
        headers["Authorization"] = f"Token {self._tokens[role]}"
        sent = None if body is None else json.dumps(body)
        self._connection.request(method, path, sent, headers)
        answer = self._connection.getresponse()
        told = answer.read()
        if answer.status >= http.client.MULTIPLE_CHOICES:
            sys.exit(f"{method} {path}: {answer.status} {told.decode()[:500]}")
        found: dict[str, Any] = json.loads(told)
        return found


def main(events: int) -> int:
    """Measure both; fails where slates do not count their event, or the training was over before the measurement."""
    with product() as running:
        client = Client(running)
        members = running.members(WARM + 2 * events)
        warm, idle, busy_ones = members[:WARM], members[WARM : WARM + events], members[-events:]
        films = _films(client)
        _rate(client, films, warm)  # the workers' pages of the models are read, connections open
        covered = [_report("idle", _rate(client, films, idle), running, MOST_IDLE_MS)]
        run = client.ask("POST", "/api/v1/runs/", TRAINING, role="operator")["id"]
        _wait_for_progress(client, run)
        covered += [_report("training", _rate(client, films, busy_ones), running, MOST_TRAINING_MS)]
        state = _run(client, run)["state"]
        client.ask("POST", f"/api/v1/runs/{run}/cancel/", {}, role="operator")
    if state != "running":
        print(f"the training was {state} before the end of its measurement")
    return int(state != "running" or min(covered) < LEAST_COVERED)


def _films(client: Client) -> list[str]:
    path = "/api/v1/recommendations/?member=bench-films&surface=home&size=50&wait_ms=10000"
    return [each["item"] for each in client.ask("GET", path)["placements"]]


def _rate(client: Client, films: Sequence[str], members: Sequence[str]) -> Answers:
    """One rating by each member."""
    answers = Answers()
    for number, member in enumerate(members):
        event = {
            "event": uuid.uuid4().hex,
            "member": member,
            "item": films[number % len(films)],
            "kind": "rating",
            "value": 1 + number % 5,
        }
        started = time.perf_counter()
        told = client.ask("POST", "/api/v1/interactions/?refresh=home&size=10", event)
        answers.times_ms.append((time.perf_counter() - started) * 1000)
        if told["results"][0]["status"] != "accepted":
            sys.exit(f"refused: {told['results']}")
        answers.slates[member] = told["recommendations"]
    return answers


def _run(client: Client, run: str) -> dict[str, Any]:
    return client.ask("GET", f"/api/v1/runs/{run}/", role="operator")


def _wait_for_progress(client: Client, run: str) -> None:
    """Until its epochs are under way: before, it reads and packs the data."""
    deadline = time.monotonic() + STARTS_S
    while time.monotonic() < deadline:
        told = _run(client, run)
        if told["state"] == "running" and told.get("progress"):
            return
        time.sleep(0.2)
    sys.exit(f"the training made no progress in {STARTS_S:.0f} s: {told}")


def _report(name: str, answers: Answers, running: Product, most_ms: int) -> float:
    """Print the times; answers the share of slates that are fresh and count their event."""
    times = answers.times_ms
    covered = answers.covering(running) / len(times)
    print(
        f"{name:9} p50 {percentile(times, 0.5):6.1f} ms   p95 {percentile(times, 0.95):6.1f} ms"
        f" (wanted at most {most_ms})   fresh and counting the event {covered:.1%}"
        f" of {len(times)} (wanted at least {LEAST_COVERED:.0%})   {busy()}",
        flush=True,
    )
    return covered


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS))
