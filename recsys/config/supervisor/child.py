"""One process under the supervisor: how it starts, whether it is ready, how it stops."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from recsys.config.embedded.account import Account

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_TAIL_LINES = 20
_TAIL_BYTES = 8192


@dataclass(frozen=True)
class Program:
    """What to run and how it likes to be treated.

    stage: the stages start in ascending order and stop in descending order. stop, harder: the signals that ask it to
    stop, politely for grace_s seconds and then less so; orphaned: the one it gets when the supervisor dies. lingers:
    whether somebody else's signal made it refuse its work without ending, so that it has to be stopped to come back.
    """

    name: str
    words: list[str]
    environment: dict[str, str]
    stage: int
    ready: Callable[[Child], bool]
    stop: signal.Signals = signal.SIGTERM
    harder: signal.Signals = signal.SIGKILL
    orphaned: signal.Signals = signal.SIGTERM
    grace_s: float = 10.0
    account: Account | None = None
    to_terminal: bool = False
    before: Callable[[], None] | None = None
    lingers: Callable[[], bool] | None = None


@dataclass
class Child:
    """A program, its present process and its past starts."""

    program: Program
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: deque[float] = field(default_factory=lambda: deque(maxlen=6))
    log_offset: int = 0
    is_ready: bool = False
    wanted: bool = True
    due: float = 0.0

    def start(self) -> int:
        """Start the process in a session of its own; returns its pid. Only the main thread may: the kernel
        sends the orphan's signal when the starting thread ends."""
        if self.program.before:
            self.program.before()
        self.is_ready = False
        self.log_offset = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = self._spawn(None if self.program.to_terminal else log)
        self.started.append(time.monotonic())
        return self.process.pid

    def _spawn(self, output: IO[bytes] | None) -> subprocess.Popen[bytes]:
        account = self.program.account
        return subprocess.Popen(
            self.program.words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output and subprocess.STDOUT,
            env=self.program.environment,
            cwd="/" if account and account.uid is not None else None,
            start_new_session=True,
            preexec_fn=_die_with(os.getpid(), self.program.orphaned),  # noqa: PLW1509  one thread, one system call
            **(account.credentials if account else {}),
        )

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    def exit_code(self) -> int | None:
        """The code it ended with, None while it runs."""
        return self.process.poll() if self.process else 0

    def running(self) -> bool:
        return self.exit_code() is None

    def check_ready(self) -> bool:
        """Whether it does its work; once true, true until the next start."""
        self.is_ready = self.is_ready or (self.running() and self.program.ready(self))
        return self.is_ready

    def send(self, number: signal.Signals) -> None:
        if self.process and self.running():
            self.process.send_signal(number)

    def end_group(self) -> None:
        """Kill whatever is left of its process group: a dead parent may leave a child that holds the port."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        finally:
            self.process.wait()

    def new_output(self) -> str:
        """What it wrote since its last start."""
        with self.log.open("rb") as log:
            log.seek(self.log_offset)
            return log.read().decode(errors="replace")

    def tail(self) -> str:
        """The last lines of its log."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-_TAIL_LINES:])


def _die_with(supervisor: int, number: signal.Signals) -> Callable[[], None]:
    def set_up() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != supervisor:  # it died before the kernel knew of our wish
            os._exit(1)

    return set_up


def python(*words: str) -> list[str]:
    """A command of the environment that we run in."""
    return [sys.executable, *words]
