"""The child process in which a fit runs: started, listened to, asked to stop and, if it must be, killed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import IO, Any, Final, Self, cast

from django.conf import settings

GRACE_S: Final = 2.0
LOOPBACK: Final = {"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}
Message = Mapping[str, Any]


class FitProcess:
    """A running `recsys.runs.fitting`. Use as a context: whatever happens, the child is gone afterwards.

    Messages are the child's JSON lines; what it writes to stderr goes to `fit.log` beside the job. Several
    ``processes`` are started and ended by `torchrun`, which then is the child; the first of them speaks.
    """

    def __init__(self, job_path: Path, threads: int, processes: int = 1) -> None:
        self.processes = processes
        self.log_path = job_path.with_name("fit.log")
        self._messages: Queue[Message | None] = Queue()
        with self.log_path.open("ab") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, *_together(processes), "-m", "recsys.runs.fitting", str(job_path)],
                cwd=settings.BASE_DIR,
                env=_environment(threads),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        threading.Thread(target=self._listen, name="fit messages", daemon=True).start()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop(grace_s=0)

    def next_message(self, timeout_s: float) -> Message | None:
        """The next message; None where none came in time. Raises EOFError once the child has closed."""
        try:
            message = self._messages.get(timeout=timeout_s)
        except Empty:
            return None
        if message is None:
            raise EOFError
        return message

    def stop(self, grace_s: float = GRACE_S) -> None:
        """Ask the child to stop at its next batch, and kill it when the grace is over."""
        words = cast("IO[bytes]", self._process.stdin)
        if not words.closed:
            with suppress(BrokenPipeError), words:  # it may have ended on its own by now
                words.write(b"cancel")
                words.flush()
                self._wait(grace_s)
        self._wait(0)

    def exit_status(self) -> int:
        """Wait for the end: 0 or more is the child's own status, below 0 the signal that ended it."""
        return self._process.wait()

    def _wait(self, grace_s: float) -> None:
        try:
            self._process.wait(timeout=grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        with cast("IO[bytes]", self._process.stdout) as lines:
            for line in lines:
                self._messages.put(json.loads(line))
        self._messages.put(None)


def _together(processes: int) -> list[str]:
    """How a program is started by `torchrun`, on this machine alone; nothing where one process is enough."""
    if processes == 1:
        return []
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Not its --standalone: that would unpickle what anybody on the network puts into its store.
    place = ["--master-addr", "127.0.0.1", "--master-port", str(port), "--max-restarts", "0"]
    return ["-m", "torch.distributed.run", *place, "--nproc-per-node", str(processes)]


def _environment(threads: int) -> dict[str, str]:
    """The worker's environment with the number of threads that the libraries below may start.

    Processes that fit together on processors speak inside this machine only.
    """
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**os.environ, **LOOPBACK, **dict.fromkeys(names, str(threads))}
