"""Decisions drawn by chance and published over the API: what a fuse promises holds of what is served."""

from __future__ import annotations

from random import Random

from tests.acceptance.client import Client, Json, items, someone
from tests.acceptance.films import tagged

SEED, ROUNDS = 20_240_607, 2
GENRES = ("Drama", "Comedy", "Action", "War", "Thriller")
FIRST, AT_MOST, AT_LEAST = 10, 2, 3
CERTAIN = 9
"""The home surface draws its tenth slot by chance, and none before."""
CONFLICTS = {"pin_clash", "pin_blocked"}


def test_whatever_curators_decide_served_slates_keep_the_promises(client: Client) -> None:
    draw, member = Random(SEED), someone()
    before = items(client.recommend(member, size=50))
    for _ in range(ROUNDS):
        genre, other = draw.sample(GENRES, 2)
        *blocked, one, another = draw.sample(before, 4)
        wanted = _drawn(draw, genre, blocked, [blocked[0], one, another])
        wanted.append(_rule("quota", other, at_least=AT_LEAST, first=FIRST))
        published = {key: each for each in wanted if (key := _publish(client, each))}
        slate = client.recommend(member, size=50)
        seen = items(slate)
        assert len(seen) == len(set(seen))
        assert set(seen).isdisjoint(blocked)
        [pin] = [each for each in published.values() if each["kind"] == "pin"]
        assert seen[pin["slot"] - 1] == pin["item"]
        held = tagged(genre) & set(seen[:FIRST])
        assert len(held) <= max(AT_MOST, len(held & {pin["item"]}))
        assert len(tagged(other) & set(seen[:FIRST])) >= AT_LEAST
        zero = client.decide(**_rule("boost", genre, strength=0))["id"]
        assert _told(client.recommend(member, size=50)) == _told(slate)
        for key in (zero, *published):
            client.end(key)
        assert items(client.recommend(member, size=50)) == before


def test_a_blocked_item_leaves_the_others_in_their_order(client: Client) -> None:
    draw, member = Random(SEED), someone()
    first = items(client.recommend(member))[:CERTAIN]
    gone = draw.choice(first)
    block = client.decide(kind="block", item=gone)
    left = [item for item in items(client.recommend(member)) if item in first]
    client.end(block["id"])
    assert left == [item for item in first if item != gone]


def test_an_item_never_falls_when_its_boost_is_raised(client: Client) -> None:
    draw, member = Random(SEED), someone()
    before = items(client.recommend(member, size=50))
    lifted = draw.choice(before[30:40])
    slots = [before.index(lifted)]
    for strength in (draw.uniform(0.1, 0.5), draw.uniform(0.5, 1), 2):
        boost: Json = {"effect": "boost", "strength": strength, "items": [lifted]}
        rule = client.decide(kind="rule", surface="home", **boost)
        slots.append(items(client.recommend(member, size=50)).index(lifted))
        client.end(rule["id"])
    assert slots == sorted(slots, reverse=True)
    assert slots[-1] < slots[0]


def _drawn(draw: Random, genre: str, blocked: list[str], pinned: list[str]) -> list[Json]:
    """Blocks, pins that all want one slot, one of them of a blocked film, a cap, a boost of the same films, a bury."""
    pin = {"kind": "pin", "surface": "home", "slot": draw.randint(1, FIRST)}
    return [
        *({"kind": "block", "item": item} for item in blocked),
        *(pin | {"item": item} for item in pinned),
        _rule("cap", genre, at_most=AT_MOST, first=FIRST),
        _rule("boost", genre, strength=draw.uniform(0.1, 2)),
        _rule("bury", draw.choice(GENRES), strength=draw.uniform(0.1, 2)),
    ]


def _rule(effect: str, genre: str, **parameters: float) -> Json:
    where = {"all": [{"field": "genres", "op": "has", "value": genre}]}
    return {"kind": "rule", "surface": "home", "effect": effect, "where": where} | parameters


def _publish(client: Client, decision: Json) -> str:
    """The id of the decision; empty where lint refuses it for what is decided already."""
    body = {"publish": True, "reason": "drawn"} | decision
    answer = client.call("POST", "/api/v1/decisions/", "curator", json=body)
    if answer.status_code == 201:
        return str(answer.json()["id"])
    assert answer.json()["code"] in CONFLICTS, answer.text
    return ""


def _told(slate: Json) -> list[tuple[str, float]]:
    return [(placement["item"], placement["score"]) for placement in slate["placements"]]
