"""Training neural collaborative filtering with sampled softmax: the half that needs torch.

Dims: N samples of a batch, L places of a history, F and E numbers of embeddings, S sampled items.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from recsys.ml import folding
from recsys.ml.configs import NcfConfig
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.learners.samples import arrays_of, learn
from recsys.ml.scorer import Training
from recsys.ml.scorers.ncf import Ncf

SPREAD: Final = 0.1


class NeuMf(nn.Module):
    """The product of two embeddings, beside a network of layers 2E, E, E/2 over two others."""

    def __init__(self, items: int, config: NcfConfig) -> None:
        super().__init__()
        product, size = config.factors, config.embedding_size
        self.product_history = nn.Parameter(SPREAD * torch.randn(items, product))
        self.product_target = nn.Parameter(SPREAD * torch.randn(items, product))
        self.network_history = nn.Parameter(SPREAD * torch.randn(items, size))
        self.network_target = nn.Parameter(SPREAD * torch.randn(items, size))
        self.of_history = nn.Linear(size, size, bias=False)
        self.of_target = nn.Linear(size, size)
        self.layer = nn.Linear(size, size // 2)
        self.head = nn.Linear(size // 2, 1, bias=False)

    def forward(
        self, histories: Tensor, weights: Tensor, targets: Tensor, sampled: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Logits [N] of targets and [N, S] of sampled items, given histories and weights [N, L]."""
        member, done = (
            functional.embedding_bag(histories, table, per_sample_weights=weights, mode="sum")
            for table in (self.product_history, self.network_history)
        )
        items, asked = torch.cat([targets, sampled]), len(targets)
        product = functional.embedding(items, self.product_target)
        met = self.of_target(functional.embedding(items, self.network_target))
        done = self.of_history(done)
        right = (member * product[:asked]).sum(dim=1) + self._network(done + met[:asked])
        wrong = member @ product[asked:].T + self._network(done[:, None] + met[asked:])
        return right, wrong

    def _network(self, first: Tensor) -> Tensor:
        """The layers above the first one [..., E], which is the sum of its two halves."""
        second = functional.relu(self.layer(functional.relu(first)))
        return torch.as_tensor(self.head(second)).squeeze(-1)

    def scoring(self) -> dict[str, Tensor]:
        """What the scoring half keeps: the network's embeddings with its first layer in them."""
        return {
            "product_history": self.product_history,
            "product_target": self.product_target,
            "network_history": self.of_history(self.network_history),
            "network_target": self.of_target(self.network_target),
            "layer": self.layer.weight,
            "bias": self.layer.bias,
            "head": self.head.weight[0],
        }


def fit(
    config: NcfConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Ncf:
    """Learn to tell each interaction from sampled items, given what the member did before it."""
    items, known = folding.known_items(interactions, catalogue, config.counts, config.least)
    torch.manual_seed(training.options.seed)
    model = NeuMf(len(items), config)
    learn(model, known, config, training, "softmax")
    with torch.no_grad():
        return Ncf(config, items, **arrays_of(model.scoring()))
