"""A PostgreSQL of a benchmark's own, with the settings of the product, gone when the benchmark ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import psycopg

from recsys.config.embedded.account import database_account
from recsys.config.embedded.places import private_folder
from recsys.config.embedded.postgres import prepare
from recsys.config.embedded.services import plan
from recsys.config.supervisor.family import Family
from recsys.config.supervisor.programs import foundation

OWNER_URL = "DATABASE_OWNER_URL"
_START_S = 60.0


@contextmanager
def own_database() -> Iterator[None]:
    """Start it, migrate it, and set Django up on it as the run-time role."""
    folder = private_folder("bench", database_account(Path("/none")))
    family = Family(folder / "log")
    family.remove_at_end(folder)
    try:
        services = plan(folder, {}, family.private_folder)
        programs = foundation(services, dict(os.environ))
        for program in programs:
            family.start(program)
        family.wait_ready([program.name for program in programs], _START_S)
        assert services.postgres is not None
        prepare(services.postgres)
        told = {"TANDEM_VAR": str(folder), "SECRET_KEY": "a key for a benchmark"}
        told[OWNER_URL] = services.owner_url
        os.environ.update(services.environment | told)
        os.environ["DJANGO_SETTINGS_MODULE"] = "recsys.config.settings"
        _migrate(services.owner_url)
        django.setup()
        yield
    finally:
        family.stop()


def settle() -> None:
    """Vacuum and analyse everything, as the owner: the run-time role may not, and would only be warned."""
    with psycopg.connect(os.environ[OWNER_URL], autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _migrate(owner_url: str) -> None:
    command = [sys.executable, "-m", "django", "migrate", "--noinput", "--verbosity", "0"]
    environment = os.environ | {"DATABASE_URL": owner_url, "PYTHONPATH": str(Path.cwd())}
    subprocess.run(command, env=environment, check=True)
