"""Ids are made in the application: UUIDv7, so that a row's key is known before it is written and sorts by time."""

from __future__ import annotations

import uuid

import uuid_utils.compat


def new_id() -> uuid.UUID:
    """A new UUIDv7 (RFC 9562), ordered by the time of its making."""
    return uuid_utils.compat.uuid7()


def new_subject() -> uuid.UUID:
    """A random key (UUIDv4) for one member, which says nothing about who or when."""
    return uuid.uuid4()
