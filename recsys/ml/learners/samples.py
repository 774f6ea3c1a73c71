"""What models learn that tell each interaction from sampled items, given what the member did before it.

The half that needs torch. Dims: N samples of a batch, L places of a history, K items, S sampled items.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from recsys.ml import folding
from recsys.ml.data.interactions import Interactions
from recsys.ml.scorer import Training, Untrainable
from recsys.ml.training.checkpoints import fingerprint
from recsys.ml.training.loop import Task, train
from recsys.ml.training.optimizer import AdamW
from recsys.ml.training.ranks import Batch
from recsys.ml.training.torch_device import device_of

NEVER: Final = 1e-30
"""The chance of an item that nobody turned to: it is no target and is never sampled."""


class Sampling(folding.Weighing, Protocol):
    """The settings by which a family samples (see `configs`)."""

    @property
    def history(self) -> int: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def negatives(self) -> int: ...
    @property
    def half_life_days(self) -> float: ...
    @property
    def epochs(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def reg(self) -> float: ...


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Every interaction that counts and has something before it, as a place in flat arrays.

    ``items``, ``values`` and ``times`` [rows] are all interactions by member and time, ``firsts`` [rows]
    where each row's member begins, ``places`` the rows to learn, ``chances`` [K] how often items are sampled.
    """

    items: NDArray[np.int64]
    values: NDArray[np.float32]
    times: NDArray[np.float64]
    firsts: NDArray[np.int64]
    places: NDArray[np.int64]
    chances: NDArray[np.float64]
    lessons: NDArray[np.float32]

    @classmethod
    def of(cls, known: Interactions, config: Sampling) -> Samples:
        """Lay out interactions; raises Untrainable where nobody did two things."""
        rows = np.arange(len(known))
        firsts = known.starts[known.members].astype(np.int64)
        signals = folding.signal(known.values, config.counts)
        places = rows[(rows > firsts) & (signals > 0)]
        if not len(places):
            raise Untrainable("no member has two interactions to learn from", reason="no_pairs")
        events = np.bincount(known.items, signals, len(known.item_ids))
        lessons = folding.aged(known, config.counts, config.half_life_days)
        return cls(
            known.items.astype(np.int64),
            known.values,
            known.times,
            firsts,
            places,
            events / events.sum(),
            (lessons / lessons[places].mean()).astype(np.float32),
        )

    def steps(self, batch_size: int) -> int:
        """Batches in an epoch."""
        return -(-len(self.places) // batch_size)

    def batches(self, config: Sampling, seed: int, epoch: int) -> Iterator[Batch]:
        """Batches of an epoch in an order, and with samples, that (seed, epoch) decides."""
        chance = np.random.default_rng([seed, epoch])
        order = chance.permutation(self.places)
        ladder = np.cumsum(self.chances)
        for start in range(0, len(order), config.batch_size):
            drawn = np.searchsorted(ladder, chance.random(config.negatives) * ladder[-1])
            batch = self._batch(order[start : start + config.batch_size], config)
            yield [torch.from_numpy(each) for each in (*batch, drawn)]

    def _batch(self, places: NDArray[np.int64], config: Sampling) -> tuple[NDArray[Any], ...]:
        """Histories and weights [N, L], targets and lessons [N]; a place before the first weighs 0."""
        ages = np.arange(config.history)
        rows = places[:, None] - 1 - ages[None, :]
        real = rows >= self.firsts[places, None]
        rows = np.where(real, rows, 0)
        weights = folding.signed(config, self.values[rows]) * real
        weights = weights * np.float32(config.decay) ** ages.astype(np.float32)
        days = (self.times[rows[:, :1]] - self.times[rows]) / folding.DAY_S
        weights = weights * np.float32(config.daily_decay) ** (days * real).astype(np.float32)
        sizes = np.abs(weights).sum(axis=1, keepdims=True)
        lessons = self.lessons[places] * (sizes[:, 0] > 0)
        weights = (weights / np.maximum(sizes, 1e-9)).astype(np.float32)
        return self.items[rows], weights, self.items[places], lessons


class Telling(Protocol):
    """A model that tells targets from sampled items: logits [N], and those of the samples [N, S]."""

    def __call__(
        self, histories: Tensor, weights: Tensor, targets: Tensor, sampled: Tensor
    ) -> tuple[Tensor, Tensor]: ...


def softmax_loss(model: Telling, chances: Tensor, batch: Batch) -> Tensor:
    """Softmax over the target and the sampled items, each logit less log of its chance to be sampled.

    The correction makes the sample stand for the whole catalogue (Bengio and Senécal 2008); a sampled
    item that is the target counts once. ``chances`` [K] are logs.
    """
    histories, weights, targets, lessons, sampled = batch
    right, wrong = model(histories, weights, targets, sampled)
    wrong = wrong - chances[sampled]
    wrong = wrong.masked_fill(sampled[None, :] == targets[:, None], -torch.inf)
    logits = torch.cat([(right - chances[targets])[:, None], wrong], dim=1).float()
    losses = functional.cross_entropy(logits, torch.zeros_like(targets), reduction="none")
    return (losses * lessons).mean()


def bpr_loss(model: Telling, chances: Tensor, batch: Batch) -> Tensor:
    """−log σ(target − sampled item), the mean over the sampled items that are not the target.

    Bayesian personalized ranking (Rendle and others 2009), here with many comparisons for each target;
    items are sampled as often as they occur, so that a popular one has to be earned (Rendle and
    Freudenthaler 2014 sample harder ones still). ``chances`` are not needed: it ranks, it counts no odds.
    """
    histories, weights, targets, lessons, sampled = batch
    right, wrong = model(histories, weights, targets, sampled)
    lead = right[:, None] - wrong
    other = sampled[None, :] != targets[:, None]
    losses = (functional.softplus(-lead.float()) * other).sum(dim=1)
    return (losses / other.sum(dim=1).clamp(min=1) * lessons).mean()


LOSSES: Final = {"softmax": softmax_loss, "bpr": bpr_loss}


def learn(
    model: nn.Module,
    known: Interactions,
    config: Sampling,
    training: Training,
    loss: str,
    besides: str = "",
) -> None:
    """Have a model, which is `Telling`, learn to tell each interaction; raises Untrainable, Cancelled.

    ``besides`` names what it knows besides interactions, for a checkpoint to be of the same.
    """
    samples = Samples.of(known, config)
    device = device_of(training.options.device)
    chances = torch.from_numpy(np.log(np.maximum(samples.chances, NEVER))).float().to(device)
    model.to(device)
    task = Task(
        model=model,
        optimizer=AdamW(model.parameters(), lr=config.learning_rate, weight_decay=config.reg),
        batches=lambda epoch: samples.batches(config, training.options.seed, epoch),
        loss=lambda batch: LOSSES[loss](model, chances, batch),
        steps=samples.steps(config.batch_size),
        epochs=config.epochs,
        fingerprint=_fingerprint(config, known, training, besides),
        whole=1,
    )
    train(task, training, device)


def _fingerprint(config: Sampling, known: Interactions, training: Training, besides: str) -> str:
    told = {"config": asdict(config), "seed": training.options.seed, "data": known.digest()}  # type: ignore[call-overload]
    return fingerprint({**told, "besides": besides} if besides else told)


def arrays_of(learnt: Mapping[str, Tensor]) -> dict[str, NDArray[np.float32]]:
    """What a model has learnt, as arrays."""
    return {name: each.detach().float().cpu().numpy() for name, each in learnt.items()}
