"""What of a torch training a checkpoint holds, as plain arrays: parameters, optimizer, measures, the best so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recsys.ml.training.checkpoints import ForeignCheckpoint

Parameters = dict[str, Tensor]
State = dict[str, NDArray[Any]]
MODEL: Final = "model."
BEST: Final = "best."
OPTIMIZER: Final = "optimizer."
MEASURES: Final = "measures"


@dataclass(eq=False)
class Course:
    """How a training went: loss and measure of each epoch (lower is better), parameters of the best one.

    ``best`` is None where nothing is held out: then the latest parameters count.
    """

    losses: list[float] = field(default_factory=list)
    measures: list[float] = field(default_factory=list)
    best: Parameters | None = None


def parameters(model: nn.Module) -> Parameters:
    """A copy of a model's parameters."""
    return {name: each.detach().clone() for name, each in model.state_dict().items()}


def state_of(model: nn.Module, optimizer: torch.optim.Optimizer, course: Course) -> State:
    """``model.NAME``, ``best.NAME``, ``optimizer.INDEX.NAME`` and the measures float64 [epochs]."""
    tensors = {MODEL + name: each for name, each in model.state_dict().items()}
    tensors |= {BEST + name: each for name, each in (course.best or {}).items()}
    for index, numbers in optimizer.state_dict()["state"].items():
        tensors |= {f"{OPTIMIZER}{index}.{name}": each for name, each in numbers.items()}
    arrays: State = {name: each.detach().cpu().numpy() for name, each in tensors.items()}
    return {**arrays, MEASURES: np.array(course.measures)}


def read_state(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    state: Mapping[str, NDArray[Any]],
    losses: list[float],
    device: torch.device,
) -> Course:
    """Put a checkpoint into model and optimizer; returns how the training went until then.

    Raises ForeignCheckpoint where it is one of an earlier version, without measures.
    """
    if MEASURES not in state:
        raise ForeignCheckpoint("the checkpoint is of a version that measured nothing")
    measures = np.array(state[MEASURES], np.float64).tolist()
    tensors = {
        name: torch.from_numpy(np.array(each)).to(device)
        for name, each in state.items()
        if name != MEASURES
    }
    model.load_state_dict(_under(MODEL, tensors))
    numbers: dict[int, Parameters] = {}
    for name, each in _under(OPTIMIZER, tensors).items():
        index, key = name.split(".")
        numbers.setdefault(int(index), {})[key] = each
    optimizer.load_state_dict({**optimizer.state_dict(), "state": numbers})
    return Course(losses, measures, _under(BEST, tensors) or None)


def _under(prefix: str, tensors: Parameters) -> Parameters:
    return {
        name.removeprefix(prefix): each for name, each in tensors.items() if name.startswith(prefix)
    }
