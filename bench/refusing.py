"""Re-fusing the slates of active members after a publish, against the same slates asked for over HTTP.

Run: python bench/refusing.py [members]
Everybody in the demo's data set asks for a slate once, which a realtime worker fuses. Then a curator publishes, and
the `bulk` worker renews all of these slates: at most a minute for 6,000.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._load import get, load
from bench._product import Product, busy, product
from bench.feedback import Client

MEMBERS, MOST_S = 6_000, 60.0
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
        done, seconds = _published(running)
    print(busy())
    print(f"{'asked for over HTTP, each fused':36} {asked_per_s:8.0f} slates/s")
    ratio = done / seconds / asked_per_s
    print(f"{'re-fused after a publish':36} {done / seconds:8.0f} slates/s   {ratio:.2f} of that")
    print(f"{done} slates of {len(outside_ids)} members in {seconds:.1f} s; most: {MOST_S:.0f} s")
    return int(seconds > MOST_S or done < len(outside_ids))


def _asked(running: Product, outside_ids: list[str]) -> float:
    path = "/api/v1/recommendations/?surface=home&size=10&wait_ms=10000&member="
    requests = [get(path + each, running.tokens["client"]) for each in outside_ids]
    outcome = load(running.port, requests, lambda answer: b'"mode":"fresh"' in answer)
    _until(lambda: running.rows(_SERVED)[0][0] >= len(outside_ids), "impressions")
    return outcome.per_second


def _published(running: Product) -> tuple[int, float]:
    """How many slates were renewed, and seconds from the publish until they were."""
    client = Client(running)
    _until(lambda: running.rows(_OPEN)[0][0] == 0, "re-fusings of before")
    before = running.rows(_LAST)
    told = {"reason": "a benchmark", "publish": True}
    decision = client.ask("POST", "/api/v1/decisions/", {**RULE, **told}, "curator")["id"]
    try:
        _until(lambda: _is_over(running, before), "the re-fusing")
        (_state, done, _total, seconds) = running.rows(_LAST)[0]
        return done, seconds
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
