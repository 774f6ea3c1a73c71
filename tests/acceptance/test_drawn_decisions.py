"""Decisions drawn by chance and published over the API: what a fuse promises holds of what is served."""

from __future__ import annotations

from random import Random

from tests.acceptance.client import Client, Json, items, someone
from tests.acceptance.films import tagged

SEED, ROUNDS = 20_240_607, 2
GENRES = ("Drama", "Comedy", "Action", "War", "Thriller")
FIRST, AT_MOST = 10, 2
CONFLICTS = {"pin_clash", "pin_blocked"}


def test_whatever_curators_decide_served_slates_keep_the_promises(client: Client) -> None:
    draw, member = Random(SEED), someone()
    before = items(client.recommend(member, size=50))
    for _ in range(ROUNDS):
        genre, blocked, pinned = draw.choice(GENRES), draw.sample(before, 2), draw.sample(before, 2)
        wanted = _drawn(draw, genre, blocked, [blocked[0], *pinned])
        published = [key for decision in wanted if (key := _publish(client, decision))]
        slate = client.recommend(member, size=50)
        seen = items(slate)
        assert len(seen) == len(set(seen))
        assert set(seen).isdisjoint(blocked)
        held = tagged(genre) & set(seen[:FIRST])
        assert len(held) <= max(AT_MOST, len(held & set(pinned)))
        zero = client.decide(**_rule("boost", genre, strength=0))["id"]
        assert _told(client.recommend(member, size=50)) == _told(slate)
        for key in (zero, *published):
            client.end(key)
        assert items(client.recommend(member, size=50)) == before


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
