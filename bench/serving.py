"""Recommendations over HTTP against a bare view of the same server that reads one key of the cache.

Run: python bench/serving.py [members]
Each request is another member's; all slates are fresh in the cache, every impression is written, the database and
the workers run beside. Both views stand behind the same middleware of one Granian worker with four threads.
"""

from __future__ import annotations

import http.client
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import redis

from bench._load import Outcome, get, load
from bench._product import ROOT, Product, free_port, product
from recsys.config.supervisor.programs import Web, web

MEMBERS, ROUNDS = 1_500, 3
LEAST_RATIO = 0.3
BODY = b'{"mode":"bare"}' + b" " * 3_500
"""As long as ten placements."""


def main(members: int) -> int:
    """Measure both in turn, several times; fails where the ratio is too low or a slate was not fresh."""
    with product() as running, server(running) as port:
        slates = [get(_path(member), running.tokens["client"]) for member in _members(members)]
        _keep_bare(running)
        _warm(port, slates)
        rounds = [_round(port, slates, seed) for seed in range(ROUNDS)]
    ratios = sorted(slate.per_second / bare.per_second for slate, bare in rounds)
    slate, bare = sorted(rounds, key=lambda both: both[0].per_second / both[1].per_second)[
        ROUNDS // 2
    ]
    _tell("recommendation", slate)
    _tell("bare view", bare)
    print(
        f"ratio {ratios[ROUNDS // 2]:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), at least {LEAST_RATIO}"
    )
    print(f"fresh {slate.good / len(slate.times_ms):.1%} of {len(slate.times_ms)} answers")
    return int(ratios[ROUNDS // 2] < LEAST_RATIO or slate.good < len(slate.times_ms))


@contextmanager
def server(running: Product) -> Iterator[int]:
    """A Granian as the product starts its own, with the bare view beside the product's."""
    port = free_port()
    program = web(dict(running.environment), Web("127.0.0.1", port, 1))
    more = {"DJANGO_SETTINGS_MODULE": "bench._settings", "PYTHONPATH": str(ROOT)}
    program = replace(program, environment={**program.environment, **more})
    process = subprocess.Popen(
        program.words, cwd=ROOT, env=program.environment, stdout=subprocess.DEVNULL
    )
    try:
        _answers(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> None:
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/livez", headers={"Host": "localhost"})
            connection.getresponse()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the server of the benchmark does not answer")


def _members(count: int) -> list[str]:
    batch = uuid.uuid4().hex[:8]
    return [f"bench-{batch}-{number}" for number in range(count)]


def _path(member: str) -> str:
    return f"/api/v1/recommendations/?member={member}&surface=home&size=10&wait_ms=10000"


def _keep_bare(running: Product) -> None:
    with redis.Redis.from_url(running.environment["CACHE_URL"]) as cache:
        cache.set("bench:bare", BODY)


def _warm(port: int, slates: list[bytes]) -> None:
    """Let every member's first slate be fused."""
    print(f"Fusing {len(slates)} first slates …", flush=True)
    outcome = load(port, slates, _is_fresh)
    print(f"first slates: {outcome.per_second:.0f} per second", flush=True)


def _round(port: int, slates: list[bytes], seed: int) -> tuple[Outcome, Outcome]:
    shuffled = random.Random(seed).sample(slates, len(slates))
    bare = load(port, [get("/bare/")] * len(slates), lambda answer: b"bare" in answer)
    return load(port, shuffled, _is_fresh), bare


def _is_fresh(answer: bytes) -> bool:
    return b'"mode":"fresh"' in answer


def _tell(name: str, outcome: Outcome) -> None:
    print(
        f"{name:16} {outcome.per_second:7.0f} requests/s"
        f"   p50 {outcome.percentile(0.5):6.2f} ms   p99 {outcome.percentile(0.99):6.2f} ms"
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else MEMBERS))
