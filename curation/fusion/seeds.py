"""Chance that repeats: the seed of a slate and the noise of its exploring slots."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from curation.fusion.candidates import Ids
from curation.fusion.fixed import Fixed, to_fixed

_GOLDEN: Final = 0x9E3779B97F4A7C15
_WORD: Final = (1 << 64) - 1


def seed_of(surface: str, subject: UUID | None, instant: datetime) -> int:
    """The seed (64 bits) of a surface, a member and the UTC day of an aware instant, nothing else."""
    day = int(instant.timestamp() // 86_400)
    text = f"{surface}\0{subject or ''}\0{day}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8, person=b"seed").digest(), "big")


def _mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014): a bijection that scatters its input."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def gumbel_noise(seed: int, slot: int, ids: Ids) -> Fixed:
    """Standard Gumbel noise [n], fixed-point, a function of seed, slot and item alone."""
    halves = np.ascontiguousarray(ids).view(">u8").astype(np.uint64)
    key = np.array([(seed + slot * _GOLDEN) & _WORD], np.uint64)
    words = _mix(_mix(_mix(key) ^ halves[:, 0]) ^ halves[:, 1])
    uniform = ((words >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return to_fixed(-np.log(-np.log(uniform)))
