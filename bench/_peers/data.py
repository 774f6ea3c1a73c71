"""Interactions as others take them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.ml.data.interactions import Interactions


def matrix(rows: Interactions) -> Any:
    """Who met what [U, I], 1 each."""
    shape = (len(rows.member_ids), len(rows.item_ids))
    ones = np.ones(len(rows), np.float32)
    met = csr_matrix((ones, (rows.members, rows.items)), shape)
    met.data[:] = 1.0  # who met an item twice met it
    return met


def table(rows: Interactions) -> Any:
    """user_id, item_id and timestamp (seconds), an interaction a line."""
    return pd.DataFrame({"user_id": rows.members, "item_id": rows.items, "timestamp": rows.times})
