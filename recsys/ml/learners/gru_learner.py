"""Training the recurrent network: the half that needs torch."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from recsys.ml.configs.sequences import GruConfig
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.learners.sequence_learner import Network, learn, rows_of
from recsys.ml.scorer import Training
from recsys.ml.scorers.gru import Gru


class Recurrent(Network):
    """A gated recurrent unit over what is read, its states projected to the size of an item's vector."""

    def prepare(self, config: GruConfig) -> None:
        """Make the layers."""
        self.cell = nn.GRU(config.embedding_size, config.units, batch_first=True)
        self.out = nn.Linear(config.units, config.embedding_size)
        self.dropout = nn.Dropout(config.dropout)

    def inputs(self, table: Tensor, items: Tensor, weights: Tensor) -> Tensor:
        """w_j t_j at each place [B, L, D]."""
        return functional.embedding(items, table) * weights[:, :, None]

    def forward(self, inputs: Tensor, fades: Tensor) -> Tensor:
        """Each state projected [B, L, D]; ``fades`` are not needed, a state fades by itself."""
        states, _ = self.cell(self.dropout(inputs))
        hidden: Tensor = self.out(self.dropout(states))
        return hidden


class GruNetwork(Recurrent):
    """The network of `gru.Gru`, for many windows at once."""

    def __init__(self, items: int, config: GruConfig) -> None:
        super().__init__()
        self.items = rows_of(items, config.embedding_size)
        self.prepare(config)

    def table(self, items: Tensor | None = None) -> Tensor:
        """Rows of what is learnt for each item."""
        return self.items if items is None else functional.embedding(items, self.items)


def fit(
    config: GruConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Gru:
    """Learn to tell what comes next from sampled items, at every place of every history."""
    items, parameters = learn(
        config, interactions, catalogue, training, lambda count: GruNetwork(count, config)
    )
    return Gru(config, items, parameters)
