"""What a model of sequences is taught by. Dims: N places, D numbers of an embedding, K items, S sampled.

Each loss takes the hidden vectors [N, D] of places, the table of items [K, D], the targets [N], the sampled
items [S], the logarithms of the chances to be sampled [K] and how a hidden vector meets an item; it returns a
loss for each place [N].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import torch
from torch import Tensor
from torch.nn import functional

CALIBRATION: Final = 0.75
"""t of gBCE: 1 gives calibrated chances, lower ranks better (Petrov and Macdonald 2023)."""


class Meeting(Protocol):
    """How hidden vectors [N, D] meet items: each its own [N, D], or all of them the same [S, D]."""

    def own(self, hidden: Tensor, items: Tensor) -> Tensor:
        """Logits [N]."""
        ...

    def all(self, hidden: Tensor, items: Tensor) -> Tensor:
        """Logits [N, S]."""
        ...


class Product:
    """The dot product."""

    def own(self, hidden: Tensor, items: Tensor) -> Tensor:
        """Row by row."""
        return (hidden * items).sum(dim=1)

    def all(self, hidden: Tensor, items: Tensor) -> Tensor:
        """Each row by each."""
        return hidden @ items.T


PRODUCT: Final = Product()


def softmax(
    hidden: Tensor,
    table: Tensor,
    targets: Tensor,
    sampled: Tensor,
    chances: Tensor,
    meeting: Meeting = PRODUCT,
) -> Tensor:
    """Softmax over all items, or over the target and the sampled ones, which are the same for all places.

    Each sampled logit is less by the logarithm of its chance, so that the sample stands for the whole
    catalogue (Bengio and Senécal 2008); a sampled item that is the target counts once.
    """
    if not len(sampled):
        logits = meeting.all(hidden, table).float()
        return functional.cross_entropy(logits, targets, reduction="none")
    right, wrong = _logits(hidden, table, targets, sampled, meeting)
    wrong = (wrong - chances[sampled]).masked_fill(_same(sampled, targets), -torch.inf)
    logits = torch.cat([(right - chances[targets])[:, None], wrong], dim=1)
    return functional.cross_entropy(logits, torch.zeros_like(targets), reduction="none")


def gbce(
    hidden: Tensor,
    table: Tensor,
    targets: Tensor,
    sampled: Tensor,
    chances: Tensor,
    meeting: Meeting = PRODUCT,
) -> Tensor:
    """−(β log σ(s⁺) + Σ log(1 − σ(s⁻))) / (S + 1), with β = a (t (1 − 1/a) + 1/a) and a = S / (K − 1).

    Generalized binary cross-entropy (Petrov and Macdonald 2023): β takes back how much more sure of itself
    a model becomes that sees few negatives. ``chances`` are not needed, all items are sampled alike.
    """
    if not len(sampled):
        sampled = torch.arange(len(chances), device=hidden.device)
    right, wrong = _logits(hidden, table, targets, sampled, meeting)
    share = min(1.0, len(sampled) / max(len(chances) - 1, 1))
    power = share * (CALIBRATION * (1 - 1 / share) + 1 / share)
    against = functional.softplus(wrong).masked_fill(_same(sampled, targets), 0.0).sum(dim=1)
    return (power * functional.softplus(-right) + against) / (len(sampled) + 1)


def _logits(
    hidden: Tensor, table: Tensor, targets: Tensor, sampled: Tensor, meeting: Meeting
) -> tuple[Tensor, Tensor]:
    """Of the targets [N] and of the sampled items [N, S]."""
    own, others = functional.embedding(targets, table), functional.embedding(sampled, table)
    return meeting.own(hidden, own).float(), meeting.all(hidden, others).float()


def _same(sampled: Tensor, targets: Tensor) -> Tensor:
    return sampled[None, :] == targets[:, None]


LOSSES: Final[dict[str, Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Meeting], Tensor]]] = {
    "softmax": softmax,
    "gbce": gbce,
}
