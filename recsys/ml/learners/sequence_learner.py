"""The trainer of all models of sequences: the half that needs torch.

Dims: B windows of a batch, L places, D numbers of an embedding, K items.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from recsys.ml import folding
from recsys.ml.configs.sequences import SequenceConfig
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.learners.samples import arrays_of
from recsys.ml.learners.sequence_losses import LOSSES, PRODUCT, Meeting
from recsys.ml.scorer import Training
from recsys.ml.scorers.sequences import Sequences, held_out, spoken
from recsys.ml.training.checkpoints import fingerprint
from recsys.ml.training.loop import Task, Watch, train
from recsys.ml.training.optimizer import AdamW
from recsys.ml.training.pacing import Pacing
from recsys.ml.training.ranks import Batch
from recsys.ml.training.torch_device import device_of, moved

Made = TypeVar("Made", bound="Network")
SPREAD: Final = 0.05
DEPTH: Final = 10
ASKED: Final = 128
"""Held-out windows of a batch."""


class Network(nn.Module, ABC):
    """Reads windows of items; the score of an item after a place is how its vector meets the hidden one."""

    @abstractmethod
    def table(self, items: Tensor | None = None) -> Tensor:
        """Vectors [n, D] of these items [n], or [K, D] of all."""

    @abstractmethod
    def inputs(self, table: Tensor, items: Tensor, weights: Tensor) -> Tensor:
        """What is read at each place [B, L, D], of items by their places in a table, and weights [B, L]."""

    @abstractmethod
    def forward(self, inputs: Tensor, fades: Tensor) -> Tensor:
        """Hidden vectors [B, L, D], each of what stands up to its place."""

    def meeting(self) -> Meeting:
        """How hidden vectors meet items."""
        return PRODUCT

    def narrowed(self, batch: Batch, chances: Tensor) -> tuple[Tensor, Batch, Tensor]:
        """The vectors that a batch is about, the batch and the chances [K] by their places among these.

        Here those of all items: they cost nothing.
        """
        return self.table(), batch, chances


def rows_of(items: int, size: int) -> nn.Parameter:
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
    network = teach(config, known, training, lambda: network_of(len(items)))
    return items, arrays_of(network.state_dict())


def teach(
    config: SequenceConfig,
    known: Interactions,
    training: Training,
    network_of: Callable[[], Made],
    besides: str = "",
) -> Made:
    """Make a network and teach it what members turned to next; ``besides`` names what else it knows of items."""
    said, held = held_out(spoken(known, config), config, training.options.seed)
    sequences = Sequences.of(said, config)
    device = device_of(training.options.device)
    torch.manual_seed(training.options.seed)
    network = network_of().to(device)
    lesson = Lesson(network, sequences, held, device)
    told = {"config": asdict(config), "seed": training.options.seed, "data": known.digest()}
    told |= {"besides": besides} if besides else {}
    train(lesson.task(training.options.seed, fingerprint(told)), training, device)
    return network


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
        chances = torch.from_numpy(np.log(self.sequences.chances())).float().to(self.device)
        parameters = self.network.parameters()
        return Task(
            model=self.network,
            optimizer=AdamW(parameters, lr=config.learning_rate, weight_decay=config.reg),
            batches=lambda epoch: self._batches(seed, epoch),
            loss=lambda batch: self.loss(batch, chances),
            steps=self.sequences.steps,
            epochs=config.epochs,
            fingerprint=name,
            pacing=Pacing(config.patience if self.held else 0, clip=config.clip),
            watch=self._watch(self.held) if self.held else None,
            whole=1,
            weighs=_taught,
        )

    def _batches(self, seed: int, epoch: int) -> Iterator[Batch]:
        for batch in self.sequences.batches(seed, epoch):
            yield [torch.from_numpy(each) for each in batch.arrays()]

    def loss(self, batch: Batch, chances: Tensor) -> Tensor:
        """The mean loss of a batch; with ``perturbation`` half of it under embeddings pushed the worst way.

        The push has a fixed length and the direction of the gradient (Miyato and others 2017).
        """
        table, batch, chances = self.network.narrowed(batch, chances)
        inputs = self.network.inputs(table, batch[0], batch[1])
        plain = self._loss(inputs, table, batch, chances)
        if not self.sequences.config.perturbation:
            return plain
        (slope,) = torch.autograd.grad(plain, inputs, retain_graph=True)
        push = self.sequences.config.perturbation * functional.normalize(slope, dim=-1)
        return (plain + self._loss(inputs + push, table, batch, chances)) / 2

    def _loss(self, inputs: Tensor, table: Tensor, batch: Batch, chances: Tensor) -> Tensor:
        _, _, fades, targets, lessons, sampled = batch
        taught = lessons > 0
        hidden = self.network(inputs, fades)[taught]
        loss_of = LOSSES[self.sequences.config.loss]
        meeting = self.network.meeting()
        losses = loss_of(hidden, table, targets[taught], sampled, chances, meeting)
        return (losses * lessons[taught]).sum() / max(len(losses), 1)

    def _watch(self, held: Sequences) -> Watch:
        if self.sequences.config.watch == "ndcg":
            return Watch("ndcg", lambda: self._mean(_ndcg, held))
        told = "validation_loss"
        return Watch(told, lambda: self._mean(_cross_entropy, held), higher_is_better=False)

    def _mean(self, measure: Callable[[Tensor, Tensor], Tensor], held: Sequences) -> float:
        """The mean of a measure over what was held out, among all items that a history does not hold."""
        total, asked, table = 0.0, 0, self.network.table()
        for batch in held.in_order(ASKED):
            tensors = moved([torch.from_numpy(each) for each in batch.arrays()], self.device)
            scores, targets = self._asked(tensors, table)
            total += float(measure(scores, targets).sum())
            asked += len(targets)
        return total / asked

    def _asked(self, batch: Batch, table: Tensor) -> tuple[Tensor, Tensor]:
        """Scores [B, K] after the last place of each window, those of its own items −∞, and the targets [B]."""
        items, weights, fades, targets, _, _ = batch
        last = (weights != 0).sum(dim=1) - 1
        rows = torch.arange(len(last), device=last.device)
        hidden = self.network(self.network.inputs(table, items, weights), fades)[rows, last]
        scores = self.network.meeting().all(hidden, table).scatter(1, items, -torch.inf)
        return scores, targets[rows, last]


def _taught(batch: Batch) -> int:
    """How many places of a batch teach."""
    return int((batch[4] > 0).sum())


def _ndcg(scores: Tensor, targets: Tensor) -> Tensor:
    """1 / log2(rank + 1) of each target [B] among the first ten, else 0; a tie goes against it."""
    own = scores.gather(1, targets[:, None])
    ranks = (scores >= own).sum(dim=1).float()
    return torch.where(ranks <= DEPTH, 1 / torch.log2(ranks + 1), torch.zeros_like(ranks))


def _cross_entropy(scores: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(scores.float(), targets, reduction="none")
