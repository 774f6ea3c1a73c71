"""Why a run gave no version: the classes of failure, and to which of them an error belongs.

Neither Django nor torch is needed here: the child that fits tells its failure by these codes, and the
words for people stand in `run_words`.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from recsys.ml.configuration import ConfigError
from recsys.ml.scorer import Untrainable

LONGEST_DETAIL: Final = 2_000
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
OS_ERROR: Final = re.compile(r"os error (\d+)")
NO_MEMORY: Final = re.compile(r"out of memory|can't allocate memory|bad_alloc", re.IGNORECASE)
NO_DEVICE: Final = re.compile(r"cuda error|cudnn error|nccl error|device-side", re.IGNORECASE)

PEER_GONE: Final = re.compile(
    r"gloo|closed by peer|reset by peer|tcpstore|remote process exit", re.IGNORECASE
)


class Failure(StrEnum):
    """The classes; each has its remedy in `run_words`."""

    BAD_DATA = "bad_data"
    CONFIGURATION = "configuration"
    OUT_OF_MEMORY = "out_of_memory"
    DISK_FULL = "disk_full"
    NOT_WRITABLE = "not_writable"
    DEVICE_LOST = "device_lost"
    RANK_LOST = "rank_lost"
    DATABASE_AWAY = "database_away"
    WORKER_DIED = "worker_died"
    LEASE_LOST = "lease_lost"
    CODE_ERROR = "code_error"


BY_TEXT: Final = (
    (NO_MEMORY, Failure.OUT_OF_MEMORY),
    (PEER_GONE, Failure.RANK_LOST),
    (NO_DEVICE, Failure.DEVICE_LOST),
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure with what its words name: `reason` makes the remedy more exact, `detail` is as the program said it."""

    failure: Failure
    facts: Mapping[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """As JSON; `heard` reads it."""
        return asdict(self)


def heard(message: Mapping[str, Any]) -> Trouble:
    """The trouble that a child told."""
    return Trouble(Failure(message["failure"]), message["facts"])


def trouble_of(error: BaseException) -> Trouble:
    """The class of an error; what is not known here is a fault of the code."""
    detail = f"{type(error).__name__}: {error}"[:LONGEST_DETAIL]
    if isinstance(error, Untrainable):
        failure = Failure.CONFIGURATION if error.is_setting else Failure.BAD_DATA
        return Trouble(failure, {"reason": error.reason, **error.facts, "detail": str(error)})
    if isinstance(error, ConfigError):
        return Trouble(Failure.CONFIGURATION, {"detail": str(error)})
    return Trouble(_of_machine(error) or Failure.CODE_ERROR, {"detail": detail})


def _of_machine(error: BaseException) -> Failure | None:
    """Memory, disk and device; libraries in other languages tell theirs by text alone."""
    number = _number(error)
    if number in FULL:
        return Failure.DISK_FULL
    if number in FORBIDDEN:
        return Failure.NOT_WRITABLE
    named_so = type(error).__name__ == "OutOfMemoryError"
    if isinstance(error, MemoryError) or named_so or number == errno.ENOMEM:
        return Failure.OUT_OF_MEMORY
    if not isinstance(error, RuntimeError):
        return None
    return next((failure for said, failure in BY_TEXT if said.search(str(error))), None)


def _number(error: BaseException) -> int | None:
    if isinstance(error, OSError):
        return error.errno
    told = OS_ERROR.search(str(error))
    return int(told.group(1)) if told else None
