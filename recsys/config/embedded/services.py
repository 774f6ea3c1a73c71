"""Which services are ours and which are elsewhere, and the environment that leads every process to them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from recsys.config.embedded.account import Account, database_account
from recsys.config.embedded.postgres import (
    APP,
    OWNER,
    Postgres,
    check_version,
    copy_binaries,
    packaged_binaries,
)
from recsys.config.embedded.trouble import Trouble
from recsys.config.embedded.valkey import Valkey

RECORD = "services.json"
# Makes a private folder for a purpose and an account, and sees to it that it is removed at the end.
PrivateFolder = Callable[[str, Account], Path]


@dataclass(frozen=True)
class Services:
    """What runs under the data folder; None stands for a server elsewhere."""

    postgres: Postgres | None
    broker: Valkey | None
    cache: Valkey | None
    environment: dict[str, str]
    owner_url: str
    folder: Path


def plan(
    var: Path,
    environment: Mapping[str, str],
    private_folder: PrivateFolder,
    *,
    ephemeral: bool = False,
) -> Services:
    """Lay out the embedded services: everything that the environment does not point elsewhere."""
    account = database_account(var / "postgres")
    sockets = private_folder("run", account)
    outside = {
        name: environment.get(name, "") for name in ("DATABASE_URL", "BROKER_URL", "CACHE_URL")
    }
    postgres = None
    if not outside["DATABASE_URL"]:
        data = var / "postgres"
        check_version(data)
        _check_reach(var, account)
        postgres = Postgres(data, sockets, _binaries(account, private_folder), account, ephemeral)
    broker = None if outside["BROKER_URL"] else _valkey(var, sockets, "broker", keeps=True)
    cache = None if outside["CACHE_URL"] else _valkey(var, sockets, "cache", keeps=False)
    urls = {
        "DATABASE_URL": postgres.url(APP) if postgres else outside["DATABASE_URL"],
        "BROKER_URL": broker.url if broker else outside["BROKER_URL"],
        "CACHE_URL": cache.url if cache else outside["CACHE_URL"],
    }
    elsewhere = environment.get("DATABASE_OWNER_URL") or outside["DATABASE_URL"]
    owner_url = postgres.url(OWNER) if postgres else elsewhere
    return Services(postgres, broker, cache, urls, owner_url, sockets)


def record(services: Services, var: Path) -> None:
    """Leave word for commands that are run by hand beside the supervisor."""
    path = var / RECORD
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(
        json.dumps({"environment": services.environment, "owner_url": services.owner_url})
    )
    fresh.replace(path)


def _binaries(account: Account, private_folder: PrivateFolder) -> Path:
    if account.can("x", packaged_binaries() / "postgres"):
        return packaged_binaries()
    return copy_binaries(private_folder("bin", account), account)


def _check_reach(var: Path, account: Account) -> None:
    if blocked := account.blocked_at(var):
        raise Trouble(
            f"The database runs as the user {account.name}, who cannot enter {blocked}, so it cannot keep its data "
            f"in {var}. Keep the data where every user may pass: TANDEM_VAR=/var/lib/tandem make run"
        )


def _valkey(var: Path, sockets: Path, name: str, *, keeps: bool) -> Valkey:
    folder = var / name if keeps else sockets
    if keeps:
        folder.mkdir(mode=0o700, exist_ok=True)
    return Valkey(folder, sockets / f"{name}.sock", keeps)


def process_environment(services: Services, var: Path, secret: str, **extra: str) -> dict[str, str]:
    """The environment of a run-time process: ours, the services', and what else is told."""
    told = {
        "TANDEM_VAR": str(var),
        "SECRET_KEY": secret,
        "TMPDIR": str(services.folder),  # what a process leaves there goes with the folder
        "DJANGO_SETTINGS_MODULE": "recsys.config.settings",
    }
    # Eight processes start from the same modules: they are compiled once, whatever the terminal says.
    dropped = ("DATABASE_OWNER_URL", "PYTHONDONTWRITEBYTECODE")
    inherited = {name: value for name, value in os.environ.items() if name not in dropped}
    return inherited | services.environment | told | extra
