"""Cached slates: where the body of a member's slate lies, and how a newer one replaces it.

A body is a JSON document that says all that a response needs, so that serving it reads no item. Besides what
`curation.fusion.codec` writes of a slate it holds the slate's id, the versions it was made from, and how each
item is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final, Self
from uuid import UUID

import orjson
import redis

Body = dict[str, Any]
Versions = Mapping[str, int]

LIFETIME_S: Final = 86_400
COMPONENTS: Final = (
    "policy",
    "blocks",
    "catalogue",
    "models",
    "feedback",
    "segments",
    "statistics",
)


@dataclass(frozen=True)
class Place:
    """Whose slate, where and in what context: what a cached body is found by.

    `source` and `outside_id` are the member's; both empty mean nobody, whose slate is the fallback.
    `anchor` is the id of the item that a similar-items surface starts from.
    """

    surface: str
    source: str = ""
    outside_id: str = ""
    device: str = ""
    language: str = ""
    anchor: str = ""

    @cached_property
    def key(self) -> str:
        """Name of the place in the cache: of fixed length, whatever the outside ids look like."""
        digest = blake2b(orjson.dumps(self.parts), digest_size=16, person=b"slate")
        return f"tandem:slate:{digest.hexdigest()}"

    @property
    def parts(self) -> list[str]:
        """The place as a message carries it."""
        return [
            self.surface,
            self.source,
            self.outside_id,
            self.device,
            self.language,
            self.anchor,
        ]

    @classmethod
    def of(cls, parts: list[str]) -> Self:
        """The place that a message carried."""
        return cls(*parts)

    def nobody(self) -> Place:
        """The same surface and context without a member."""
        return Place(self.surface, "", "", self.device, self.language, self.anchor)


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


# What is served before the first slate of a surface was fused: nothing, and it says so.
NOTHING: Final[Body] = {
    "slate": None,
    "subject": None,
    "versions": {},
    "depth": 0,
    "placements": [],
    "reserve": [],
    "groups": [],
    "items": {},
}


def stamp(body: Body, packed: bytes) -> list[bytes | str | float | int]:
    """What a compare-and-set needs of a body: versions, the packed body, subject, instant, lifetime."""
    versions = orjson.dumps(body["versions"])
    return [versions, packed, body["subject"] or "", body["fused_at"], LIFETIME_S]


def read(cache: redis.Redis[bytes], place: Place) -> Body | None:
    """The body that lies at a place."""
    packed = cache.hget(place.key, "body")
    return unpack(packed) if packed else None


def store(cache: redis.Redis[bytes], place: Place, body: Body) -> bool:
    """Keep a body unless a newer one lies there; tells whether it was kept."""
    arguments = stamp(body, pack(body))
    return bool(cache.register_script(_STORE)(keys=[place.key], args=arguments))


def pack(body: Body) -> bytes:
    """A body as the bytes that the cache and PostgreSQL hold."""
    return orjson.dumps(body)


def unpack(packed: bytes) -> Body:
    """The body that `pack` wrote."""
    body: Body = orjson.loads(packed)
    return body


def items_of(body: Body) -> list[UUID]:
    """The items of a body and its reserve."""
    return [UUID(each["item"]) for part in ("placements", "reserve") for each in body[part]]
