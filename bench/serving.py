"""Recommendations over HTTP against a bare view of the same server that reads one key of the cache.

Run: python bench/serving.py [members]
Members of the data set take turns; all their slates are fresh in the cache, every impression is written, the database
and the workers run beside. Both views stand behind the same middleware of one server with the product's own options,
and one client asks both over eight connections, in turn.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import redis

from bench._load import Outcome, get, load
from bench._product import ROOT, VAR, Product, answers, busy, free_port, percentile, product
from recsys.config.supervisor.programs import Web, web

MEMBERS, TURNS, ROUNDS = 300, 5, 5
LEAST_RATIO = 0.3
BODY = b'{"mode":"bare"}' + b" " * 3_500
"""As long as ten placements."""
BARE = get("/api/v1/bare/")
WRITTEN_S = 5.0

Both = tuple[Outcome, Outcome]
"""The recommendations of a round, and its bare answers."""


def main(members: int) -> int:
    """Measure both in turn, several times; fails where a slate was not fresh or an impression is missing."""
    with product() as running, server(running) as port:
        _keep_bare(running)
        outside_ids = running.members(members)
        _warm(port, [_ask(running, each, "&wait_ms=10000") for each in outside_ids])
        before = _impressions(running)
        requests = [_ask(running, each) for each in outside_ids] * TURNS
        rounds = [_round(port, requests, seed) for seed in range(ROUNDS)]
        asked = sum(len(slates.times_ms) for slates, _ in rounds)
        written = _written(running, before, asked)
    fresh = sum(slates.good for slates, _ in rounds)
    _report(rounds)
    print(f"fresh {fresh} of {asked} slates of {len(outside_ids)} members, {written} impressions")
    return int(fresh < asked or written < asked)


@contextmanager
def server(running: Product) -> Iterator[int]:
    """A server as the product starts its own, with the bare view beside the product's."""
    port = free_port()
    program = web(dict(running.environment), Web("127.0.0.1", port, 1))
    more = {"DJANGO_SETTINGS_MODULE": "bench._settings", "PYTHONPATH": str(ROOT)}
    environment = {**program.environment, **more}
    # A line for each request would take the terminal, and its time.
    with (VAR / "serving.log").open("wb") as log:
        process = subprocess.Popen(
            program.words, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        while process.poll() is None and not answers(port):
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def _ask(running: Product, member: str, more: str = "") -> bytes:
    path = f"/api/v1/recommendations/?member={member}&surface=home&size=10{more}"
    return get(path, running.tokens["client"])


def _keep_bare(running: Product) -> None:
    with redis.Redis.from_url(running.environment["CACHE_URL"]) as cache:
        cache.set("bench:bare", BODY)


def _warm(port: int, requests: Sequence[bytes]) -> None:
    """Let every member's slate be fused, and the bare view be imported."""
    outcome = load(port, requests, _is_fresh)
    load(port, [BARE] * len(requests), _is_bare)
    print(f"first slates, each fused: {outcome.per_second:.0f} per second", flush=True)
    time.sleep(1)  # their impressions are on their way


def _round(port: int, requests: Sequence[bytes], seed: int) -> Both:
    """Both views, every second round the other one first."""
    shuffled = random.Random(seed).sample(requests, len(requests))
    work = [(shuffled, _is_fresh), ([BARE] * len(requests), _is_bare)]
    step = -1 if seed % 2 else 1
    first, second = (load(port, asked, is_good) for asked, is_good in work[::step])
    slates, bare = (first, second)[::step]
    print(
        f"round {seed + 1}: {slates.per_second:.0f} slates/s, {bare.per_second:.0f} bare answers/s, {busy()}",
        flush=True,
    )
    return slates, bare


def _is_fresh(answer: bytes) -> bool:
    return b'"mode":"fresh"' in answer


def _is_bare(answer: bytes) -> bool:
    return b'"mode":"bare"' in answer


def _impressions(running: Product) -> int:
    return int(running.rows("SELECT count(*) FROM feedback_impression")[0][0])


def _written(running: Product, before: int, expected: int) -> int:
    """How many impressions came to the database, which they reach a moment after the answer."""
    deadline = time.monotonic() + WRITTEN_S
    while (written := _impressions(running) - before) < expected and time.monotonic() < deadline:
        time.sleep(0.1)
    return written


def _report(rounds: Sequence[Both]) -> None:
    _tell("recommendation", [slates for slates, _ in rounds])
    _tell("bare view", [bare for _, bare in rounds])
    ratios = sorted(slates.per_second / bare.per_second for slates, bare in rounds)
    print(
        f"ratio {ratios[len(ratios) // 2]:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), wanted at least {LEAST_RATIO}"
    )


def _tell(name: str, outcomes: Sequence[Outcome]) -> None:
    rates = sorted(outcome.per_second for outcome in outcomes)
    times = [each for outcome in outcomes for each in outcome.times_ms]
    print(
        f"{name:16} {rates[len(rates) // 2]:7.0f} requests/s"
        f"   p50 {percentile(times, 0.5):6.2f} ms   p99 {percentile(times, 0.99):6.2f} ms"
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else MEMBERS))
