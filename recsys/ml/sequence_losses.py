"""What a model of sequences is taught by. Dims: N places, D numbers of an embedding, K items, S sampled.

Each loss takes the hidden vectors [N, D] of places, the table of items [K, D], the targets [N], the sampled
items [S] and the logarithms of the chances to be sampled [K]; it returns a loss for each place [N].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

CALIBRATION: Final = 0.75
"""t of gBCE: 1 gives calibrated chances, lower ranks better (Petrov and Macdonald 2023)."""


def softmax(
    hidden: Tensor, table: Tensor, targets: Tensor, sampled: Tensor, chances: Tensor
) -> Tensor:
    """Softmax over all items, or over the target and the sampled ones, which are the same for all places.

    Each sampled logit is less by the logarithm of its chance, so that the sample stands for the whole
    catalogue (Bengio and Senécal 2008); a sampled item that is the target counts once.
    """
    if not len(sampled):
        return functional.cross_entropy((hidden @ table.T).float(), targets, reduction="none")
    right, wrong = _logits(hidden, table, targets, sampled)
    wrong = (wrong - chances[sampled]).masked_fill(_same(sampled, targets), -torch.inf)
    logits = torch.cat([(right - chances[targets])[:, None], wrong], dim=1)
    return functional.cross_entropy(logits, torch.zeros_like(targets), reduction="none")


def gbce(
    hidden: Tensor, table: Tensor, targets: Tensor, sampled: Tensor, chances: Tensor
) -> Tensor:
    """−(β log σ(s⁺) + Σ log(1 − σ(s⁻))) / (S + 1), with β = a (t (1 − 1/a) + 1/a) and a = S / (K − 1).

    Generalized binary cross-entropy (Petrov and Macdonald 2023): β takes back how much more sure of itself
    a model becomes that sees few negatives. ``chances`` are not needed, all items are sampled alike.
    """
    if not len(sampled):
        sampled = torch.arange(len(chances), device=hidden.device)
    right, wrong = _logits(hidden, table, targets, sampled)
    share = min(1.0, len(sampled) / max(len(chances) - 1, 1))
    power = share * (CALIBRATION * (1 - 1 / share) + 1 / share)
    against = functional.softplus(wrong).masked_fill(_same(sampled, targets), 0.0).sum(dim=1)
    return (power * functional.softplus(-right) + against) / (len(sampled) + 1)


def _logits(
    hidden: Tensor, table: Tensor, targets: Tensor, sampled: Tensor
) -> tuple[Tensor, Tensor]:
    """Of the targets [N] and of the sampled items [N, S]."""
    own, others = functional.embedding(targets, table), functional.embedding(sampled, table)
    return (hidden * own).sum(dim=1).float(), (hidden @ others.T).float()


def _same(sampled: Tensor, targets: Tensor) -> Tensor:
    return sampled[None, :] == targets[:, None]


LOSSES: Final[dict[str, Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]]] = {
    "softmax": softmax,
    "gbce": gbce,
}
