"""Training self-attention over histories: the half that needs torch.

Dims: B windows of a batch, L places, D numbers of an embedding.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from recsys.ml.configs.sequences import SasrecConfig
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.learners.sequence_learner import Network, learn, rows_of
from recsys.ml.scorer import Training, Untrainable
from recsys.ml.scorers.sasrec import EPSILON, WIDER, Sasrec


class Block(nn.Module):
    """Attention and a feed forward, each after a norm and, where gated, through a gate."""

    def __init__(self, config: SasrecConfig) -> None:
        super().__init__()
        size = config.embedding_size
        self.heads, self.gated = config.heads, config.gated
        self.attention_norm = nn.LayerNorm(size, EPSILON)
        self.feed_norm = nn.LayerNorm(size, EPSILON)
        self.query, self.key, self.value, self.mix = (
            nn.Linear(size, size, bias=False) for _ in range(4)
        )
        self.widen = nn.Linear(size, WIDER * size, bias=False)
        self.narrow = nn.Linear(WIDER * size, size, bias=False)
        if self.gated:
            self.open = nn.Linear(size, WIDER * size, bias=False)
            self.attention_gate = nn.Linear(size, size)
            self.feed_gate = nn.Linear(size, size)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, states: Tensor, mask: Tensor | None) -> Tensor:
        """States [B, L, D] to states; ``mask`` [B, 1, L, L] is added to attention, None for causal alone."""
        attended: Tensor = self.dropout(self._attention(self.attention_norm(states), mask))
        if self.gated:
            attended = attended * torch.sigmoid(self.attention_gate(states))
        states = states + attended
        fed: Tensor = self.dropout(self._feed(self.feed_norm(states)))
        if self.gated:
            fed = fed * torch.sigmoid(self.feed_gate(states))
        return states + fed

    def _attention(self, normed: Tensor, mask: Tensor | None) -> Tensor:
        queries, keys, values = (
            self._by_head(layer(normed)) for layer in (self.query, self.key, self.value)
        )
        mixed = functional.scaled_dot_product_attention(
            queries, keys, values, attn_mask=mask, is_causal=mask is None
        )
        attended: Tensor = self.mix(mixed.transpose(1, 2).flatten(2))
        return attended

    def _by_head(self, states: Tensor) -> Tensor:
        return states.view(*states.shape[:2], self.heads, -1).transpose(1, 2)

    def _feed(self, normed: Tensor) -> Tensor:
        wide: Tensor = self.widen(normed)
        wide = wide * functional.silu(self.open(normed)) if self.gated else functional.relu(wide)
        fed: Tensor = self.narrow(wide)
        return fed


class SasrecNetwork(Network):
    """The network of `sasrec.Sasrec`, for many windows at once."""

    def __init__(self, items: int, config: SasrecConfig) -> None:
        super().__init__()
        self.items = rows_of(items, config.embedding_size)
        self.positions = rows_of(config.history, config.embedding_size)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.embedding_size, EPSILON)
        self.dropout = nn.Dropout(config.dropout)

    def table(self, items: Tensor | None = None) -> Tensor:
        """Rows of what is learnt for each item."""
        return self.items if items is None else functional.embedding(items, self.items)

    def inputs(self, table: Tensor, items: Tensor, weights: Tensor) -> Tensor:
        """Items turned round where disliked, nothing where hidden [B, L, D]."""
        return functional.embedding(items, table) * torch.sign(weights)[:, :, None]

    def forward(self, inputs: Tensor, fades: Tensor) -> Tensor:
        """Hidden vectors [B, L, D]; nobody looks ahead, so padding at the ends needs no mask."""
        states = self.dropout(inputs + self.positions[: inputs.shape[1]])
        mask = _mask(fades) if fades.shape[1] else None
        for block in self.blocks:
            states = block(states, mask)
        hidden: Tensor = self.norm(states)
        return hidden


def _mask(fades: Tensor) -> Tensor:
    """What attention gets added [B, 1, L, L]: log |w_j|, and −∞ for what comes later."""
    length = fades.shape[1]
    later = torch.ones(length, length, dtype=torch.bool, device=fades.device).triu(1)
    return fades[:, None, None, :].masked_fill(later, -torch.inf)


def fit(
    config: SasrecConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Sasrec:
    """Learn to tell what comes next from sampled items, at every place of every history.

    Raises Untrainable where the heads do not divide the embedding.
    """
    if config.embedding_size % config.heads:
        told = f"heads: {config.heads} do not divide an embedding of {config.embedding_size}"
        raise Untrainable(told, reason="heads_do_not_divide", is_setting=True)
    items, parameters = learn(
        config, interactions, catalogue, training, lambda count: SasrecNetwork(count, config)
    )
    return Sasrec(config, items, parameters)
