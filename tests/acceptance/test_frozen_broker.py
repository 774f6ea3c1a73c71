"""A broker that accepts and never answers: requests go on, and nothing that was asked for is lost."""

from __future__ import annotations

import signal
from dataclasses import replace

from tests.acceptance.client import IN_TIME_S, Client, rating, someone
from tests.processes import LiveStack, wait_until

ASKED = "SELECT id::text, state FROM recsys_run WHERE id = ANY(%s::uuid[])"


def test_with_a_frozen_broker_requests_are_answered_in_time_and_the_backlog_drains_after_it(
    client: Client, demo_stack: LiveStack
) -> None:
    member = someone()
    item = client.recommend(member)["placements"][0]["item"]
    demo_stack.send("broker", signal.SIGSTOP)
    try:
        hasty = replace(client, patience_s=IN_TIME_S)
        runs = [hasty.launch("popularity", half_life_days=days) for days in (11, 12, 13)]
        for run in runs[:2]:
            assert hasty.call("POST", f"/api/v1/runs/{run}/cancel/", "operator").ok
        told = hasty.tell(rating(member, item), refresh=None)
        assert told["results"][0]["status"] == "accepted"
        modes = {hasty.recommend(someone(), wait_ms=100)["mode"] for _ in range(5)}
        assert modes <= {"stale", "fallback"}
        assert "the broker does not answer" in hasty.call("GET", "/readyz").text
        assert demo_stack.rows("SELECT count(*) FROM curation_outbox")[0][0] >= 1
    finally:
        demo_stack.send("broker", signal.SIGCONT)
    wait_until(
        lambda: demo_stack.rows("SELECT count(*) FROM curation_outbox") == [(0,)],
        "the outbox is empty",
    )
    assert client.finished(runs[2])["state"] == "succeeded"
    states = dict(demo_stack.rows(ASKED, runs))
    assert states == {runs[0]: "cancelled", runs[1]: "cancelled", runs[2]: "succeeded"}
    wait_until(lambda: client.recommend(someone())["mode"] == "fresh", "slates are fresh again")
