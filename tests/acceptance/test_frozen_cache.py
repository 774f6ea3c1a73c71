"""A cache that accepts and never answers: pages come all the same, and what is rated meanwhile is kept."""

from __future__ import annotations

import signal
from dataclasses import replace
from uuid import uuid4

from tests.acceptance.client import IN_TIME_S, Browser, Client, rating, someone
from tests.processes import LiveStack

REFRESH = {"refresh": "home", "size": 10, "wait_ms": 100}
KEPT = "SELECT count(*) FROM feedback_interaction WHERE event = %s"
STARS = """
SELECT r.stars FROM feedback_rating r JOIN curation_member m USING (subject) JOIN curation_item i ON i.id = r.item_id
 WHERE m.outside_id = 'demo-member' AND i.outside_id = %s
"""


def test_with_a_frozen_cache_pages_are_answered_in_time_and_ratings_are_kept(
    client: Client, demo_stack: LiveStack
) -> None:
    browser = Browser.of(replace(client, patience_s=IN_TIME_S), "member")
    film = client.recommend(someone(), size=50)["placements"][40]["item"]
    [(key,)] = demo_stack.rows("SELECT id FROM curation_item WHERE outside_id = %s", film)
    event = rating(someone(), film)
    demo_stack.send("cache", signal.SIGSTOP)
    try:
        home, page = browser.get("/"), browser.get(f"/items/{key}/")
        rated = browser.post(f"/items/{key}/feedback/", stars="4", nonce=uuid4().hex[:12], next="/")
        told = replace(client, patience_s=IN_TIME_S).call(
            "POST", "/api/v1/interactions/", params=REFRESH, json=event
        )
    finally:
        demo_stack.send("cache", signal.SIGCONT)
    assert [each.status_code for each in (home, page, rated, told)] == [200, 200, 302, 200]
    assert told.json()["recommendations"]["mode"] in {"stale", "fallback"}
    assert demo_stack.rows(STARS, film) == [(4,)]
    assert demo_stack.rows(KEPT, event["event"]) == [(1,)]
