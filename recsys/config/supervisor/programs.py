"""The programs of the product, as the supervisor and the tests run them."""

from __future__ import annotations

import http
import http.client
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import cache_from_source, find_spec
from pathlib import Path

from recsys.config.embedded.postgres import Postgres, initialise
from recsys.config.embedded.postmaster import clear_leftovers
from recsys.config.embedded.services import Services
from recsys.config.embedded.valkey import Valkey
from recsys.config.supervisor.child import Child, Program, python

FOUNDATION, WEB, WORK, ONCE = range(4)
METRICS = "metrics"


@dataclass(frozen=True)
class Web:
    """Where the web server listens, and with how many processes."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1

    @property
    def url(self) -> str:
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}/"


def foundation(services: Services, environment: dict[str, str]) -> list[Program]:
    """The services that are ours to run."""
    valkeys = {"broker": services.broker, "cache": services.cache}
    programs = [_valkey(name, valkey, environment) for name, valkey in valkeys.items() if valkey]
    return [*([_postgres(services.postgres)] if services.postgres else []), *programs]


def _postgres(postgres: Postgres) -> Program:
    def before() -> None:
        initialise(postgres)
        clear_leftovers(postgres.data)

    return Program(
        name="postgres",
        words=postgres.words(),
        environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        stage=FOUNDATION,
        ready=lambda _: postgres.answers(),
        # Fast shutdown: sessions end, a checkpoint is written. Harder: none is, the next start recovers.
        stop=signal.SIGINT,
        harder=signal.SIGQUIT,
        orphaned=signal.SIGINT,
        grace_s=30.0,
        account=postgres.account,
        before=before,
        # Told SIGTERM it would wait, refusing everybody new, until the last old session ends: ours last for days.
        lingers=postgres.refuses,
    )


def _valkey(name: str, valkey: Valkey, environment: dict[str, str]) -> Program:
    return Program(
        name=name,
        words=valkey.words(),
        environment=environment,
        stage=FOUNDATION,
        ready=lambda _: valkey.answers(),
    )


def web(environment: dict[str, str], at: Web) -> Program:
    """Granian. It does not bring back its own dead workers unless told."""
    place = ["--host", at.host, "--port", str(at.port), "--workers", str(at.workers)]
    limits = ["--blocking-threads", "4", "--backpressure", "64", "--no-ws"]
    # A worker that does not heed its parent would hold up the end of both for ever; the grace of ours is ten seconds.
    renewal = [
        "--workers-kill-timeout",
        "8s",
        "--respawn-failed-workers",
        "--workers-lifetime",
        "6h",
        "--workers-max-rss",
        "600",
    ]
    words = [
        "-m",
        "granian",
        "--interface",
        "wsgi",
        *place,
        *limits,
        *renewal,
        "recsys.config.wsgi:application",
    ]
    return Program(
        name="web",
        words=python(*words),
        environment=environment | {"TANDEM_PROCESS": "web"} | _threads(1) | _counted(environment),
        stage=WEB,
        ready=lambda _: _answers_http(at),
    )


def relay(environment: dict[str, str]) -> Program:
    """Publishes what the outbox holds."""
    return Program(
        name="relay",
        words=python("manage.py", "relay"),
        environment=environment | {"TANDEM_PROCESS": "relay"} | _threads(1),
        stage=WORK,
        ready=_says("relay ready"),
    )


def workers(environment: dict[str, str]) -> list[Program]:
    """One worker per queue; what keeps the house has one to itself, without a child, since it is never long."""
    most = max(1, (os.cpu_count() or 1) - 1)
    return [
        _worker("upkeep", environment, 1, pool="solo"),
        _worker("realtime", environment, 1),
        _worker("bulk", environment, 1),
        _worker("training", environment, most, "--max-tasks-per-child", "1"),
    ]


def _worker(
    queue: str, environment: dict[str, str], threads: int, *more: str, pool: str = "prefork"
) -> Program:
    of_pool = ["--queues", queue, "--pool", pool, "--concurrency", "1", *more]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
    words = ["worker", "--hostname", f"{queue}@%h", *of_pool, *quiet]
    return Program(
        name=queue,
        words=_celery(environment, *words),
        environment=environment
        | {"TANDEM_PROCESS": queue}
        | _threads(threads)
        | _counted(environment),
        stage=WORK,
        ready=_says(" ready."),
        # A second SIGTERM would wait for the task as long as the first; an orphan must not finish one of hours.
        harder=signal.SIGQUIT,
        orphaned=signal.SIGQUIT,
    )


def _celery(environment: dict[str, str], *words: str) -> list[str]:
    url = environment["BROKER_URL"]
    # Celery's command line takes BROKER_URL too, and has another name than redis-py for a socket.
    socket = (
        ["--broker", url.replace("unix://", "redis+socket://", 1)]
        if url.startswith("unix://")
        else []
    )
    # Quiet: no banner, which is no line of a log; what happens is logged all the same.
    return python("-m", "celery", "--quiet", "-A", "recsys.config", *socket, *words)


def beat(environment: dict[str, str]) -> Program:
    """Rings for the periodic tasks."""
    return Program(
        name="beat",
        words=_celery(environment, "beat", "--pidfile", "", "--loglevel", "INFO"),
        environment=environment | {"TANDEM_PROCESS": "beat"} | _threads(1),
        stage=WORK,
        ready=_says("beat: Starting"),
    )


def demo(environment: dict[str, str], at: Web) -> Program:
    """Prepares the demo, and asks for its first slate where the web listens."""
    url = at.url.rstrip("/")
    return once("demo", environment, "demo", "--url", url, to_terminal=True)


def once(name: str, environment: dict[str, str], *words: str, to_terminal: bool = False) -> Program:
    """A command of manage.py that ends by itself."""
    return Program(
        name=name,
        words=python("manage.py", *words),
        environment=environment | {"TANDEM_PROCESS": "command"} | _threads(1),
        stage=ONCE,
        ready=Child.running,
        to_terminal=to_terminal,
    )


def has_bytecode() -> bool:
    """Whether a process of this environment has imported the heaviest of its libraries before, or none leaves any."""
    if sys.dont_write_bytecode:
        return True
    found = find_spec("torch")
    return bool(found and found.origin and Path(cache_from_source(found.origin)).exists())


def _threads(number: int) -> dict[str, str]:
    return {"OMP_NUM_THREADS": str(number), "OPENBLAS_NUM_THREADS": str(number)}


def _counted(environment: dict[str, str]) -> dict[str, str]:
    """The folder in which processes count together, where there is one; others count each for itself."""
    folder = Path(environment.get("TANDEM_VAR", "/nowhere")) / METRICS
    return {"PROMETHEUS_MULTIPROC_DIR": str(folder)} if folder.is_dir() else {}


def _says(words: str) -> Callable[[Child], bool]:
    return lambda child: words in child.new_output()


def _answers_http(at: Web) -> bool:
    connection = http.client.HTTPConnection(at.host, at.port, timeout=5)
    try:
        connection.request("GET", "/livez", headers={"Host": "localhost"})
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
