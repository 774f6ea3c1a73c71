"""One of a kind for several workers of a test run: whoever comes first begins it, and ends it when nobody uses it.

Who only reads goes on beside others; who kills or freezes a part of it is alone meanwhile.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def shared(
    folder: Path, begin: Callable[[], T], join: Callable[[], T], end: Callable[[T], None]
) -> Iterator[T]:
    """Use what is shared: begun where nobody has, while others wait at the door, and joined where somebody has.

    Who began it waits at the end for those who joined, and then ends it; who comes later begins anew.
    """
    begun = folder / "begun"
    with locked(folder / "users", fcntl.LOCK_SH) as users:
        with locked(folder / "door"):
            ours = not begun.exists()
            thing = begin() if ours else join()
            begun.touch()
        try:
            yield thing
        finally:
            if ours:
                with locked(folder / "door"):
                    begun.unlink()
                    fcntl.flock(users, fcntl.LOCK_EX)
                    end(thing)


@contextmanager
def locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[int]:
    """Hold a lock on a file between processes, alone or (LOCK_SH) with others who share it."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield descriptor
    finally:
        os.close(descriptor)
