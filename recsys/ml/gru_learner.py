"""Training the recurrent network: the half that needs torch."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from recsys.ml.configs.sequences import GruConfig
from recsys.ml.gru import Gru
from recsys.ml.interactions import Interactions, Vocabulary
from recsys.ml.scorer import Training
from recsys.ml.sequence_learner import Network, learn, table


class GruNetwork(Network):
    """The network of `gru.Gru`, for many windows at once."""

    def __init__(self, items: int, config: GruConfig) -> None:
        super().__init__()
        self.items = table(items, config.embedding_size)
        self.cell = nn.GRU(config.embedding_size, config.units, batch_first=True)
        self.out = nn.Linear(config.units, config.embedding_size)
        self.dropout = nn.Dropout(config.dropout)

    def inputs(self, items: Tensor, weights: Tensor) -> Tensor:
        """w_j t_j at each place [B, L, D]."""
        return functional.embedding(items, self.items) * weights[:, :, None]

    def forward(self, inputs: Tensor, fades: Tensor) -> Tensor:
        """Each state projected [B, L, D]; ``fades`` are not needed, a state fades by itself."""
        states, _ = self.cell(self.dropout(inputs))
        hidden: Tensor = self.out(self.dropout(states))
        return hidden


def fit(
    config: GruConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Gru:
    """Learn to tell what comes next from sampled items, at every place of every history."""
    items, parameters = learn(
        config, interactions, catalogue, training, lambda count: GruNetwork(count, config)
    )
    return Gru(config, items, parameters)
