"""A sparse matrix by rows, as plain arrays that an artifact keeps and a worker maps.

Dims: R rows, C columns, E entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.ml.data.interactions import Indexes, Values
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

    def only(self, rows: Indexes) -> tuple[Self, NDArray[np.int64]]:
        """These rows alone, in this order, and where their entries stood."""
        entries, sizes = self._entries(rows)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        return type(self)(starts, self.columns[entries], self.values[entries]), entries

    def summed(self, rows: Indexes, weights: NDArray[Any], width: int) -> NDArray[np.float64]:
        """Sum of these rows, each times its weight [C]."""
        entries, sizes = self._entries(rows)
        values = np.repeat(weights, sizes) * self.values[entries]
        return _totals(self.columns[entries], values, width)

    def dots(self, rows: Indexes, vector: NDArray[Any]) -> NDArray[np.float64]:
        """Product of each of these rows with a dense vector [C]."""
        entries, sizes = self._entries(rows)
        products = self.values[entries] * vector[self.columns[entries]]
        return _totals(np.repeat(np.arange(len(rows)), sizes), products, len(rows))

    def column(self, rows: Indexes, index: int) -> NDArray[np.float64]:
        """What these rows hold in one column, 0 where nothing."""
        entries, sizes = self._entries(rows)
        found = self.values[entries] * (self.columns[entries] == index)
        return _totals(np.repeat(np.arange(len(rows)), sizes), found, len(rows))

    def _entries(self, rows: Indexes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the entries of these rows stand, one row after the other, and how many each has."""
        firsts = self.starts[rows]
        sizes = self.starts[rows + 1] - firsts
        before = np.cumsum(sizes) - sizes
        return np.repeat(firsts - before, sizes) + np.arange(sizes.sum()), sizes


def _totals(places: NDArray[Any], amounts: NDArray[Any], width: int) -> NDArray[np.float64]:
    """Amounts added up by their places [width]."""
    return np.bincount(places, amounts, width).astype(np.float64, copy=False)
