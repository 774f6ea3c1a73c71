"""The trainer of all models of sequences: the half that needs torch.

Dims: B windows of a batch, L places, D numbers of an embedding, K items.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from recsys.ml import folding
from recsys.ml.checkpoints import fingerprint
from recsys.ml.configs.sequences import SequenceConfig
from recsys.ml.interactions import Interactions, Vocabulary
from recsys.ml.pacing import Pacing
from recsys.ml.samples import arrays_of
from recsys.ml.scorer import Training
from recsys.ml.sequence_losses import LOSSES
from recsys.ml.sequences import Sequences, held_out, spoken
from recsys.ml.torch_device import moved
from recsys.ml.training import Batch, Task, Watch, device_of, train

SPREAD: Final = 0.05
DEPTH: Final = 10
ASKED: Final = 128
"""Held-out windows of a batch."""


class Network(nn.Module, ABC):
    """Reads windows of items; the score of item i after a place = hidden vector · ``items``_i."""

    items: nn.Parameter

    @abstractmethod
    def inputs(self, items: Tensor, weights: Tensor) -> Tensor:
        """What is read at each place [B, L, D], of items and their weights [B, L]."""

    @abstractmethod
    def forward(self, inputs: Tensor, fades: Tensor) -> Tensor:
        """Hidden vectors [B, L, D], each of what stands up to its place."""


def table(items: int, size: int) -> nn.Parameter:
    """Small random embeddings [items, size]."""
    return nn.Parameter(SPREAD * torch.randn(items, size))


def learn(
    config: SequenceConfig,
    interactions: Interactions,
    catalogue: Vocabulary,
    training: Training,
    network_of: Callable[[int], Network],
) -> tuple[Vocabulary, dict[str, NDArray[Any]]]:
    """Teach a network what members turned to next; its items and its parameters by name.

    Raises Untrainable where there is nothing to learn.
    """
    items, known = folding.known_items(interactions, catalogue, config.counts, config.least)
    said, held = held_out(spoken(known, config), config, training.options.seed)
    sequences = Sequences.of(said, config)
    device = device_of(training.options.device)
    torch.manual_seed(training.options.seed)
    lesson = Lesson(network_of(len(items)).to(device), sequences, held, device)
    told = {"config": asdict(config), "seed": training.options.seed, "data": known.digest()}
    train(lesson.task(training.options.seed, fingerprint(told)), training, device)
    return items, arrays_of(lesson.network.state_dict())


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """A network, what it learns, and what was held out."""

    network: Network
    sequences: Sequences
    held: Sequences | None
    device: torch.device

    def task(self, seed: int, name: str) -> Task:
        """What the training loop is given."""
        config = self.sequences.config
        chances = torch.from_numpy(np.log(self.sequences.chances())).to(self.network.items)
        parameters = self.network.parameters()
        return Task(
            model=self.network,
            optimizer=torch.optim.AdamW(
                parameters, lr=config.learning_rate, weight_decay=config.reg
            ),
            batches=lambda epoch: self._batches(seed, epoch),
            loss=lambda batch: self.loss(batch, chances),
            steps=self.sequences.steps,
            epochs=config.epochs,
            fingerprint=name,
            pacing=Pacing(config.patience if self.held else 0, clip=config.clip),
            watch=self._watch(self.held) if self.held else None,
        )

    def _batches(self, seed: int, epoch: int) -> Iterator[Batch]:
        for batch in self.sequences.batches(seed, epoch):
            yield [torch.from_numpy(each) for each in batch.arrays()]

    def loss(self, batch: Batch, chances: Tensor) -> Tensor:
        """The mean loss of a batch; with ``perturbation`` half of it under embeddings pushed the worst way.

        The push has a fixed length and the direction of the gradient (Miyato and others 2017).
        """
        items, weights, *_ = batch
        inputs = self.network.inputs(items, weights)
        plain = self._loss(inputs, batch, chances)
        if not self.sequences.config.perturbation:
            return plain
        (slope,) = torch.autograd.grad(plain, inputs, retain_graph=True)
        push = self.sequences.config.perturbation * functional.normalize(slope, dim=-1)
        return (plain + self._loss(inputs + push, batch, chances)) / 2

    def _loss(self, inputs: Tensor, batch: Batch, chances: Tensor) -> Tensor:
        _, _, fades, targets, lessons, sampled = batch
        taught = lessons > 0
        hidden = self.network(inputs, fades)[taught]
        loss_of = LOSSES[self.sequences.config.loss]
        losses = loss_of(hidden, self.network.items, targets[taught], sampled, chances)
        return (losses * lessons[taught]).sum() / max(len(losses), 1)

    def _watch(self, held: Sequences) -> Watch:
        if self.sequences.config.watch == "ndcg":
            return Watch("ndcg", lambda: self._mean(_ndcg, held))
        told = "validation_loss"
        return Watch(told, lambda: self._mean(_cross_entropy, held), higher_is_better=False)

    def _mean(self, measure: Callable[[Tensor, Tensor], Tensor], held: Sequences) -> float:
        """The mean of a measure over what was held out, among all items that a history does not hold."""
        total, asked = 0.0, 0
        for batch in held.in_order(ASKED):
            tensors = moved([torch.from_numpy(each) for each in batch.arrays()], self.device)
            scores, targets = self._asked(tensors)
            total += float(measure(scores, targets).sum())
            asked += len(targets)
        return total / asked

    def _asked(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Scores [B, K] after the last place of each window, those of its own items −∞, and the targets [B]."""
        items, weights, fades, targets, _, _ = batch
        last = (weights != 0).sum(dim=1) - 1
        rows = torch.arange(len(last), device=last.device)
        hidden = self.network(self.network.inputs(items, weights), fades)[rows, last]
        scores = (hidden @ self.network.items.T).scatter(1, items, -torch.inf)
        return scores, targets[rows, last]


def _ndcg(scores: Tensor, targets: Tensor) -> Tensor:
    """1 / log2(rank + 1) of each target [B] among the first ten, else 0; a tie goes against it."""
    own = scores.gather(1, targets[:, None])
    ranks = (scores >= own).sum(dim=1).float()
    return torch.where(ranks <= DEPTH, 1 / torch.log2(ranks + 1), torch.zeros_like(ranks))


def _cross_entropy(scores: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(scores.float(), targets, reduction="none")
