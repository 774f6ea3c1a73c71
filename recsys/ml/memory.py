"""How much memory a fit may take, asked before it takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

MEMORY: Final = Path("/proc/meminfo")
GROUP: Final = Path("/sys/fs/cgroup")


def free() -> int | None:
    """Bytes that this process can still have: of the machine or, where less, of its group.

    None where the system does not say.
    """
    told = [each for each in (_of_machine(), _of_group()) if each is not None]
    return min(told, default=None)


def _of_machine() -> int | None:
    try:
        lines = MEMORY.read_text().splitlines()
    except OSError:
        return None
    told = next((each.split() for each in lines if each.startswith("MemAvailable:")), None)
    return int(told[1]) * 1024 if told else None


def _of_group() -> int | None:
    """What the limit of a container (cgroup v2) leaves; files held in case they are read again count as free."""
    try:
        most, used, told = (
            (GROUP / f"memory.{name}").read_text() for name in ("max", "current", "stat")
        )
    except OSError:
        return None
    if not most.strip().isdigit():
        return None
    held = dict(line.split() for line in told.splitlines())
    return max(0, int(most) - int(used) + int(held.get("inactive_file", 0)))
