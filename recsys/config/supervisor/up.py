"""Everything under one supervisor: services, migrations, web, relay, workers, beat, demo."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import signal
import sys
import time
from types import FrameType

from recsys.config.embedded import places
from recsys.config.embedded.attach import NO_SECRET
from recsys.config.embedded.postgres import Postgres, prepare, read_mark, write_mark
from recsys.config.embedded.services import RECORD, Services, plan, process_environment, record
from recsys.config.supervisor import programs
from recsys.config.supervisor.child import Program
from recsys.config.supervisor.family import Family, Stopped, trouble_of
from recsys.config.supervisor.lock import take_lock
from recsys.config.supervisor.plan import Plan, check_port, read_plan
from recsys.config.supervisor.stamps import assets_stamp, migrations_stamp
from recsys.config.translations import compile_catalogues

DEMO = "demo.json"
ASSETS = "static.stamp"
_SERVICES_S = 120.0
_START_S = 120.0
_WATCH_S = 0.1
_TRIM_EVERY_S = 60.0
_TRIES = 3
_PR_SET_PDEATHSIG = 1


def up(*, with_parent: bool = False) -> int:
    """Run the product until somebody stops it; returns the exit code.

    with_parent: also stop when the process that started us ends.
    """
    if with_parent:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
    settled = read_plan()
    places.open_data_folder(settled.var)
    lock = take_lock(settled.var)
    check_port(settled.web)
    family = Family(settled.var / "log", lock)
    _listen_for_signals(family)
    try:
        _Product(settled, family).run()
    except Stopped:
        say("Stopping.")
        return 0
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise places.full_disk(settled.var) from error
        raise
    finally:
        family.stop()
        say("Stopped.")
    return 0


class _Product:
    """The steps of one start, in order."""

    def __init__(self, settled: Plan, family: Family) -> None:
        self._plan = settled
        self._family = family
        self._began = time.monotonic()

    def run(self) -> None:
        """Start everything, then look after it."""
        for name in (DEMO, RECORD):
            (self._plan.var / name).unlink(missing_ok=True)
            self._family.remove_at_end(self._plan.var / name)
        say(f"Tandem keeps its data in {self._plan.var}")
        shutil.rmtree(self._plan.var / programs.METRICS, ignore_errors=True)
        (self._plan.var / programs.METRICS).mkdir(mode=0o700)
        services = plan(self._plan.var, os.environ, self._family.private_folder)
        environment = self._environment(services)
        self._start_services(services, environment)
        self._prepare_database(services, environment)
        self._start_processes(environment)
        if self._plan.demo:
            self._finish_demo(environment)
        else:
            say("Everything runs. Ctrl-C stops it; everything is kept.")
        self._watch()

    def _environment(self, services: Services) -> dict[str, str]:
        web, demo = self._plan.web, "1" if self._plan.demo else "0"
        given = os.environ["SECRET_KEY"]
        secret = places.secret_key(self._plan.var) if given == NO_SECRET else given
        return process_environment(
            services, self._plan.var, secret, PORT=str(web.port), TANDEM_DEMO=demo
        )

    def _start_services(self, services: Services, environment: dict[str, str]) -> None:
        wanted = programs.foundation(services, environment)
        for program in wanted:
            self._family.start(program)
        self._family.wait_ready([program.name for program in wanted], _SERVICES_S)
        if services.postgres:
            prepare(services.postgres)
        record(services, self._plan.var)
        self._report("services")

    def _prepare_database(self, services: Services, environment: dict[str, str]) -> None:
        """The migrations, which keep one core busy, and beside them what can be done before anything else runs."""
        if not programs.has_bytecode():
            self._family.begin(programs.once("bytecode", environment, "write_bytecode"))
        assets = self._begin_assets(environment)
        owner = environment | {"DATABASE_URL": services.owner_url}
        if services.postgres:
            self._migrate_once(services.postgres, owner)
        else:
            self._migrate(owner)
        self._report("database")
        if assets:
            self._must_end("collectstatic")
            (self._plan.var / ASSETS).write_text(assets)

    def _migrate_once(self, postgres: Postgres, owner: dict[str, str]) -> None:
        """Migrate where the database has not had the migrations at hand; only to ask takes seconds."""
        stamp = migrations_stamp()
        if read_mark(postgres) != stamp:
            self._migrate(owner)
            write_mark(postgres, stamp)

    def _migrate(self, owner: dict[str, str]) -> None:
        self._must("migrate", owner, "migrate", "--noinput", "--skip-checks")

    def _begin_assets(self, environment: dict[str, str]) -> str:
        """Begin to collect the assets where they have changed; returns the stamp to leave at the end."""
        compile_catalogues()
        path, stamp = self._plan.var / ASSETS, assets_stamp()
        if path.exists() and path.read_text() == stamp:
            return ""
        self._family.begin(
            programs.once("collectstatic", environment, "collectstatic", "--noinput")
        )
        return stamp

    def _must(self, name: str, environment: dict[str, str], *words: str) -> None:
        self._family.begin(programs.once(name, environment, *words))
        self._must_end(name)

    def _must_end(self, name: str) -> None:
        if self._family.finish(name):
            raise trouble_of(self._family.children[name], "failed")

    def _start_processes(self, environment: dict[str, str]) -> None:
        """The web first, since somebody may wait for it; then, all at once, what the slates need.

        The demo's data are loaded beside both: it asks for its first slate long after.
        """
        if self._plan.demo:
            self._family.begin(programs.demo(environment, self._plan.web))
        self._family.start(programs.web(environment, self._plan.web))
        self._family.wait_ready(["web"], _START_S)
        self._report(f"web: {self._plan.web.url}")
        others = [
            programs.relay(environment),
            *programs.workers(environment),
            programs.beat(environment),
        ]
        for program in others:
            self._family.start(program)
        self._family.wait_ready([program.name for program in others], _START_S)
        self._report("workers")

    def _finish_demo(self, environment: dict[str, str]) -> None:
        """See the demo's preparation to its end, then let simulated members come."""
        code = self._again(programs.demo(environment, self._plan.web))
        if code or not (self._plan.var / DEMO).exists():
            say("The demo could not be prepared; see above why. Everything else runs.")
            return
        self._report("everything is ready")
        self._print_logins()
        simulation = programs.once("simulate", environment, "simulate_members", "--once")
        self._family.begin(simulation)
        if self._again(simulation):
            say(
                f"Simulated members could not come; {self._family.children['simulate'].log} says why."
            )

    def _again(self, begun: Program) -> int:
        """See a program to its end, again where it failed since something else restarted; returns its exit code."""
        code = self._family.finish(begun.name)
        for _ in range(1, _TRIES):
            code = code and self._family.run_once(begun)
        return code

    def _print_logins(self) -> None:
        word = json.loads((self._plan.var / DEMO).read_text())
        say(f"\n  Open {word['url']}\n")
        for role, login in word["logins"].items():
            say(f"  {role:15} {login['username']} / {login['password']}")
        say("\n  Ctrl-C stops it; everything is kept.\n")

    def _watch(self) -> None:
        trimmed = time.monotonic()
        while True:
            self._family.tend()
            time.sleep(_WATCH_S)
            if time.monotonic() - trimmed > _TRIM_EVERY_S:
                self._family.trim_logs()
                trimmed = time.monotonic()

    def _report(self, what: str) -> None:
        say(f"[{time.monotonic() - self._began:5.1f} s] {what}")


def _listen_for_signals(family: Family) -> None:
    def ask(_number: int, _frame: FrameType | None) -> None:
        family.ask_to_stop()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask)


def say(text: str) -> None:
    """Tell the terminal; where it is gone, go on, since stopping in order matters more."""
    try:
        print(text, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
