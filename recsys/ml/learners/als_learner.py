"""Alternating least squares: `implicit` on the processor, torch where there is CUDA.

Both take the same steps: members given items, then items given members. Dims: M members, K items, D
numbers of an embedding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import torch
from implicit.cpu.als import AlternatingLeastSquares
from implicit.recommender_base import ModelFitError
from scipy import sparse
from threadpoolctl import threadpool_limits

from recsys.ml import folding
from recsys.ml.configs import AlsConfig
from recsys.ml.data.interactions import Interactions, Values, Vocabulary
from recsys.ml.learners.als_torch import TorchSteps
from recsys.ml.scorer import Training, Untrainable
from recsys.ml.scorers import als
from recsys.ml.training.checkpoints import Checkpoints, fingerprint
from recsys.ml.training.loop import STAGE
from recsys.ml.training.torch_device import device_of

SPREAD: Final = 0.01
Confidences = sparse.csr_matrix[np.float32]
Step = Callable[[Values, Values], tuple[Values, Values, float]]
"""Of the embeddings of members [M, D] and items [K, D] the next ones, and the mean loss."""


def fit(
    config: AlsConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> als.Als:
    """Factorize what members liked; an interaction counts 1 + alpha, the lack of one 1."""
    items, likes = folding.likes(config, interactions, catalogue)
    confidence = confidences(likes, config.alpha)
    device = device_of(training.options.device)
    step = _step_on(device, confidence, config, training)
    with threadpool_limits(1, user_api="blas"):
        factors = _factorize(step, confidence, config, training)
    if not np.isfinite(factors).all():
        raise _overflow()
    return als.scorer(config, items, factors)


def confidences(likes: sparse.csr_array[np.float64], alpha: float) -> Confidences:
    """How sure each like makes us [M, K]: 1 + alpha times its signal; the lack of one counts 1."""
    data = (1 + alpha * likes.data).astype(np.float32)
    return sparse.csr_matrix((data, likes.indices, likes.indptr), likes.shape)


def _factorize(
    step: Step, confidence: Confidences, config: AlsConfig, training: Training
) -> Values:
    """Alternate until all iterations are done, from a checkpoint where there is one; item factors."""
    kept = Checkpoints(training.checkpoints, _fingerprint(confidence, config, training))
    members, items, losses = _begun(kept, confidence, config, training)
    for done, loss in enumerate(losses):
        _tell(done + 1, loss, config, training)
    for done in range(len(losses), config.iterations):
        training.progress(STAGE, done, config.iterations)
        members, items, loss = step(members, items)
        losses.append(loss)
        kept.keep({"members": members, "items": items}, losses)
        _tell(done + 1, loss, config, training)
    return items


def _tell(done: int, loss: float, config: AlsConfig, training: Training) -> None:
    training.progress(STAGE, done, config.iterations, {"epoch": float(done), "loss": loss})


def _begun(
    kept: Checkpoints, confidence: Confidences, config: AlsConfig, training: Training
) -> tuple[Values, Values, list[float]]:
    """Where to go on: a checkpoint, or small random embeddings."""
    found = kept.newest()
    if found is not None:
        arrays, losses = found
        return np.array(arrays["members"]), np.array(arrays["items"]), losses
    chance = np.random.default_rng(training.options.seed)
    members, items = (
        SPREAD * chance.random((size, config.factors), np.float32) for size in confidence.shape
    )
    return members, items, []


def _step_on(
    device: torch.device, confidence: Confidences, config: AlsConfig, training: Training
) -> Step:
    torch.set_num_threads(training.options.threads)
    if device.type == "cuda":
        return TorchSteps.of(confidence, config, device)
    return ImplicitSteps(confidence, config, training.options.threads)


@dataclass(frozen=True, slots=True)
class ImplicitSteps:
    """Steps of the `implicit` library: three of conjugate gradient per row (Takács et al. 2011)."""

    confidence: Confidences
    config: AlsConfig
    threads: int
    exact: bool = False

    def __call__(self, members: Values, items: Values) -> tuple[Values, Values, float]:
        """One iteration; raises Untrainable where the numbers overflow."""
        told: list[float] = []
        model = AlternatingLeastSquares(
            factors=self.config.factors,
            regularization=self.config.regularization,
            iterations=1,
            use_cg=not self.exact,
            calculate_training_loss=True,
            num_threads=self.threads,
        )
        model.user_factors, model.item_factors = members, items
        try:
            model.fit(
                self.confidence, show_progress=False, callback=lambda *say: told.append(say[-1])
            )
        except ModelFitError as error:
            raise _overflow() from error
        return model.user_factors, model.item_factors, told[-1]


def _overflow() -> Untrainable:
    told = "the embeddings are no longer numbers: raise 'regularization'"
    return Untrainable(told, reason="embeddings_not_numbers", is_setting=True)


def _fingerprint(confidence: Confidences, config: AlsConfig, training: Training) -> str:
    told = {"config": asdict(config), "seed": training.options.seed}
    return fingerprint(told, confidence.indptr, confidence.indices, confidence.data)
