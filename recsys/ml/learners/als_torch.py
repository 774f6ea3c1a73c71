"""Steps of alternating least squares in torch, many rows at once; meant for CUDA, right on any device.

Dims: R rows of one side, D numbers of an embedding, b rows of a batch, L the longest of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from recsys.ml.configs import AlsConfig
from recsys.ml.data.interactions import Values

NUMBERS_AT_ONCE: Final = 2**26
"""How many floats a batch may gather: 256 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The rows of one side as flat tensors on the device, longest first, and how they are batched.

    ``order`` [R] names rows by falling length, ``batches`` are bounds in it; the lengths of a batch are
    alike, so little of its rectangle is empty.
    """

    starts: Tensor
    columns: Tensor
    confidence: Tensor
    order: Tensor
    batches: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, matrix: sparse.csr_matrix[np.float32], size: int, device: torch.device) -> Self:
        """Put a matrix [R, C] of confidences on the device, batched for embeddings of a size."""
        lengths = np.diff(matrix.indptr)
        order = np.argsort(-lengths, kind="stable")
        return cls(
            torch.from_numpy(matrix.indptr.astype(np.int64)).to(device),
            torch.from_numpy(matrix.indices.astype(np.int64)).to(device),
            torch.from_numpy(matrix.data.astype(np.float32)).to(device),
            torch.from_numpy(order).to(device),
            tuple(_bounds(lengths[order], size)),
        )

    def solved(self, others: Tensor, regularization: float) -> Tensor:
        """The embeddings [R, D] that fit best, given those of the other side."""
        size = others.shape[1]
        gram = others.T @ others + regularization * torch.eye(size, device=others.device)
        found = torch.zeros((len(self.order), size), device=others.device)
        for start, stop in self.batches:
            rows = self.order[start:stop]
            found[rows] = self._batch(rows, others, gram)
        return found

    def _batch(self, rows: Tensor, others: Tensor, gram: Tensor) -> Tensor:
        """Solve (YᵀY + λI + Σ (c − 1) y yᵀ) x = Σ c y for each row of a batch [b, D]."""
        firsts, lengths = self.starts[rows], self.starts[rows + 1] - self.starts[rows]
        places = torch.arange(int(lengths.max()), device=rows.device)
        real = places[None, :] < lengths[:, None]
        entries = torch.where(real, firsts[:, None] + places[None, :], 0)
        about = others[self.columns[entries]]
        confidence = torch.where(real, self.confidence[entries], 0.0)
        more = torch.where(real, confidence - 1, 0.0)
        systems = gram + (about * more[:, :, None]).transpose(1, 2) @ about
        wanted = (about * confidence[:, :, None]).sum(dim=1)
        return torch.cholesky_solve(wanted[:, :, None], torch.linalg.cholesky(systems))[:, :, 0]


@dataclass(frozen=True, slots=True, eq=False)
class TorchSteps:
    """Steps in torch, each row solved exactly."""

    members: Side
    items: Side
    config: AlsConfig
    device: torch.device

    @classmethod
    def of(
        cls, confidence: sparse.csr_matrix[np.float32], config: AlsConfig, device: torch.device
    ) -> Self:
        """Put the confidences [M, K] on the device, by members and by items."""
        members = Side.of(confidence, config.factors, device)
        items = Side.of(sparse.csr_matrix(confidence.T), config.factors, device)
        return cls(members, items, config, device)

    def __call__(self, members: Values, items: Values) -> tuple[Values, Values, float]:
        """One iteration."""
        learnt = self.members.solved(torch.from_numpy(items).to(self.device), self._pull)
        about = self.items.solved(learnt, self._pull)
        loss = self._loss(learnt, about)
        return learnt.cpu().numpy(), about.cpu().numpy(), loss

    @property
    def _pull(self) -> float:
        return self.config.regularization

    def _loss(self, members: Tensor, items: Tensor) -> float:
        """Mean weighted squared error over all pairs, those without interaction too, with the penalty."""
        side = self.members
        rows = torch.repeat_interleave(
            torch.arange(len(members), device=self.device), side.starts.diff()
        )
        scores = (members[rows] * items[side.columns]).sum(dim=1)
        seen = (side.confidence * (1 - scores) ** 2 - scores**2).sum()
        everything = torch.trace((members.T @ members) @ (items.T @ items))
        penalty = self._pull * (members.square().sum() + items.square().sum())
        pairs = len(members) * len(items) - len(scores) + side.confidence.sum()
        return float((seen + everything + penalty) / pairs)


def _bounds(
    lengths: np.ndarray[tuple[int], np.dtype[np.int32]], size: int
) -> Iterator[tuple[int, int]]:
    """Cut rows, longest first, so that no batch gathers too much; rows without an entry are left out."""
    start, stop = 0, int(np.count_nonzero(lengths))
    while start < stop:
        rows = max(1, NUMBERS_AT_ONCE // (size * max(int(lengths[start]), size)))
        yield start, min(stop, start + rows)
        start += rows
