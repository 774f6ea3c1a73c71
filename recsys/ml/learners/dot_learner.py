"""Training the dot product: the half that needs torch.

Dims: N samples of a batch, L places of a history, D numbers of an embedding, S sampled items.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from recsys.ml import folding
from recsys.ml.configs import DotConfig
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.learners.samples import arrays_of, learn
from recsys.ml.scorer import Training
from recsys.ml.scorers.content import meanings
from recsys.ml.scorers.dot import Dot

SPREAD: Final = 0.1


class TwoEmbeddings(nn.Module):
    """u = Σ w_j h_j over a history, logit of item i = u · t_i."""

    def __init__(self, items: int, config: DotConfig) -> None:
        super().__init__()
        self.history = nn.Parameter(SPREAD * torch.randn(items, config.embedding_size))
        self.target = nn.Parameter(SPREAD * torch.randn(items, config.embedding_size))

    def forward(
        self, histories: Tensor, weights: Tensor, targets: Tensor, sampled: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Logits [N] of targets and [N, S] of sampled items, given histories and weights [N, L]."""
        members = functional.embedding_bag(
            histories, self.history, per_sample_weights=weights, mode="sum"
        )
        among = functional.embedding(torch.cat([targets, sampled]), self.target)
        own, others = among[: len(targets)], among[len(targets) :]
        return (members * own).sum(dim=1), members @ others.T


@torch.no_grad()
def begin_with(
    model: TwoEmbeddings, known: Vocabulary, meaning: NDArray[np.float64], items: Vocabulary
) -> None:
    """Have the embeddings of items with a text begin as its principal components, whitened.

    They are as large as those that begin by chance; components beyond those of the texts, and items
    without one, keep these.
    """
    left, _, _ = np.linalg.svd(meaning, full_matrices=False)
    size = min(left.shape[1], model.history.shape[1])
    begun = torch.from_numpy(SPREAD * len(left) ** 0.5 * left[:, :size]).float()
    rows = torch.from_numpy(items.indexes(known.ids)).long()
    for table in (model.history, model.target):
        table[rows, :size] = begun


def fit(
    config: DotConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Dot:
    """Learn to tell each interaction from sampled items, given what the member did before it.

    Raises Untrainable where it is to begin with texts and no item has a vector of one.
    """
    items, known = folding.known_items(interactions, catalogue, config.counts, config.least)
    torch.manual_seed(training.options.seed)
    model = TwoEmbeddings(len(items), config)
    if config.begins == "texts":
        begin_with(model, *meanings(items, training, centre=True), items)
    learn(model, known, config, training, config.loss)
    return Dot(config, items, **arrays_of(model.state_dict()))
