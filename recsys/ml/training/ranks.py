"""The processes that fit one model together, as `torchrun` starts them: which one this is, and how they keep in step.

A process that was not started so is alone, and nothing here does anything to it. Together, each rank
computes its part of every batch and their gradients are averaged, so that all of them hold the same model. The
first one alone measures, writes and tells; what it finds it says to the others. Whoever fails ends, and
`torchrun` then ends the others; one that falls silent is waited for so long and no longer.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from recsys.ml.scorer import Untrainable

Batch = Sequence[Tensor]
STEP: Final = timedelta(minutes=5)
"""How long a rank waits in a step for the others."""
REST: Final = timedelta(hours=6)
"""How long the others wait while the first one measures or writes."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among those that fit together: ``rank`` of ``size``; ``words`` is how they speak."""

    rank: int = 0
    size: int = 1
    words: dist.ProcessGroup | None = None

    @property
    def is_first(self) -> bool:
        """Whether this is the rank that measures, writes and tells."""
        return self.rank == 0

    def seed_of(self, seed: int, epoch: int) -> int:
        """The seed of what this rank drops in an epoch; 32 bits, since of a longer one processors read no more."""
        return int(np.random.SeedSequence((seed, epoch, self.rank)).generate_state(1)[0])

    def part(self, batch: Batch, whole: int) -> Batch:
        """The rows of a batch that are this rank's; the last ``whole`` tensors have none and stay as they are.

        Never empty: where there are fewer rows than ranks it is a row of another rank's (see `share`).
        """
        if self.size == 1:
            return batch
        first = self.rank if self.rank < len(batch[0]) else 0
        rows = len(batch) - whole
        return [*(each[first :: self.size].contiguous() for each in batch[:rows]), *batch[rows:]]

    def share(self, batch: Batch, part: Batch, weighs: Callable[[Batch], int]) -> float:
        """By what the mean loss of a part is multiplied, so that the mean over ranks is that of the batch.

        With n the losses that a mean is over, n_batch the mean of a batch is Σ_r n_r mean_r / n; DDP divides by
        the number of ranks, hence size · n_r / n. A row of another rank's counts nothing.
        """
        if self.size == 1:
            return 1.0
        own = weighs(part) if self.rank < len(batch[0]) else 0
        return self.size * own / max(weighs(batch), 1)

    def together(
        self, model: nn.Module, loss: Callable[[Batch], Tensor]
    ) -> Callable[[Batch], Tensor]:
        """A loss whose gradients are averaged over ranks; the parameters begin as those of the first one."""
        if self.size == 1:
            return loss
        wrapped = DistributedDataParallel(_Lesson(model, loss), broadcast_buffers=False)
        return lambda batch: torch.as_tensor(wrapped(*batch))

    def told(self, value: float) -> float:
        """What the first rank found, at every rank."""
        if self.size == 1:
            return value
        word = torch.tensor(value, dtype=torch.float64)
        dist.broadcast(word, 0, group=self.words)
        return float(word)

    def mean(self, value: float) -> float:
        """The mean over ranks, at every rank."""
        if self.size == 1:
            return value
        word = torch.tensor(value, dtype=torch.float64)
        dist.all_reduce(word, group=self.words)
        return float(word) / self.size

    def meet(self) -> None:
        """Wait until all ranks are here."""
        self.mean(0.0)


class _Lesson(nn.Module):
    """A loss as a module, so that all of its model's parameters pass through one forward of DDP."""

    def __init__(self, model: nn.Module, loss: Callable[[Batch], Tensor]) -> None:
        super().__init__()
        self.model, self._loss = model, loss

    def forward(self, *batch: Tensor) -> Tensor:
        return self._loss(batch)


ALONE: Final = Ranks()
_here = ALONE


def here() -> Ranks:
    """The ranks that this process has joined."""
    return _here


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """Be one of the ranks that `torchrun` started, for as long as the context lasts; alone without it.

    Each has a GPU of its own where ``device`` (see `TrainingOptions`) is one or may be; then they
    speak by NCCL, else by gloo. Raises Untrainable where there are fewer GPUs than ranks.
    """
    global _here  # noqa: PLW0603 - a process is one rank, as torch.distributed has it too
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    dist.init_process_group(_backend(device), timeout=STEP)
    _here = Ranks(dist.get_rank(), size, dist.new_group(backend="gloo", timeout=REST))
    try:
        yield _here
        _here.meet()
        dist.destroy_process_group()  # not after an error: it would wait for what never comes
    finally:
        _here = ALONE


def _backend(device: str) -> str:
    """By what ranks average gradients; takes this rank's GPU where they compute on some."""
    if device == "mps":
        told = "processes: only CUDA and processors can be shared by several; choose auto or cpu"
        raise Untrainable(told, reason="one_device", is_setting=True)
    if device == "cpu" or not torch.cuda.is_available():
        return "gloo"
    asked, there = int(os.environ["LOCAL_WORLD_SIZE"]), torch.cuda.device_count()
    if asked > there:
        told = f"processes: {asked} were asked for and there are {there} GPUs; expected {there} or fewer"
        raise Untrainable(told, reason="few_gpus", is_setting=True, there=there, asked=asked)
    torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    return "nccl"
