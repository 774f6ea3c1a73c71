"""What is known of items besides interactions: their texts, and vectors of these. Dims: V items, D numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.ml.data.interactions import Values, Vocabulary


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """A vector for each of some items float32 [V, D]; raises ValueError where one is not finite."""

    items: Vocabulary
    values: Values

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or len(self.values) != len(self.items):
            raise ValueError(f"{len(self.items)} items have vectors of shape {self.values.shape}")
        broken = np.flatnonzero(~np.isfinite(self.values).all(axis=1)).astype(np.int32)
        if len(broken):
            first = self.items.at(broken[:1])[0]
            raise ValueError(f"the vectors of {len(broken)} items are not numbers, first {first}")

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """A text for each of some items; a blank one says nothing. Raises ValueError where they differ in number."""

    items: Vocabulary
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.values) != len(self.items):
            raise ValueError(f"{len(self.items)} items have {len(self.values)} texts")

    def __len__(self) -> int:
        return len(self.items)
