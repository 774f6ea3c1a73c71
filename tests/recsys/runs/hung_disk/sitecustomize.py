"""On a process's path, its disk hangs for good, or is full, where a file that HANGS_AT or FULL_AT names is to last."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

_sync = os.fsync


def _hung(handle: int) -> None:
    path = str(Path(f"/proc/self/fd/{handle}").readlink())
    if _names("HANGS_AT", path):
        time.sleep(3600)
    if _names("FULL_AT", path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
    _sync(handle)


def _names(variable: str, path: str) -> bool:
    name = os.environ.get(variable)
    return bool(name) and str(name) in path


os.fsync = _hung  # type: ignore[assignment]
