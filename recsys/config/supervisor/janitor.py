"""Outlives the supervisor by seconds: ends what is left of its children, then removes what it made for the time.

Run by path with the bare interpreter. Standard input is a pipe whose other end the supervisor holds; each line
is `child PID`, `gone PID` or `remove PATH`. The end of the file says that the supervisor is no more, however it
ended. An inherited lock keeps a next supervisor away until we are done.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

_GRACE_S = 10.0
_PATIENCE_S = 20.0


def main() -> None:
    """Listen until the supervisor is gone, then clean up after it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sessions, paths = _listen(sys.stdin)
    if not _wait_until_empty(sessions, _GRACE_S):
        for pid in _members(sessions):
            _end(pid)
        _wait_until_empty(sessions, _PATIENCE_S)
    for path in paths:
        _remove(path)


def _listen(lines: Iterable[str]) -> tuple[set[int], list[Path]]:
    sessions: set[int] = set()
    paths: list[Path] = []
    for line in lines:
        verb, _, argument = line.rstrip("\n").partition(" ")
        if verb == "child":
            sessions.add(int(argument))
        elif verb == "gone":
            sessions.discard(int(argument))
        elif verb == "remove":
            paths.append(Path(argument))
    return sessions, paths


def _wait_until_empty(sessions: set[int], patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while _members(sessions):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _members(sessions: set[int]) -> list[int]:
    """Every living process of the children's sessions; each child leads one of its own."""
    numbers = (
        [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
        if sessions
        else []
    )
    return [pid for pid in numbers if _session(pid) in sessions]


def _session(pid: int) -> int | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended while we looked
        return None
    state, session = fields[0], int(fields[3])
    return None if state in "ZX" else session


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()
