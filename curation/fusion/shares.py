"""Shares of members: who is held back from a decision, and whom it may reach."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final
from uuid import UUID

HOLDBACK: Final = b"holdback"
TRAFFIC: Final = b"traffic"


def position(lineage: UUID, subject: UUID, salt: bytes) -> float:
    """Where a member stands between 0 and 1 for a decision; the two salts are independent."""
    digest = blake2b(lineage.bytes + subject.bytes, digest_size=8, person=salt).digest()
    return (int.from_bytes(digest, "big") >> 11) * 2.0**-53


def withheld(lineage: UUID, subject: UUID, holdback: float, traffic: float) -> str:
    """Say why a decision spares a member: ``traffic``, ``holdback``, or nothing."""
    if traffic < 1.0 and position(lineage, subject, TRAFFIC) >= traffic:
        return "traffic"
    if holdback > 0.0 and position(lineage, subject, HOLDBACK) < holdback:
        return "holdback"
    return ""
