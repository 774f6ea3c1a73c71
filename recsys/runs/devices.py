"""Which device a training worker has, and what a fit uses of it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pynvml

MIB: Final = 2**20
VISIBLE: Final = "CUDA_VISIBLE_DEVICES"


def place() -> str:
    """The device of this process: its machine, and there the GPUs that it may see; one run at a time has it."""
    return f"{socket.gethostname()} {os.environ.get(VISIBLE, '')}".strip()


def gpu() -> str:
    """The name of the GPU that a fit would take; empty without one."""
    handle = _handle()
    with suppress(pynvml.NVMLError):
        return str(pynvml.nvmlDeviceGetName(handle)) if handle else ""
    return ""


def room(device: str = "auto") -> int:
    """How many processes may do one fit here: one on each GPU, on processors one on each core."""
    if device != "cpu" and (there := _gpus()):
        return there
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _gpus() -> int:
    """How many GPUs this process may see."""
    if _handle() is None:
        return 0
    if seen := os.environ.get(VISIBLE):
        return len(seen.split(","))
    return int(pynvml.nvmlDeviceGetCount())


class Meter:
    """Reads what a fit uses, by the id of its process and its children's: CPU in percent of one core, memory in MiB.

    Where there is a GPU, its utilisation in percent and its memory in MiB stand beside them: one run at
    a time has it.
    """

    def __init__(self, pid: int) -> None:
        self._pid, self._gpu = pid, _handle()
        self._cpu_s, self._at = 0.0, time.monotonic()

    def read(self) -> dict[str, float]:
        """What is used now; without what the system does not tell."""
        reading: dict[str, float] = {}
        with suppress(OSError, ValueError, IndexError):  # the process is gone, or this is no Linux
            pids = _with_children(self._pid)
            reading |= {"cpu": self._cpu(pids), "memory": round(sum(map(_resident, pids)), 1)}
        with suppress(pynvml.NVMLError):
            reading |= _used(self._gpu) if self._gpu else {}
        return reading

    def _cpu(self, pids: Sequence[int]) -> float:
        """Since the last reading."""
        ticks = os.sysconf("SC_CLK_TCK")
        used, now = sum(map(_ticks, pids)) / ticks, time.monotonic()
        share = (used - self._cpu_s) / max(now - self._at, 1 / ticks)
        self._cpu_s, self._at = used, now
        return round(100 * share, 1)


def _with_children(pid: int) -> list[int]:
    """A process and those that it started: `torchrun` and its ranks."""
    told = Path(f"/proc/{pid}/task/{pid}/children")
    return [pid, *map(int, told.read_text().split())] if told.exists() else [pid]


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def _used(handle: Any) -> dict[str, float]:  # noqa: ANN401 - the library has no types
    busy = pynvml.nvmlDeviceGetUtilizationRates(handle).gpu
    held = pynvml.nvmlDeviceGetMemoryInfo(handle).used / MIB
    return {"gpu": float(busy), "gpu_memory": round(held, 1)}


def _handle() -> Any:  # noqa: ANN401 - the library has no types
    """The first GPU that this process may see; None without one."""
    first = os.environ.get(VISIBLE, "0").partition(",")[0]
    try:
        pynvml.nvmlInit()
        if first.isdigit():
            return pynvml.nvmlDeviceGetHandleByIndex(int(first))
        return pynvml.nvmlDeviceGetHandleByUUID(first)
    except pynvml.NVMLError:
        return None
