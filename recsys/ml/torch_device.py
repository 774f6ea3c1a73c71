"""How torch computes where: the number format, and the way of a batch to the device."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor


def precision_of(name: str, device: torch.device) -> AbstractContextManager[None]:
    """Compute in ``bf16`` where torch holds that to be safe, or all in ``fp32``."""
    return torch.autocast(device.type, torch.bfloat16, enabled=name == "bf16")


def moved(batch: Sequence[Tensor], device: torch.device) -> Sequence[Tensor]:
    """Carry a batch to the device; pinned memory lets the copy to CUDA run beside the computation."""
    if device.type == "cuda":
        return [each.pin_memory().to(device, non_blocking=True) for each in batch]
    return batch if device.type == "cpu" else [each.to(device) for each in batch]
