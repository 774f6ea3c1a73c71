"""Bodies: slates as the web serves them, cached until something changes that they were made from.

A body says all that a response needs, so that serving it reads no item. It is packed in two parts: a head with the
first placements and what the check needs, and the rest, which is parsed only for a longer slate or one with a hole.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, Final

import orjson
import redis

from curation.fusion import refill
from recsys.slates.places import Place

Whole = Mapping[str, Any]
"""A body as the worker makes it: see `fusing.make`."""
Versions = Mapping[str, int]

COMPONENTS: Final = (
    *("policy", "blocks", "catalogue", "models", "feedback", "segments"),
    *("statistics", "rewards", "profile"),
)
"""What the versions of a slate count."""
READ: Final[Mapping[str, str]] = {"statistics": "reads_statistics", "profile": "reads_profile"}
"""The components that count only where a head says that its slate was made from them."""

LIFETIME_S: Final = 86_400
FIRST: Final = 10
_FORMAT: Final = b"body1"
"""Changes with the layout: what another version of this code packed is as good as absent."""
_LENGTH: Final = 4
_REST: Final = ("placements", "reserve", "groups")


@dataclass(frozen=True, eq=False, slots=True)
class Body:
    """A slate as it is served: its head, and the rest as packed."""

    head: Mapping[str, Any]
    rest: bytes

    @property
    def slate(self) -> str | None:
        """The slate's id; None where none was fused yet."""
        return self.head["slate"]  # type: ignore[no-any-return]

    @property
    def versions(self) -> Versions:
        """What it was made from."""
        return self.head["versions"]  # type: ignore[no-any-return]

    def counts(self, component: str) -> bool:
        """Whether a slate is older once a component moved; one that was packed before that was told is."""
        return bool(self.head.get(READ.get(component, ""), True))

    @property
    def items(self) -> str:
        """The items of all placements and the reserve, as PostgreSQL writes an array."""
        return self.head["items"]  # type: ignore[no-any-return]

    def serve(self, gone: Set[str], size: int) -> refill.Served:
        """The first `size` slots without the items that are gone: see `refill.serve`."""
        first = self.head["placements"][:size]
        if len(first) == size and first[-1]["slot"] == size and not _touches(first, gone):
            return refill.Served(first, short=False)
        rest = orjson.loads(self.rest)
        placements = [*self.head["placements"], *rest["placements"]]
        return refill.serve({**self.head, **rest, "placements": placements}, gone, size)

    def removed(self, gone: Set[str]) -> list[str]:
        """The items of its slots that are gone."""
        slots = self.items.strip("{}").split(",")[: self.head["slots"]] if gone else []
        return [item for item in slots if item in gone]


def _touches(placements: list[dict[str, Any]], gone: Set[str]) -> bool:
    return bool(gone) and any(each["item"] in gone for each in placements)


# Versions compare component by component: one that is older anywhere is not newer. A body of another member (the
# row was merged meanwhile) replaces what was there: its versions count something else.
NEWER: Final = """
local function covers(have, need)
  for name, value in pairs(need) do
    if (have[name] or 0) < value then return false end
  end
  return true
end
"""
KEEP: Final = """
local function keep(key, versions, body, subject, fused_at, lifetime)
  local old = redis.call('HMGET', key, 'versions', 'subject', 'fused_at')
  if old[1] and old[2] == subject then
    local had, has = cjson.decode(old[1]), cjson.decode(versions)
    if not covers(has, had) then return 0 end
    if covers(had, has) and tonumber(old[3]) > tonumber(fused_at) then return 0 end
  end
  redis.call('HSET', key, 'versions', versions, 'body', body, 'subject', subject, 'fused_at', fused_at)
  redis.call('EXPIRE', key, lifetime)
  return 1
end
"""
_STORE: Final = NEWER + KEEP + "return keep(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])"


def stamp(whole: Whole) -> list[bytes | str | float | int]:
    """What a compare-and-set takes: versions, the packed body, whose, as of when, and its lifetime."""
    versions = orjson.dumps(whole["versions"])
    return [versions, pack(whole), whole["subject"] or "", whole["fused_at"], LIFETIME_S]


def read(cache: redis.Redis, place: Place) -> Body | None:
    """The body that lies at a place."""
    packed = cache.hget(place.key, "body")
    return unpack(packed) if isinstance(packed, bytes) and packed else None


def store(cache: redis.Redis, place: Place, whole: Whole) -> bool:
    """Keep a body unless a newer one lies there; tells whether it was kept."""
    return bool(cache.register_script(_STORE)(keys=[place.key], args=stamp(whole)))


def store_many(cache: redis.Redis, wholes: Mapping[Place, Whole]) -> None:
    """What `store` does for each place, in one round trip."""
    script = cache.register_script(_STORE)
    with cache.pipeline(transaction=False) as pipe:
        for place, whole in wholes.items():
            script(keys=[place.key], args=stamp(whole), client=pipe)
        pipe.execute()


def pack(whole: Whole) -> bytes:
    """A body as the bytes that the cache and PostgreSQL hold."""
    placements, reserve = whole["placements"], whole["reserve"]
    items = ",".join(each["item"] for each in (*placements, *reserve))
    kept = {name: value for name, value in whole.items() if name not in _REST}
    placed = {"items": f"{{{items}}}", "slots": len(placements), "placements": placements[:FIRST]}
    head = orjson.dumps({**kept, **placed})
    rest = {"placements": placements[FIRST:], "reserve": reserve, "groups": whole["groups"]}
    length = len(head).to_bytes(_LENGTH, "big")
    return b"".join([_FORMAT, length, head, orjson.dumps(rest)])


def unpack(packed: bytes) -> Body | None:
    """The body that `pack` wrote; None of what is packed otherwise."""
    if not packed.startswith(_FORMAT):
        return None
    start = len(_FORMAT) + _LENGTH
    end = start + int.from_bytes(packed[len(_FORMAT) : start], "big")
    return Body(orjson.loads(packed[start:end]), packed[end:])


NOTHING: Final = Body(
    {
        "slate": None,
        "subject": None,
        "versions": {},
        "depth": 0,
        "items": "{}",
        "slots": 0,
        "placements": [],
    },
    b'{"placements": [], "reserve": [], "groups": []}',
)
"""What is served before the first slate of a surface was fused: nothing, and it says so."""
