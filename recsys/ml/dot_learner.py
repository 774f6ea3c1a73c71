"""Training the dot product with sampled softmax: the half that needs torch.

Dims: N samples of a batch, L places of a history, D numbers of an embedding, S sampled items.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from recsys.ml import folding
from recsys.ml.configs import DotConfig
from recsys.ml.dot import Dot
from recsys.ml.interactions import Interactions, Vocabulary
from recsys.ml.scorer import Training, Untrainable
from recsys.ml.training import Batch, Task, device_of, train

SPREAD: Final = 0.1


class TwoEmbeddings(nn.Module):
    """u = Σ w_j h_j over a history, logit of item i = u · t_i."""

    def __init__(self, items: int, config: DotConfig) -> None:
        super().__init__()
        self.history = nn.Parameter(SPREAD * torch.randn(items, config.embedding_size))
        self.target = nn.Parameter(SPREAD * torch.randn(items, config.embedding_size))

    def forward(self, histories: Tensor, weights: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
        """Members' vectors [N, D] of histories and weights [N, L], and embeddings of items [S, D]."""
        members = functional.embedding_bag(
            histories, self.history, per_sample_weights=weights, mode="sum"
        )
        return members, functional.embedding(among, self.target)


def fit(
    config: DotConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Dot:
    """Learn to tell each interaction from sampled items, given what the member did before it."""
    items, known = folding.known_items(interactions, catalogue, config.counts, config.least)
    samples = Samples.of(known, config)
    device = device_of(training.options.device)
    torch.manual_seed(training.options.seed)
    model = TwoEmbeddings(len(items), config).to(device)
    train(_task(model, samples, known, config, training), training, device)
    history, target = (each.detach().float().cpu().numpy() for each in model.parameters())
    return Dot(config, items, history, target)


def _task(
    model: TwoEmbeddings,
    samples: Samples,
    known: Interactions,
    config: DotConfig,
    training: Training,
) -> Task:
    chances = torch.from_numpy(np.log(samples.chances)).to(model.target)
    return Task(
        model=model,
        optimizer=torch.optim.AdamW(
            model.parameters(), lr=config.learning_rate, weight_decay=config.reg
        ),
        batches=lambda epoch: samples.batches(config, training.options.seed, epoch),
        loss=lambda batch: LOSSES[config.loss](model, chances, batch),
        steps=samples.steps(config.batch_size),
        epochs=config.epochs,
        fingerprint=_fingerprint(config, known, training),
    )


def _loss(model: TwoEmbeddings, chances: Tensor, batch: Batch) -> Tensor:
    """Softmax over the target and the sampled items, each logit less log of its chance to be sampled.

    The correction makes the sample stand for the whole catalogue (Bengio and Senécal 2008); a sampled
    item that is the target counts once.
    """
    histories, weights, targets, lessons, sampled = batch
    members, among = model(histories, weights, torch.cat([targets, sampled]))
    own, others = among.split([len(targets), len(sampled)])
    right = (members * own).sum(dim=1) - chances[targets]
    wrong = members @ others.T - chances[sampled]
    wrong = wrong.masked_fill(sampled[None, :] == targets[:, None], -torch.inf)
    logits = torch.cat([right[:, None], wrong], dim=1).float()
    losses = functional.cross_entropy(logits, torch.zeros_like(targets), reduction="none")
    return (losses * lessons).mean()


def _bpr(model: TwoEmbeddings, chances: Tensor, batch: Batch) -> Tensor:
    """−log σ(target − sampled item), the mean over the sampled items that are not the target.

    Bayesian personalized ranking (Rendle and others 2009), here with many comparisons for each target;
    items are sampled as often as they occur, so that a popular one has to be earned (Rendle and
    Freudenthaler 2014 sample harder ones still). ``chances`` are not needed: it ranks, it counts no odds.
    """
    histories, weights, targets, lessons, sampled = batch
    members, among = model(histories, weights, torch.cat([targets, sampled]))
    own, others = among.split([len(targets), len(sampled)])
    lead = (members * own).sum(dim=1)[:, None] - members @ others.T
    other = sampled[None, :] != targets[:, None]
    losses = (functional.softplus(-lead.float()) * other).sum(dim=1)
    return (losses / other.sum(dim=1).clamp(min=1) * lessons).mean()


LOSSES: Final = {"softmax": _loss, "bpr": _bpr}


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
    def of(cls, known: Interactions, config: DotConfig) -> Samples:
        """Lay out interactions; raises Untrainable where nobody did two things."""
        rows = np.arange(len(known))
        firsts = known.starts[known.members].astype(np.int64)
        signals = folding.signal(known.values, config.counts)
        places = rows[(rows > firsts) & (signals > 0)]
        if not len(places):
            raise Untrainable("no member has two interactions to learn from", reason="no_pairs")
        events = np.bincount(known.items, signals, len(known.item_ids))
        ages = (known.times.max() - known.times) / folding.DAY_S
        lessons = signals * 0.5 ** (ages / config.half_life_days)
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

    def batches(self, config: DotConfig, seed: int, epoch: int) -> Iterator[Batch]:
        """Batches of an epoch in an order, and with samples, that (seed, epoch) decides."""
        chance = np.random.default_rng([seed, epoch])
        order = chance.permutation(self.places)
        ladder = np.cumsum(self.chances)
        for start in range(0, len(order), config.batch_size):
            drawn = np.searchsorted(ladder, chance.random(config.negatives) * ladder[-1])
            batch = self._batch(order[start : start + config.batch_size], config)
            yield [torch.from_numpy(each) for each in (*batch, drawn)]

    def _batch(self, places: NDArray[np.int64], config: DotConfig) -> tuple[NDArray[Any], ...]:
        """Histories and weights [N, L], targets and lessons [N]; a place before the first weighs 0."""
        ages = np.arange(config.history)
        rows = places[:, None] - 1 - ages[None, :]
        real = rows >= self.firsts[places, None]
        rows = np.where(real, rows, 0)
        signals = folding.signal(self.values[rows], config.counts)
        weights = np.where(signals > 0, signals, np.float32(-config.dislike)) * real
        weights = weights * np.float32(config.decay) ** ages.astype(np.float32)
        days = (self.times[rows[:, :1]] - self.times[rows]) / folding.DAY_S
        weights = weights * np.float32(config.daily_decay) ** (days * real).astype(np.float32)
        sizes = np.abs(weights).sum(axis=1, keepdims=True)
        lessons = self.lessons[places] * (sizes[:, 0] > 0)
        weights = (weights / np.maximum(sizes, 1e-9)).astype(np.float32)
        return self.items[rows], weights, self.items[places], lessons


def _fingerprint(config: DotConfig, known: Interactions, training: Training) -> str:
    told = {"config": asdict(config), "seed": training.options.seed, "data": known.digest()}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
