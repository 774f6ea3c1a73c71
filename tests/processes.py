"""The whole product as a subprocess, for tests of what only several processes show."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import leftovers

ROOT = Path(__file__).resolve().parents[1]
STACKS = ("live_stack", "demo_stack")
LONGEST = "demo_stack"
READERS = "readers"
STALE = "demo.json"
EVERYONE = [
    "cache",
    "broker",
    "postgres",
    "web",
    "relay",
    "upkeep",
    "realtime",
    "bulk",
    "training",
    "beat",
]
_START_S = 240.0
_STOP_S = 60.0
_GONE_S = 40.0
_COMMAND_S = 150.0
_GIVE_WAY = 5
_began = False


@dataclass
class LiveStack:
    """`manage.py up` on a data folder of its own: database, queues, web, relay and workers."""

    var: Path
    port: int
    supervisor: subprocess.Popen[str] | None
    """None of one that another worker of the test run has started."""

    @property
    def url(self) -> str:
        """Where the web server listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        """The run-time role's."""
        return str(self._services()["environment"]["DATABASE_URL"])

    @property
    def owner_url(self) -> str:
        return str(self._services()["owner_url"])

    @property
    def broker_url(self) -> str:
        return str(self._services()["environment"]["BROKER_URL"])

    @property
    def cache_url(self) -> str:
        return str(self._services()["environment"]["CACHE_URL"])

    @property
    def env(self) -> dict[str, str]:
        """The environment of a command that finds this stack's services."""
        return bare_environment() | {"TANDEM_VAR": str(self.var), "PORT": str(self.port)}

    def manage(self, *words: str) -> str:
        """Run a command of manage.py against the stack; returns what it printed."""
        command = [sys.executable, "manage.py", *words]
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=self.env,
                capture_output=True,
                text=True,
                check=False,
                timeout=_COMMAND_S,
            )
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"{words} goes on for ever: {late.output!r}") from late
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the stack's database, as its owner."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    def pid(self, name: str) -> int:
        """The present process of postgres, broker, cache, web, relay, realtime, bulk, training or beat."""
        return int(self.processes()[name])

    def processes(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.var / "log" / "processes.json").read_text())
        return found

    def send(self, name: str, number: signal.Signals) -> None:
        os.kill(self.pid(name), number)

    def kill(self, name: str) -> None:
        """kill -9, and return when the supervisor has started another one."""
        old = self.pid(name)
        os.kill(old, signal.SIGKILL)
        wait_until(lambda: self.has_another(name, old), f"{name} is back")

    def has_another(self, name: str, old: int) -> bool:
        """Whether another process stands where one was; between the two there is none."""
        return self.processes().get(name, old) != old

    def log(self, name: str) -> str:
        return (self.var / "log" / f"{name}.log").read_text(errors="replace")

    def last_words(self, lines: int = 12) -> str:
        """How the log of each process ends."""
        logs = sorted((self.var / "log").glob("*.log"))
        ends = {each.stem: each.read_text(errors="replace").splitlines()[-lines:] for each in logs}
        return "\n".join(f"{name}: {line}" for name, end in ends.items() for line in end)

    def _services(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.var / "services.json").read_text())
        return found


def bare_environment() -> dict[str, str]:
    """Ours without what leads to the services of the test run."""
    ours = (
        "DATABASE_URL",
        "BROKER_URL",
        "CACHE_URL",
        "SECRET_KEY",
        "TANDEM_",
        "DJANGO_",
        "PYTEST_",
    )
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def wait_until(
    condition: Callable[[], bool],
    what: str,
    timeout_s: float = 60.0,
    why: Callable[[], object] = str,
) -> None:
    """Return once the condition holds; fails with what was waited for, and what `why` then says of it."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s:.0f} s in vain: {what} {why()}"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_stack(var: Path, **more: str) -> LiveStack:
    """Start `manage.py up` and return when its processes are ready; the demo's data may still be on its way."""
    port = int(more.get("PORT") or free_port())
    home = leftovers.home_of(var)
    home.mkdir(exist_ok=True)
    told = {"TANDEM_VAR": str(var), "PORT": str(port), "TANDEM_DEMO": "0", "HOME": str(home)}
    environment = bare_environment() | told | more
    with (var.parent / f"{var.name}.log").open("w") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--with-parent"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    stack = LiveStack(var, port, supervisor)
    try:
        wait_until(lambda: _is_up(stack), "the product is up", _START_S)
    except BaseException:
        stop_stack(stack)
        raise
    return stack


def stop_stack(stack: LiveStack, by: signal.Signals = signal.SIGINT) -> None:
    """Ctrl-C, or what else is sent to the supervisor; wait for the end, after which nothing is left."""
    assert stack.supervisor, "it is another worker's to stop"
    stack.supervisor.send_signal(by)
    stack.supervisor.wait(timeout=_STOP_S)
    wait_until(
        lambda: not leftovers.processes_of(stack.var),
        f"nothing is left after {by.name}",
        _GONE_S,
        lambda: leftovers.processes_of(stack.var),
    )
    assert list(leftovers.home_of(stack.var).iterdir()) == []


def said(stack: LiveStack) -> str:
    """What the supervisor wrote to its terminal."""
    return (stack.var.parent / f"{stack.var.name}.log").read_text()


def _is_up(stack: LiveStack) -> bool:
    assert stack.supervisor, "it is another worker's"
    assert stack.supervisor.poll() is None, said(stack)
    return "] workers" in said(stack)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker of the test run has a stack; its tests go there. Those that only read the demo go to another."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        for stack in STACKS:
            if stack in names:
                item.add_marker(pytest.mark.stack)
                item.add_marker(pytest.mark.xdist_group(READERS if READERS in names else stack))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Whoever begins with anything else gives way to the longest chain of tests, which the run ends with."""
    global _began  # noqa: PLW0603
    if not _began and "PYTEST_XDIST_WORKER" in os.environ:
        if LONGEST not in getattr(item, "fixturenames", ()):
            os.nice(_GIVE_WAY)
        _began = True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where a test of a stack fails, its report tells what the processes said last."""
    report = yield
    if report.failed:
        at_hand = {name: getattr(item, "funcargs", {}).get(name) for name in STACKS}
        told = [(name, stack.last_words()) for name, stack in at_hand.items() if stack]
        report.sections += [(f"Last words in {name}", words) for name, words in told]
    return report


@pytest.fixture(scope="session")
def public_folder() -> Iterator[Path]:
    """A temporary folder that the database's user can pass through, also where we are root."""
    with tempfile.TemporaryDirectory(prefix="tandem-stack-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="session")
def live_stack(public_folder: Path) -> Iterator[LiveStack]:
    """The running product without demo data, shared by the tests of a run: leave nothing that another stumbles on."""
    var = public_folder / "live"
    var.mkdir(mode=0o711)
    (var / STALE).write_text("what an earlier start left")
    stack = start_stack(var)
    yield stack
    stop_stack(stack, signal.SIGKILL)
