"""The main job from outside: members rate, curators steer, operators train; every slate obeys."""

from __future__ import annotations

import random
import re

import psutil
import pytest

from tests.acceptance.client import Client, eventually, items, rating, someone
from tests.acceptance.films import counts, tagged
from tests.acceptance.storm import Load, Storm
from tests.processes import EVERYONE, LiveStack, wait_until


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


def test_a_fresh_slate_is_of_a_policy_no_older_than_the_last_one_answered(client: Client) -> None:
    served, member = _served(client), someone()
    item = items(client.recommend(member, size=50))[20]
    pin = client.decide(kind="pin", item=item, surface="home", slot=3)
    published = pin["versions"]["home"]
    _is_fresh_since(client, member, published)
    back = client.call(
        "POST", "/api/v1/policy/rollback/", "curator", json={"surface": "home", "reason": "back"}
    )
    assert back.json()["versions"]["home"] > published
    _is_fresh_since(client, member, back.json()["versions"]["home"])
    assert _served(client) >= served + 3


def _is_fresh_since(client: Client, member: str, policy: int) -> None:
    slate = client.recommend(member)
    assert slate["mode"] == "fresh"
    assert slate["versions"]["policy"] >= policy


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
    war = tagged("War")
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
    war = tagged("War")
    best = [item for item, _count in counts().most_common() if item in war][:20]
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


def test_a_run_is_launched_cancelled_launched_promoted_and_rolled_back(
    client: Client, demo_stack: LiveStack
) -> None:
    cancelled = client.launch("dot", epochs=200)
    eventually(lambda: client.run(cancelled), lambda run: run["state"] == "running", 60)
    wait_until(lambda: bool(_fits(demo_stack)), "its fit has begun")
    assert client.call("POST", f"/api/v1/runs/{cancelled}/cancel/", "operator").ok
    wait_until(lambda: not _fits(demo_stack), "its fit has ended")
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


@pytest.mark.parametrize("name", EVERYONE)
def test_an_acknowledged_event_is_there_once_whatever_is_killed(
    client: Client, demo_stack: LiveStack, name: str
) -> None:
    storm = Storm(client, items(client.recommend(someone(), size=50)))
    with Load(storm):
        wait_until(lambda: len(storm.acknowledged) >= 10, "ratings are taken")
        demo_stack.kill(name)
        enough = len(storm.acknowledged) + 10
        wait_until(lambda: len(storm.acknowledged) >= enough, "ratings are taken again")
    storm.settle()
    stored = demo_stack.rows(
        "SELECT event, count(*) FROM feedback_interaction WHERE event = ANY(%s) GROUP BY event",
        storm.acknowledged,
    )
    assert dict(stored) == dict.fromkeys(storm.acknowledged, 1)
    assert len(storm.acknowledged) >= 20


def _fits(stack: LiveStack) -> list[psutil.Process]:
    """The processes in which the training worker fits a model now."""
    below = psutil.Process(stack.pid("training")).children(recursive=True)
    return [each for each in below if "recsys.runs.fitting" in _words(each)]


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _served(client: Client) -> float:
    """How many slates were served so far, of every surface and mode."""
    told = client.call("GET", "/metrics", "operator").text
    counted = re.findall(r"^tandem_slates_total\{.*\} (\S+)$", told, re.MULTILINE)
    return sum(map(float, counted))
