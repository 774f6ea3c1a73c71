"""A sparse matrix by rows, as plain arrays that an artifact keeps and a worker maps.

Dims: R rows, C columns, E entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.ml.interactions import Indexes, Values
from recsys.ml.scorer import shaped


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Row r holds ``columns[starts[r]:starts[r + 1]]`` and their ``values``.

    Columns of a row are ascending and stand once.
    """

    starts: NDArray[np.int64]
    columns: Indexes
    values: Values

    @classmethod
    def of(cls, matrix: sparse.csr_array[Any]) -> Self:
        """Take over a matrix [R, C]; entries of 0 are left out."""
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        return cls(
            matrix.indptr.astype(np.int64),
            matrix.indices.astype(np.int32),
            matrix.data.astype(np.float32),
        )

    @classmethod
    def restore(
        cls, starts: NDArray[Any], columns: NDArray[Any], values: NDArray[Any], rows: int
    ) -> Self:
        """Make it of what an artifact kept; raises ValueError where the arrays do not fit."""
        entries = int(shaped(starts, rows + 1)[-1])
        return cls(starts, shaped(columns, entries), shaped(values, entries))

    def summed(self, rows: Indexes, weights: NDArray[Any], width: int) -> NDArray[np.float64]:
        """Sum of these rows, each times its weight [C]."""
        total = np.zeros(width)
        for row, weight in zip(rows.tolist(), weights.tolist(), strict=True):
            among = slice(self.starts[row], self.starts[row + 1])
            total[self.columns[among]] += weight * self.values[among]
        return total

    def column(self, rows: Indexes, index: int) -> NDArray[np.float64]:
        """What these rows hold in one column, 0 where nothing."""
        return np.array([self._entry(row, index) for row in rows.tolist()], np.float64)

    def _entry(self, row: int, index: int) -> float:
        start, stop = self.starts[row], self.starts[row + 1]
        at = start + np.searchsorted(self.columns[start:stop], index)
        return float(self.values[at]) if at < stop and self.columns[at] == index else 0.0
