"""The whole product with its demo, on a data folder of the benchmarks' own that is kept between runs."""

from __future__ import annotations

import http
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var" / "bench"
_FIRST_START_S = 900.0
_STOP_S = 60.0


@dataclass(frozen=True)
class Product:
    """Where it listens, the tokens of its roles, the environment of a process of it, and how it started."""

    port: int
    tokens: Mapping[str, str]
    environment: Mapping[str, str]
    answered_s: float
    """Seconds from the command to the first answer over HTTP."""
    ready_s: float
    """Seconds from the command until a fresh personal slate was served."""

    def pid(self, name: str) -> int:
        """The process of that name, as the supervisor wrote it down."""
        return int(_processes()[name])

    def rows(self, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        """Ask its database."""
        url = self.environment["DATABASE_URL"]
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    def members(self, most: int) -> list[str]:
        """Outside ids of that many members of the data set, the busiest first."""
        return [outside_id for (outside_id,) in self.rows(_BUSIEST, most)]


_BUSIEST = """
SELECT m.outside_id FROM curation_member m JOIN curation_memberstats s ON s.subject = m.subject
 WHERE m.source = 'demo' AND m.outside_id ~ '^[0-9]+$' AND NOT m.simulated
 ORDER BY s.ratings DESC, m.outside_id LIMIT %s
"""


@contextmanager
def product(*, anew: bool = False) -> Iterator[Product]:
    """Start it and wait until the demo is ready and nothing is going on; stop it at the end.

    `anew` begins with an empty data folder.
    """
    if anew:
        shutil.rmtree(VAR, ignore_errors=True)
    print("Starting the product …", flush=True)
    told = {"TANDEM_VAR": str(VAR), "PORT": str(free_port()), "TANDEM_DEMO": "1"}
    VAR.mkdir(parents=True, exist_ok=True)
    (VAR / "demo.json").unlink(missing_ok=True)
    started = time.monotonic()
    supervisor = _start(told)
    try:
        answered_s = _wait(supervisor, lambda: answers(int(told["PORT"]))) - started
        ready_s = _wait(supervisor, (VAR / "demo.json").exists) - started
        _wait(supervisor, lambda: not _simulating())
        services = json.loads((VAR / "services.json").read_text())["environment"]
        tokens = json.loads((VAR / "demo.json").read_text())["tokens"]
        environment = {**_bare(), **told, **services}
        yield Product(int(told["PORT"]), tokens, environment, answered_s, ready_s)
    finally:
        supervisor.send_signal(signal.SIGINT)
        supervisor.wait(_STOP_S)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def busy() -> str:
    """How busy the machine is: without it no figure says anything."""
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def percentile(times: Sequence[float], share: float) -> float:
    """The time within which that share of the answers came."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def _start(told: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with (VAR / "bench.log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "manage.py", "up", "--with-parent"],
            cwd=ROOT,
            env={**_bare(), **told},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait(supervisor: subprocess.Popen[bytes], condition: Callable[[], bool]) -> float:
    """The moment when the condition holds."""
    deadline = time.monotonic() + _FIRST_START_S
    while not condition():
        if supervisor.poll() is not None or time.monotonic() > deadline:
            sys.exit((VAR / "bench.log").read_text())
        time.sleep(0.1)
    return time.monotonic()


def answers(port: int) -> bool:
    """Whether a web server of the product does its work at that port."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/livez", headers={"Host": "localhost"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _simulating() -> bool:
    """Whether the demo's simulated members are still to come, or about."""
    try:
        stat = Path(f"/proc/{_processes()['simulate']}/stat").read_text()
    except KeyError:
        return True
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _processes() -> dict[str, int]:
    found: dict[str, int] = json.loads((VAR / "log" / "processes.json").read_text())
    return found


def _bare() -> dict[str, str]:
    ours = ("DATABASE_URL", "BROKER_URL", "CACHE_URL", "SECRET_KEY", "TANDEM_", "DJANGO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
