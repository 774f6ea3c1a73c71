"""Whose slate, where and in what context: what bodies and fallbacks are found by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Self

import orjson


@dataclass(frozen=True)
class Place:
    """A member on a surface in a context.

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
