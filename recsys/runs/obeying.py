"""How the processes of a fit obey the worker that started them: its word, its closed pipe, its death."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import threading
from typing import Final

ORPHANED: Final = 3
PR_SET_PDEATHSIG: Final = 1


def is_alone() -> bool:
    """Whether one process does the fit; `torchrun` says where it started several."""
    return os.environ.get("WORLD_SIZE", "1") == "1"


def is_first() -> bool:
    """Whether this is the process that speaks with the worker."""
    return os.environ.get("RANK", "0") == "0"


def watch(cancelled: threading.Event) -> None:
    """Obey the worker: a word from it stops the fit at its next batch, its end at once."""
    if is_first():
        while os.read(0, 64):
            cancelled.set()
    else:  # the pipe is one for all ranks: what this one read the first would miss
        ending = select.poll()
        ending.register(0, 0)
        ending.poll()
    os._exit(ORPHANED)


def die_with_parent() -> None:
    """Ask Linux to kill this process with its worker; elsewhere the closed pipe does it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
