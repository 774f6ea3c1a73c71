"""On the path of a process, its disk hangs for good where a file that HANGS_AT names is to last."""

from __future__ import annotations

import os
import time
from pathlib import Path

_sync = os.fsync


def _hung(handle: int) -> None:
    name = os.environ.get("HANGS_AT")
    if name and name in str(Path(f"/proc/self/fd/{handle}").readlink()):
        time.sleep(3600)
    _sync(handle)


os.fsync = _hung  # type: ignore[assignment]
