"""What an earlier server left in the data folder: one still running, or a pid file that lies."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from recsys.config.embedded.trouble import Trouble

_PATIENCE_S = 30.0


def clear_leftovers(data: Path) -> None:
    """Stop a server that outlived its supervisor, and free a pid file that names a foreign process."""
    pid = recorded_pid(data)
    if pid is None:
        return
    if is_postmaster(pid, data):
        _stop(pid, data)
    _disown(data)


def recorded_pid(data: Path) -> int | None:
    """The process that postmaster.pid names, if there is such a file."""
    path = data / "postmaster.pid"
    first = path.read_text().partition("\n")[0] if path.exists() else ""
    return int(first) if first.strip().isdecimal() else None


def is_postmaster(pid: int, data: Path) -> bool:
    """Whether that process lives (a zombie does not) and works in the data folder."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z" and Path(f"/proc/{pid}/cwd").resolve(strict=True) == data.resolve()
    except OSError:
        return False


def _stop(pid: int, data: Path) -> None:
    for stop in (signal.SIGINT, signal.SIGQUIT):
        os.kill(pid, stop)
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            if not is_postmaster(pid, data):
                return
            time.sleep(0.05)
    raise Trouble(f"A PostgreSQL server (pid {pid}) still holds {data}. End it: kill -9 {pid}")


def _disown(data: Path) -> None:
    """Put our own number into a pid file that is not true any more.

    PostgreSQL takes any living number, also of a foreign process or a zombie, for a running server. Its own
    parent's it takes for a stale one, and then still checks the shared memory of the old server, which it could
    not do if the file were removed.
    """
    path = data / "postmaster.pid"
    if path.exists():
        _, *rest = path.read_text().splitlines()
        path.write_text("\n".join([str(os.getpid()), *rest]) + "\n")
