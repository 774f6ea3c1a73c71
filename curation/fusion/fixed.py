"""Fixed-point numbers: int64 counts of one billionth, exact to add and the same on every machine."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Fixed = NDArray[np.int64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]

ONE: Final = 1_000_000_000
"""The fixed-point number that stands for 1."""

LARGEST_PART: Final = 10_000.0
"""No single part may exceed this, so that no sum or product of the engine can overflow 64 bits."""


def to_fixed(values: Floats) -> Fixed:
    """Round float values to the nearest billionth (ties to even)."""
    return np.rint(values * ONE).astype(np.int64)


def fixed(value: float) -> int:
    """Round one float to the nearest billionth (ties to even)."""
    return round(value * ONE)


def decimal(value: int) -> float:
    """Turn a fixed-point number into the float whose shortest decimal has its nine places.

    Exact in print for magnitudes below 10⁶; clients that add decimals add exactly.
    """
    return value / ONE
