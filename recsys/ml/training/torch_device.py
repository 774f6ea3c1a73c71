"""Where and how torch computes: the device, the number format, and the way of a batch to the device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from recsys.ml.scorer import Untrainable


def device_of(name: str) -> torch.device:
    """The device of an option: ``auto`` is CUDA where there is one, else the processor.

    Raises Untrainable where CUDA or MPS is asked for and there is none.
    """
    there: dict[str, Callable[[], bool]] = {
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    if name in there and not there[name]():
        told = f"device: {name} was asked for and there is none; expected auto or cpu"
        raise Untrainable(told, reason="no_gpu", is_setting=True)
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def precision_of(name: str, device: torch.device) -> AbstractContextManager[None]:
    """Compute in ``bf16`` where torch holds that to be safe, or all in ``fp32``."""
    return torch.autocast(device.type, torch.bfloat16, enabled=name == "bf16")


def moved(batch: Sequence[Tensor], device: torch.device) -> Sequence[Tensor]:
    """Carry a batch to the device; pinned memory lets the copy to CUDA run beside the computation."""
    if device.type == "cuda":
        return [each.pin_memory().to(device, non_blocking=True) for each in batch]
    return batch if device.type == "cpu" else [each.to(device) for each in batch]
