"""The main job from outside: members rate, curators steer, operators train; every slate obeys."""

from __future__ import annotations

import csv
import gzip
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.client import Client, eventually, items, rating, someone
from tests.acceptance.storm import Storm
from tests.processes import LiveStack

DATA = Path(__file__).resolve().parents[2] / "recsys" / "demo"


def test_the_first_item_blocked_is_in_no_later_response(client: Client) -> None:
    member = someone()
    first = items(client.recommend(member))[0]
    block = client.decide(kind="block", item=first)
    assert first not in items(client.recommend(member))
    assert first not in items(client.recommend(someone()))
    client.end(block["id"])
    assert first in items(client.recommend(member, size=50))


def test_a_pin_stands_in_its_slot_for_everyone_who_has_not_said_never(client: Client) -> None:
    refusing, other = someone(), someone()
    item = items(client.recommend(other, size=50))[30]
    never = {
        "event": f"{refusing}-never",
        "member": refusing,
        "item": item,
        "kind": "not_interested",
    }
    client.tell(never)
    pin = client.decide(kind="pin", item=item, surface="home", slot=2)
    assert items(client.recommend(other))[1] == item
    assert items(client.recommend(someone()))[1] == item
    assert item not in items(client.recommend(refusing, size=50))
    client.end(pin["id"])
    assert items(client.recommend(other))[1] != item


def test_a_scorer_with_weight_0_has_part_0_in_every_placement_and_trace(client: Client) -> None:
    member = someone()
    client.tell(*(rating(member, item) for item in items(client.recommend(member))[:3]))
    weights = {"popularity": 1, "ease": 0, "item_knn": 1, "dot": 1}
    blend = client.decide(kind="blend", surface="home", weights=weights)
    slate = client.recommend(member, size=50)
    assert {placement["parts"]["ease"] for placement in slate["placements"]} == {0}
    traced = client.trace(slate["slate"])
    assert {placement["parts"]["ease"] for placement in traced["placements"]} == {0}
    client.end(blend["id"])


def test_the_parts_of_a_placement_add_up_to_its_score(client: Client) -> None:
    for placement in client.recommend(someone(), size=50)["placements"]:
        parts = [part for part in placement["parts"].values() if part is not None]
        total = sum(
            round(part * 10**9) for part in [*parts, placement["boost"], placement["rounding"]]
        )
        assert total == round(placement["score"] * 10**9)


def test_a_boosted_attribute_rises_and_returns_when_the_rule_ends(client: Client) -> None:
    member = someone()
    before = client.recommend(member, size=50)
    war = _tagged("War")
    where = {"all": [{"field": "genres", "op": "has", "value": "War"}]}
    rule = client.decide(kind="rule", surface="home", effect="boost", strength=2, where=where)
    assert len(war & set(items(client.recommend(member, size=50)))) > len(war & set(items(before)))
    client.end(rule["id"])
    assert items(client.recommend(member, size=50)) == items(before)


def test_a_stored_slate_replays_to_the_same_bytes(client: Client) -> None:
    slate = client.recommend(someone())["slate"]
    replay = client.call("GET", f"/api/v1/slates/{slate}/", "analyst", params={"replay": 1})
    assert replay.json()["identical"] is True


def test_own_feedback_is_in_the_slate_of_the_same_response(client: Client) -> None:
    member = someone()
    rated = items(client.recommend(member))[0]
    answer = client.tell(rating(member, rated))
    assert answer["results"][0]["status"] == "accepted"
    assert answer["recommendations"]["mode"] == "fresh"
    assert answer["recommendations"]["versions"]["feedback"] >= 1
    assert rated not in items(answer["recommendations"])


def test_war_films_rated_high_bring_war_films_for_most_new_members(client: Client) -> None:
    war = _tagged("War")
    best = [item for item, _count in _counts().most_common() if item in war][:20]
    draw = random.Random(7)
    rose = 0
    for _ in range(50):
        member = someone()
        before = client.recommend(member, size=50)
        rated = [rating(member, item) for item in draw.sample(best, 5)]
        after = client.tell(*rated, size=50)["recommendations"]
        assert (before["mode"], after["mode"]) == ("fresh", "fresh")
        rose += len(war & set(items(after))) > len(war & set(items(before)))
    assert rose >= 40


def test_a_run_is_launched_cancelled_launched_promoted_and_rolled_back(client: Client) -> None:
    cancelled = client.launch("dot", epochs=200)
    eventually(lambda: client.run(cancelled), lambda run: run["state"] == "running", 60)
    assert client.call("POST", f"/api/v1/runs/{cancelled}/cancel/", "operator").status_code in {
        200,
        202,
    }
    assert client.finished(cancelled, 15)["state"] == "cancelled"

    done = client.finished(client.launch("ease"))
    assert done["state"] == "succeeded"
    before = client.recommend(someone())["versions"]["models"]
    promoted = client.call(
        "POST", f"/api/v1/models/{done['model']}/promote/", "operator", json={"reason": "new"}
    )
    assert promoted.status_code == 200, promoted.text
    middle = eventually(
        lambda: client.recommend(someone()), lambda slate: slate["versions"]["models"] > before
    )
    back = client.call(
        "POST", f"/api/v1/models/{done['model']}/rollback/", "operator", json={"reason": "old"}
    )
    assert back.status_code == 200, back.text
    assert client.recommend(someone())["versions"]["models"] > middle["versions"]["models"]


@pytest.mark.parametrize(
    "name", ["web", "relay", "realtime", "bulk", "broker", "cache", "postgres"]
)
def test_an_acknowledged_event_is_there_once_whatever_is_killed(
    client: Client, demo_stack: LiveStack, name: str
) -> None:
    storm = Storm(client, items(client.recommend(someone(), size=50)))
    storm.rate(20)
    demo_stack.kill(name)
    storm.rate(60)
    storm.settle()
    stored = demo_stack.rows(
        "SELECT event, count(*) FROM feedback_interaction WHERE event = ANY(%s) GROUP BY event",
        storm.acknowledged,
    )
    assert dict(stored) == dict.fromkeys(storm.acknowledged, 1)
    assert len(storm.acknowledged) >= 20


def _tagged(genre: str) -> set[str]:
    with gzip.open(
        DATA / "movietweetings-demo.items.csv.gz", "rt", encoding="utf-8", newline=""
    ) as file:
        return {row["item_id"] for row in csv.DictReader(file) if genre in row["genres"].split("|")}


def _counts() -> Counter[str]:
    with gzip.open(
        DATA / "movietweetings-demo.interactions.csv.gz", "rt", encoding="utf-8", newline=""
    ) as file:
        return Counter(row["item_id"] for row in csv.DictReader(file))
