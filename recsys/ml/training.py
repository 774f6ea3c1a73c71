"""The training loop of torch models: epochs, loss curve, checkpoints, resume.

A task says what to learn; the loop says how. All chance of an epoch comes from (seed, epoch), so a run
that resumes at an epoch's start ends with the same model as one that was never stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recsys.ml.checkpoints import Checkpoints
from recsys.ml.scorer import Training, Untrainable

STAGE: Final = "training"
Batch = Sequence[Tensor]


@dataclass(frozen=True, slots=True)
class Task:
    """What the loop trains.

    ``batches(epoch)`` yields ``steps`` batches of CPU tensors, always the same for an epoch;
    ``loss(batch)`` is the mean loss of one on the model's device; ``fingerprint`` names settings and
    data, so that a checkpoint of other ones is refused.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    batches: Callable[[int], Iterator[Batch]]
    loss: Callable[[Batch], Tensor]
    steps: int
    epochs: int
    fingerprint: str


def device_of(name: str) -> torch.device:
    """The device of an option: ``auto`` is CUDA where there is one.

    Raises Untrainable where CUDA is asked for and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        told = "device: cuda was asked for and there is none; expected auto or cpu"
        raise Untrainable(told, reason="no_gpu", is_setting=True)
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def train(task: Task, training: Training, device: torch.device) -> list[float]:
    """Train for the task's epochs, resuming where a checkpoint is; returns the loss of each epoch.

    The progress is told of every epoch, also of those before the checkpoint.
    """
    torch.set_num_threads(training.options.threads)
    kept = Checkpoints(training.checkpoints, task.fingerprint)
    losses = _resume(task, kept, device)
    for epoch, loss in enumerate(losses):
        _tell(task, epoch, loss, training)
    task.model.train()
    for epoch in range(len(losses), task.epochs):
        losses.append(_epoch(task, epoch, training, device))
        kept.keep(_state(task), losses)
        _tell(task, epoch, losses[-1], training)
    return losses


def _tell(task: Task, epoch: int, loss: float, training: Training) -> None:
    metrics = {"epoch": float(epoch + 1), "loss": loss}
    training.progress(STAGE, (epoch + 1) * task.steps, task.steps * task.epochs, metrics)


def _epoch(task: Task, epoch: int, training: Training, device: torch.device) -> float:
    total = torch.zeros((), device=device)
    first, steps = epoch * task.steps, task.steps * task.epochs
    for step, batch in enumerate(task.batches(epoch)):
        training.progress(STAGE, first + step, steps)
        with _precision(training.options.precision, device):
            loss = task.loss(_moved(batch, device))
        task.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        task.optimizer.step()
        total += loss.detach()
    return float(total) / task.steps


def _precision(precision: str, device: torch.device) -> AbstractContextManager[None]:
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")


def _moved(batch: Batch, device: torch.device) -> Batch:
    """Carry a batch to the device; pinned memory lets the copy run beside the computation."""
    if device.type != "cuda":
        return batch
    return [each.pin_memory().to(device, non_blocking=True) for each in batch]


def _resume(task: Task, kept: Checkpoints, device: torch.device) -> list[float]:
    """Put the newest checkpoint into the task; the losses so far, none where there is no checkpoint."""
    found = kept.newest()
    if found is None:
        return []
    state, losses = found
    _restore(task, state, device)
    return losses


def _state(task: Task) -> dict[str, NDArray[Any]]:
    """Parameters under ``model.NAME``, the optimizer's numbers under ``optimizer.INDEX.NAME``."""
    state = {f"model.{name}": each for name, each in task.model.state_dict().items()}
    for index, numbers in task.optimizer.state_dict()["state"].items():
        state |= {f"optimizer.{index}.{name}": each for name, each in numbers.items()}
    return {name: each.detach().cpu().numpy() for name, each in state.items()}


def _restore(task: Task, state: dict[str, NDArray[Any]], device: torch.device) -> None:
    tensors = {name: torch.from_numpy(np.array(each)).to(device) for name, each in state.items()}
    model = {
        name.removeprefix("model."): each
        for name, each in tensors.items()
        if name.startswith("model.")
    }
    task.model.load_state_dict(model)
    numbers: dict[int, dict[str, Tensor]] = {}
    for name, each in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".")
            numbers.setdefault(int(index), {})[key] = each
    task.optimizer.load_state_dict({**task.optimizer.state_dict(), "state": numbers})
