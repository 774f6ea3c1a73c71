"""The whole product with its demo, on a data folder of the benchmarks' own that is kept between runs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
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
    told = {"TANDEM_VAR": str(VAR), "PORT": str(free_port()), "TANDEM_DEMO": "1"}
    VAR.mkdir(parents=True, exist_ok=True)
    (VAR / "demo.json").unlink(missing_ok=True)
    started = time.monotonic()
    supervisor = _start(told)
    try:
        answered_s = _wait(supervisor, lambda: _answers(int(told["PORT"]))) - started
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
