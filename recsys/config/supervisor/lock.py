"""One supervisor per data folder."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from recsys.config.embedded.trouble import Trouble

_PATIENCE_S = 60.0


def take_lock(var: Path) -> int:
    """Lock the data folder and return the descriptor that holds the lock.

    Waits for the janitor of a supervisor that is gone; raises Trouble where one is running.
    """
    lock = os.open(var / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _PATIENCE_S
    while not _try(lock):
        holder = os.pread(lock, 32, 0).decode().strip()
        if _alive(holder) or time.monotonic() > deadline:
            raise Trouble(
                f"Tandem is already running on the data folder {var} (pid {holder}). Stop it with Ctrl-C in its "
                f"terminal or `kill {holder}`, or start a second one: TANDEM_VAR=/another/folder PORT=8001 make run"
            )
        time.sleep(0.1)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _try(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{int(pid)}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, ValueError):
        return False
