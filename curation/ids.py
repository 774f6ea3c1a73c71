"""Ids of ours are made in the application: UUIDv7, so that a row's key is known before it is written and sorts by time.

Those by which items, members and events are known outside are read here, alike at every door.
"""

from __future__ import annotations

import uuid
from typing import Final

import uuid_utils.compat

MAX_LENGTH: Final = 255


def new_id() -> uuid.UUID:
    """A new UUIDv7 (RFC 9562), ordered by the time of its making."""
    return uuid_utils.compat.uuid7()


def new_subject() -> uuid.UUID:
    """A random key (UUIDv4) for one member, which says nothing about who or when."""
    return uuid.uuid4()


def well_formed(text: str) -> bool:
    """Whether a text can be an outside id: 1 to 255 printable characters, no blanks at its ends."""
    return 0 < len(text) <= MAX_LENGTH and text.isprintable() and text == text.strip()


def outside_id(value: object) -> str | None:
    """The outside id that a JSON value is: a well-formed text, or a whole number by its digits; None if it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and well_formed(value) else None
