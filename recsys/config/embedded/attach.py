"""How a command run by hand finds the services: the environment, else those that the supervisor runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import psycopg

from recsys.config.embedded.places import data_folder, secret_key
from recsys.config.embedded.services import RECORD
from recsys.config.embedded.trouble import Trouble

NO_SECRET = "no secret is needed here"  # noqa: S105  it is the absence of one
NOWHERE = "postgresql:///nowhere?host=/nowhere"
# The supervisor and a restore make their own services; the others read code alone.
_MAKES_SERVICES = {"restore", "up"}
_WITHOUT_SERVICES = {
    "",
    "benchmark",
    "check",
    "collect_words",
    "collectstatic",
    "compile_words",
    "diffsettings",
    "help",
    "makemigrations",
    "restore",
    "spectacular",
    "up",
    "version",
}
_AS_OWNER = {"backup", "flush", "migrate", "pgtrigger", "sqlmigrate"}
_URLS = ("DATABASE_URL", "BROKER_URL", "CACHE_URL")


def attach(command: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What the environment lacks for a command of manage.py.

    Raises Trouble when the command needs a service that is neither named nor running.
    """
    missing = [name for name in _URLS if name not in environment]
    if command in _WITHOUT_SERVICES or command.startswith("-"):
        nowhere = {
            **dict.fromkeys(_URLS, ""),
            **({} if command in _MAKES_SERVICES else {"DATABASE_URL": NOWHERE}),
        }
        return _absent(environment, **nowhere, SECRET_KEY=NO_SECRET)
    var = data_folder()
    found = _running(var, command) if missing else {}
    named = {name: found[name] for name in missing}
    return named | _absent(environment, SECRET_KEY=secret_key(var), TANDEM_VAR=str(var))


def _running(var: Path, command: str) -> dict[str, str]:
    path = var / RECORD
    if not path.exists():
        raise _not_running(var)
    word = json.loads(path.read_text())
    environment: dict[str, str] = word["environment"]
    url = word["owner_url"] if command in _AS_OWNER else environment["DATABASE_URL"]
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        raise _not_running(var) from error
    return environment | {"DATABASE_URL": url}


def _not_running(var: Path) -> Trouble:
    return Trouble(
        f"Nothing runs on the data folder {var}. Start it with `make run` in another terminal, "
        "or point DATABASE_URL, BROKER_URL and CACHE_URL at servers."
    )


def _absent(environment: Mapping[str, str], **values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if name not in environment}
