"""The children together: started, restarted with patience, stopped in order; a janitor sees to the rest."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from recsys.config.embedded.account import Account
from recsys.config.embedded.places import private_folder
from recsys.config.embedded.trouble import Trouble
from recsys.config.supervisor.child import Child, Program

_TICK_S = 0.05
_WINDOW_S = 60.0
_MOST_RESTARTS = 5
_HARDER_S = 5.0
# Asked twice to stop: what PostgreSQL takes to drop its connections, its pid file and its shared memory.
_HURRIED_S = 1.0
_LOOK_EVERY_S = 5.0
_LARGEST_LOG_BYTES = 20 * 2**20


class Stopped(Exception):
    """Someone asked us to stop."""


class Family:
    """Every process that one supervisor answers for. Use it from the main thread alone."""

    def __init__(self, logs: Path, lock: int | None = None, *, first_wait_s: float = 0.5) -> None:
        self.children: dict[str, Child] = {}
        self.stop_asked = False
        self.hurried = False
        self._logs = logs
        self._lock = lock
        self._first_wait_s = first_wait_s
        self._passing: list[Path] = []
        self._looked = time.monotonic()
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._janitor = self._start_janitor()

    # -- starting ------------------------------------------------------------------------------------
    def private_folder(self, purpose: str, account: Account) -> Path:
        """A private folder that is removed when the family is no more."""
        folder = private_folder(purpose, account)
        self.remove_at_end(folder)
        return folder

    def remove_at_end(self, path: Path) -> None:
        """See to it that a file or folder goes when the family is no more, however it ends."""
        self._passing.append(path)
        self._tell(f"remove {path}")

    def start(self, program: Program) -> Child:
        child = Child(program, self._logs / f"{program.name}.log")
        self.children[program.name] = child
        self._start(child)
        return child

    def wait_ready(self, names: Iterable[str], timeout_s: float) -> None:
        """Return when all of them do their work; raises Trouble when one cannot."""
        waiting = [self.children[name] for name in names]
        deadline = time.monotonic() + timeout_s
        while waiting := [child for child in waiting if not child.check_ready()]:
            self.tend()
            if time.monotonic() > deadline:
                raise trouble_of(waiting[0], f"was not ready after {timeout_s:.0f} s")
            time.sleep(_TICK_S)

    def begin(self, program: Program) -> Child:
        """Start a program that ends by itself."""
        child = self.start(program)
        child.wanted = False
        return child

    def finish(self, name: str) -> int:
        """Look after the others until a program that was begun ends; returns its exit code."""
        child = self.children[name]
        while (code := child.exit_code()) is None:
            self.tend()
            time.sleep(_TICK_S)
        self._bury(child)
        return code

    def run_once(self, program: Program) -> int:
        """Begin a program and see it to its end."""
        self.begin(program)
        return self.finish(program.name)

    def _start(self, child: Child) -> None:
        self._tell(f"child {child.start()}")
        self._record()

    def _record(self) -> None:
        """Leave word of who is who, for people and for tests that kill one of them."""
        fresh = self._logs / ".processes"
        fresh.write_text(
            json.dumps({name: child.pid for name, child in self.children.items() if child.process})
        )
        fresh.replace(self._logs / "processes.json")

    # -- keeping alive -------------------------------------------------------------------------------
    def tend(self) -> None:
        """Bring back who died, each with a longer wait.

        Raises Trouble when one dies again and again, and Stopped when we were asked to stop.
        """
        if self.stop_asked:
            raise Stopped
        if self._janitor.poll() is not None:
            self._janitor = self._start_janitor()
        for child in self.children.values():
            if child.wanted and not child.running():
                self._revive(child)
        if time.monotonic() - self._looked > _LOOK_EVERY_S:
            self._looked = time.monotonic()
            self._hasten()

    def _hasten(self) -> None:
        """Stop whoever refuses to work but does not end; it is brought back like the dead."""
        for child in self.children.values():
            lingers = child.program.lingers
            if child.wanted and lingers and child.running() and lingers():
                child.send(child.program.stop)

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            self._bury(child)
            recent = [moment for moment in child.started if now - moment < _WINDOW_S]
            if len(recent) > _MOST_RESTARTS:
                raise trouble_of(child, f"ended {len(recent)} times within a minute")
            child.due = now + self._first_wait_s * 2 ** (len(recent) - 1)
        if now >= child.due and self._foundations_ready(child):
            self._start(child)

    def _foundations_ready(self, child: Child) -> bool:
        """Whether what it stands on answers; without that a restart would only fail."""
        below = [
            other
            for other in self.children.values()
            if other.program.stage == 0 and other is not child
        ]
        return child.program.stage == 0 or all(other.check_ready() for other in below)

    def _bury(self, child: Child) -> None:
        if child.process is None:
            return
        child.end_group()
        self._tell(f"gone {child.pid}")
        child.process = None
        child.is_ready = False

    # -- stopping ------------------------------------------------------------------------------------
    def ask_to_stop(self) -> None:
        """Stop at the next chance; asked twice, at once."""
        self.hurried = self.stop_asked
        self.stop_asked = True

    def stop(self) -> None:
        """Stop the stages from the last to the first, then let the janitor finish."""
        for stage in sorted(
            {child.program.stage for child in self.children.values()}, reverse=True
        ):
            self._stop([child for child in self.children.values() if child.program.stage == stage])
        if self._janitor.stdin:
            self._janitor.stdin.close()
        self._janitor.wait()

    def stop_one(self, name: str) -> None:
        """Stop one child for good."""
        self._stop([self.children[name]])

    def _stop(self, children: list[Child]) -> None:
        for child in children:
            child.wanted = False
            child.send(child.program.stop)
        self._outlast(children, max(child.program.grace_s for child in children))
        for child in children:
            child.send(child.program.harder)
        self._outlast(children, _HARDER_S, _HURRIED_S)
        for child in children:
            self._bury(child)

    def _outlast(self, children: list[Child], patience_s: float, hurried_s: float = 0.0) -> None:
        """Wait for their end, no longer than that; less where we were asked to hurry."""
        began = time.monotonic()
        while any(child.running() for child in children):
            if time.monotonic() - began >= (hurried_s if self.hurried else patience_s):
                return
            time.sleep(_TICK_S)

    # -- the janitor ---------------------------------------------------------------------------------
    def _start_janitor(self) -> subprocess.Popen[str]:
        words = [sys.executable, "-I", "-S", str(Path(__file__).with_name("janitor.py"))]
        self._janitor = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd="/",
            pass_fds=[] if self._lock is None else [self._lock],
        )
        for path in self._passing:
            self._write(f"remove {path}")
        for child in self.children.values():
            if child.process is not None:
                self._write(f"child {child.pid}")
        return self._janitor

    def _tell(self, line: str) -> None:
        try:
            self._write(line)
        except BrokenPipeError:  # someone ended it; the next one is told everything
            self._janitor = self._start_janitor()

    def _write(self, line: str) -> None:
        if self._janitor.stdin:
            self._janitor.stdin.write(line + "\n")
            self._janitor.stdin.flush()

    # -- logs ----------------------------------------------------------------------------------------
    def trim_logs(self) -> None:
        """Keep one older part of a log that has grown large; the writers append, so they go on at the new end."""
        for path in self._logs.glob("*.log"):
            if path.stat().st_size > _LARGEST_LOG_BYTES:
                path.with_suffix(".log.1").write_bytes(path.read_bytes())
                with path.open("r+b") as log:
                    log.truncate(0)


def trouble_of(child: Child, what: str) -> Trouble:
    """What to say of a child that cannot go on, with its last words."""
    tail = child.tail()
    full = (
        "\nThe disk is full: free some space, then start again."
        if "No space left on device" in tail
        else ""
    )
    return Trouble(f"{child.program.name} {what}. The last lines of {child.log}:\n{tail}{full}")
