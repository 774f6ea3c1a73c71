"""At read: take items out of a stored slate and close the gaps, without fusing again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

Body = Mapping[str, Any]
"""A slate as ``codec.slate_body`` writes it, decoded from JSON."""


class Served(NamedTuple):
    """The placements of the answer, by slot, and whether they are fewer than were asked for."""

    placements: list[dict[str, Any]]
    short: bool


def serve(body: Body, gone: Set[str], size: int) -> Served:
    """Serve the first ``size`` slots without the items in ``gone`` (ids as in the body).

    Pins stay in their slots. Organic items move up into holes as far as the caps allow, the reserve
    follows; what moved, and every organic slot after the first hole, has propensity None. ``size`` beyond
    the depth is cut to it, and then short.
    """
    depth = min(size, body["depth"])
    head = [each for each in body["placements"] if each["slot"] <= depth]
    if any(each["item"] in gone for each in head):
        head = _refilled(body, head, gone, depth)
    return Served(head, len(head) < size)


def _refilled(
    body: Body, head: Sequence[dict[str, Any]], gone: Set[str], depth: int
) -> list[dict[str, Any]]:
    stored = [each for each in body["placements"] if each["item"] not in gone]
    reserve = [each for each in body["reserve"] if each["item"] not in gone]
    pins = {each["slot"]: each for each in stored if each["pinned"]}
    queue = [each for each in stored if not each["pinned"]] + reserve
    before = {each["slot"]: each for each in head}
    room = _room(body["groups"], pins)
    served, moved = [], False
    for slot in range(1, depth + 1):
        placement = pins.get(slot)
        if placement is None:
            placement = _next(queue, slot, room)
            moved = moved or placement is not before.get(slot)
            if placement is not None and moved:
                placement = {**placement, "slot": slot, "propensity": None}
        if placement is not None:
            served.append(placement)
    return served


def _room(
    groups: Sequence[Sequence[int]], pins: Mapping[int, Mapping[str, Any]]
) -> list[list[int]]:
    """For each cap group, how many organic items it still takes and its last slot."""
    room = [[limit, last] for limit, last in groups]
    for slot, pin in pins.items():
        for group in pin["groups"]:
            if slot <= room[group][1]:
                room[group][0] -= 1
    return room


def _next(
    queue: list[dict[str, Any]], slot: int, room: Sequence[list[int]]
) -> dict[str, Any] | None:
    """Take the first item of the queue that the caps allow in this slot."""
    for at, placement in enumerate(queue):
        groups = [room[group] for group in placement["groups"]]
        if all(left > 0 or slot > last for left, last in groups):
            for group in groups:
                if slot <= group[1]:
                    group[0] -= 1
            return queue.pop(at)
    return None
