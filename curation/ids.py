"""Ids of ours are made in the application: UUIDv7, so that a row's key is known before it is written and sorts by time.

Those by which items, members and events are known outside are read here, alike at every door.
"""

from __future__ import annotations

import uuid
from typing import Final

import uuid_utils.compat

MAX_LENGTH: Final = 255
_COUNTING: Final = 16
"""How many of the lowest, random bits of an id count the ids that are made at once."""


def new_id() -> uuid.UUID:
    """A new UUIDv7 (RFC 9562), ordered by the time of its making."""
    return uuid_utils.compat.uuid7()


def new_ids(count: int) -> list[uuid.UUID]:
    """So many new UUIDv7 of one instant, ascending, at most 65,536: the first is drawn, the others count on from it.

    What is drawn next is after them all, since its counter stands above the bits that count here.
    """
    if not 0 <= count <= 1 << _COUNTING:
        raise ValueError(f"{count} ids cannot be made at once")
    first = uuid_utils.compat.uuid7().int >> _COUNTING << _COUNTING
    return [_uuid(first + at) for at in range(count)]


def _uuid(number: int) -> uuid.UUID:
    """The UUID of a number that is known to be one, without the checks of its constructor."""
    made = object.__new__(uuid.UUID)
    object.__setattr__(made, "int", number)
    object.__setattr__(made, "is_safe", uuid.SafeUUID.unknown)
    return made


def new_subject() -> uuid.UUID:
    """A random key (UUIDv4) for one member, which says nothing about who or when."""
    return uuid.uuid4()


def well_formed(text: str) -> bool:
    """Whether a text can be an outside id: 1 to 255 printable characters, no blanks at its ends."""
    return 0 < len(text) <= MAX_LENGTH and text.isprintable() and text == text.strip()


def outside_id(value: object) -> str | None:
    """The outside id that a JSON value is: a well-formed text, or a whole number by its digits; None if it is none."""
    if isinstance(value, str):
        return value if well_formed(value) else None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
