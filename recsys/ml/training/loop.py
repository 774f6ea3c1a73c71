"""The training loop of torch models: epochs, validation, plateaus, loss curve, checkpoints, resume.

A task says what to learn; the loop says how. All chance of an epoch comes from (seed, epoch) and the pace
follows from the measures so far, so a run that resumes at an epoch's start ends with the same model as
one that was never stopped. Several processes may train one model together (see `ranks`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor, nn

from recsys.ml.scorer import Training
from recsys.ml.training import ranks
from recsys.ml.training.checkpoints import Checkpoints
from recsys.ml.training.pacing import Pacing
from recsys.ml.training.ranks import Batch
from recsys.ml.training.state import Course, parameters, read_state, state_of
from recsys.ml.training.torch_device import moved, precision_of

STAGE: Final = "training"


@dataclass(frozen=True, slots=True)
class Watch:
    """What is measured on held-out data after each epoch, and under which name it is told.

    The parameters of the best epoch are those that the training ends with.
    """

    name: str
    measure: Callable[[], float]
    higher_is_better: bool = True

    @property
    def sign(self) -> float:
        """The pace takes lower for better."""
        return -1.0 if self.higher_is_better else 1.0


@dataclass(frozen=True, slots=True)
class Task:
    """What the loop trains.

    ``batches(epoch)`` yields ``steps`` batches of CPU tensors, always the same for an epoch;
    ``loss(batch)`` is the mean loss of one on the model's device; ``fingerprint`` names settings and
    data, so that a checkpoint of other ones is refused. Without a ``watch`` the pace follows the loss.
    The last ``whole`` tensors of a batch are not by row; its loss is the mean of ``weighs(batch)`` ones.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    batches: Callable[[int], Iterator[Batch]]
    loss: Callable[[Batch], Tensor]
    steps: int
    epochs: int
    fingerprint: str
    pacing: Pacing = field(default_factory=Pacing)
    watch: Watch | None = None
    whole: int = 0
    weighs: Callable[[Batch], int] = lambda batch: len(batch[0])


def train(task: Task, training: Training, device: torch.device) -> list[float]:
    """Train for the task's epochs or until its pace says so, resuming where a checkpoint is.

    Returns the loss of each epoch. The progress is told of every epoch, also of those before the
    checkpoint.
    """
    torch.set_num_threads(training.options.threads)
    loss = torch.compile(task.loss, dynamic=True) if training.options.compiled else task.loss
    loss = ranks.here().together(task.model, loss)
    rates = [group["lr"] for group in task.optimizer.param_groups]
    kept = Checkpoints(training.checkpoints, task.fingerprint)
    course = _resumed(task, kept, device)
    for epoch in range(len(course.losses)):
        _tell(task, course, epoch, training)
    while not _is_over(task, course):
        for group, rate in zip(task.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * task.pacing.after(course.measures).rate
        course.losses.append(_epoch(task, loss, len(course.losses), training, device))
        _measure(task, course)
        if ranks.here().is_first:
            kept.keep(state_of(task.model, task.optimizer, course), course.losses)
        _tell(task, course, len(course.losses) - 1, training)
    if course.best is not None:
        task.model.load_state_dict(course.best)
    return course.losses


def _is_over(task: Task, course: Course) -> bool:
    return len(course.losses) >= task.epochs or task.pacing.after(course.measures).is_over


def _tell(task: Task, course: Course, epoch: int, training: Training) -> None:
    metrics = {"epoch": float(epoch + 1), "loss": course.losses[epoch]}
    if task.watch is not None:
        metrics[task.watch.name] = task.watch.sign * course.measures[epoch]
    total = task.steps * task.epochs
    is_last = epoch + 1 == len(course.losses) and _is_over(task, course)
    training.progress(STAGE, total if is_last else (epoch + 1) * task.steps, total, metrics)


def _epoch(
    task: Task,
    loss_of: Callable[[Batch], Tensor],
    epoch: int,
    training: Training,
    device: torch.device,
) -> float:
    here = ranks.here()
    torch.manual_seed(here.seed_of(training.options.seed, epoch))
    task.model.train()
    total = torch.zeros((), device=device)
    first, steps = epoch * task.steps, task.steps * task.epochs
    for step, batch in enumerate(task.batches(epoch)):
        training.progress(STAGE, first + step, steps)
        part = here.part(batch, task.whole)
        with precision_of(training.options.precision, device):
            loss = loss_of(moved(part, device)) * here.share(batch, part, task.weighs)
        task.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        if task.pacing.clip:
            nn.utils.clip_grad_norm_(task.model.parameters(), task.pacing.clip)
        task.optimizer.step()
        total += loss.detach()
    return here.mean(float(total)) / task.steps


def _measure(task: Task, course: Course) -> None:
    """Ask how good the epoch was, and hold on to its parameters if none was better."""
    if task.watch is None:
        course.measures.append(course.losses[-1])
        return
    task.model.eval()
    here = ranks.here()
    with torch.no_grad():
        found = task.watch.measure() if here.is_first else 0.0
    course.measures.append(task.watch.sign * here.told(found))
    if task.pacing.after(course.measures).best == len(course.measures) - 1:
        course.best = parameters(task.model)


def _resumed(task: Task, kept: Checkpoints, device: torch.device) -> Course:
    """Put the newest checkpoint into the task; an empty course where there is none."""
    found = kept.newest()
    if found is None:
        return Course()
    state, losses = found
    return read_state(task.model, task.optimizer, state, losses, device)
