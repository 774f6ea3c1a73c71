"""How a shelf is laid out after an act: what was acted on keeps its place, the rest follows the new slate. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

MOST: Final = 100
_ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Moves:
    """What became of the others: those that went up among them, and those that were not there before."""

    up: tuple[UUID, ...] = ()
    new: tuple[UUID, ...] = ()


def pack(items: Iterable[UUID]) -> str:
    """The items of a shelf, as its page carries them."""
    return base64.urlsafe_b64encode(b"".join(item.bytes for item in items)).decode().rstrip("=")


def unpack(text: str) -> list[UUID]:
    """The items that a page carried, the first `MOST` of them; of what was not packed by us, none."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return []
    if len(packed) % _ID_BYTES:
        return []
    starts = range(0, min(len(packed), MOST * _ID_BYTES), _ID_BYTES)
    return list(dict.fromkeys(UUID(bytes=packed[at : at + _ID_BYTES]) for at in starts))


def arrange(shown: Sequence[UUID], kept: Collection[UUID], fresh: Iterable[UUID]) -> list[UUID]:
    """The shelf with what is kept in its old places and the others filled anew, as many as there are."""
    others = iter([item for item in fresh if item not in kept])
    laid = (item if item in kept else next(others, None) for item in shown)
    return [item for item in laid if item is not None]


def moves(before: Sequence[UUID], after: Sequence[UUID], kept: Collection[UUID]) -> Moves:
    """What moved among the items that were not kept in place."""
    stood = {item: at for at, item in enumerate(item for item in before if item not in kept)}
    stands = [item for item in after if item not in kept]
    both = sorted((item for item in stands if item in stood), key=stood.__getitem__)
    rank = {item: at for at, item in enumerate(both)}
    remaining = [item for item in stands if item in rank]
    return Moves(
        up=tuple(item for at, item in enumerate(remaining) if at < rank[item]),
        new=tuple(item for item in stands if item not in stood),
    )
