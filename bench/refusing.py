"""Re-fusing the slates of active members after a publish, against the same slates asked for over HTTP.

Run: python bench/refusing.py [members]
Everybody in the demo's data set asks for a slate once, which a realtime worker fuses. Then a curator publishes, and
the `bulk` worker renews all of these slates: at most a minute for 6,000. As soon as the publish has answered, members
ask over eight connections, which spread over all web processes: what they get is fresh, and so of the new policy.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._load import Outcome, get, load
from bench._product import Product, busy, product
from bench.feedback import Client

MEMBERS, MOST_S = 6_000, 60.0
ASKING, SOON_S = 64, 2.0
PATIENCE_S = 600.0
RULE = {
    "kind": "rule",
    "surface": "home",
    "effect": "boost",
    "strength": 0.5,
    "where": {"all": [{"field": "genres", "op": "has", "value": "War"}]},
}

_SERVED = """
SELECT count(DISTINCT subject) FROM feedback_impression
 WHERE surface = 'home' AND served_at > now() - interval '1 day' AND NOT simulated
"""
_LAST = """
SELECT state, done, total, extract(epoch FROM finished_at - requested_at)::float8
  FROM recsys_refusing WHERE surface_id = 'home' AND state <> 'skipped' ORDER BY requested_at DESC LIMIT 1
"""
_OPEN = "SELECT count(*) FROM recsys_refusing WHERE state IN ('queued', 'running')"


def main(members: int) -> int:
    """Measure both; fails where re-fusing took too long or left somebody out."""
    with product() as running:
        outside_ids = running.members(members)
        asked_per_s = _asked(running, outside_ids)
        done, seconds, spread = _published(running, outside_ids)
    print(busy())
    print(f"{'asked for over HTTP, each fused':36} {asked_per_s:8.0f} slates/s")
    ratio = done / seconds / asked_per_s
    print(f"{'re-fused after a publish':36} {done / seconds:8.0f} slates/s   {ratio:.2f} of that")
    print(f"{done} slates of {len(outside_ids)} members in {seconds:.1f} s; most: {MOST_S:.0f} s")
    soon = f"{ASKING} members have slates of a new policy"
    print(f"{soon} {spread.seconds:.2f} s after its publish; most: {SOON_S:.0f} s")
    on_time = spread.good == ASKING and spread.seconds <= SOON_S
    return int(seconds > MOST_S or done < len(outside_ids) or not on_time)


def _asked(running: Product, outside_ids: list[str]) -> float:
    outcome = load(running.port, _fresh_slates(running, outside_ids), _is_fresh)
    _until(lambda: running.rows(_SERVED)[0][0] >= len(outside_ids), "impressions")
    return outcome.per_second


def _fresh_slates(running: Product, outside_ids: list[str]) -> list[bytes]:
    path = "/api/v1/recommendations/?surface=home&size=10&wait_ms=10000&member="
    return [get(path + each, running.tokens["client"]) for each in outside_ids]


def _is_fresh(answer: bytes) -> bool:
    return b'"mode":"fresh"' in answer


def _published(running: Product, outside_ids: list[str]) -> tuple[int, float, Outcome]:
    """How many slates were renewed, seconds from the publish until they were, and what those got who asked at once."""
    client = Client(running)
    _until(lambda: running.rows(_OPEN)[0][0] == 0, "re-fusings of before")
    before = running.rows(_LAST)
    told = {"reason": "a benchmark", "publish": True}
    decision = client.ask("POST", "/api/v1/decisions/", {**RULE, **told}, "curator")["id"]
    try:
        spread = load(running.port, _fresh_slates(running, outside_ids[-ASKING:]), _is_fresh)
        _until(lambda: _is_over(running, before), "the re-fusing")
        (_state, done, _total, seconds) = running.rows(_LAST)[0]
        return done, seconds, spread
    finally:
        # The server has closed a connection that was idle for so long.
        Client(running).ask("POST", f"/api/v1/decisions/{decision}/end/", told, "curator")


def _is_over(running: Product, before: object) -> bool:
    last = running.rows(_LAST)
    return last != before and last[0][0] in {"succeeded", "failed"}


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"waited {PATIENCE_S:.0f} s in vain: {what}")
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else MEMBERS))
