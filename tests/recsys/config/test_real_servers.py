"""The same code on servers elsewhere: PostgreSQL and two Valkeys on ports of this machine, with a password."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import requests

from recsys.config.embedded.postgres import SUPERUSER, Postgres
from recsys.config.embedded.services import Services, plan, process_environment
from recsys.config.supervisor import programs
from recsys.config.supervisor.child import Program
from recsys.config.supervisor.family import Family
from tests.processes import ROOT, bare_environment, free_port, wait_until

PASSWORDS = {"TANDEM_OWNER_PASSWORD": "the owner's: %/@", "TANDEM_APP_PASSWORD": "not the owner's"}
READY_S = 120.0
ITEM_AND_TOKEN = """
from curation.people.access import issue_token
from curation.models import Item
from tests.factories import UserFactory
item = Item.objects.create(source="elsewhere", outside_id="a", title="A teapot")
print("made", item.pk, issue_token(UserFactory.create(roles=["client"]), "elsewhere"))
"""


@dataclass
class Elsewhere:
    """Servers that somebody else runs, by their URLs."""

    postgres: int
    broker: int
    cache: int

    def urls(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self._database("tandem_app", "TANDEM_APP_PASSWORD"),
            "DATABASE_OWNER_URL": self._database("tandem_owner", "TANDEM_OWNER_PASSWORD"),
            "BROKER_URL": f"redis://127.0.0.1:{self.broker}/0",
            "CACHE_URL": f"redis://127.0.0.1:{self.cache}/0",
        }

    def _database(self, role: str, password: str) -> str:
        word = quote(PASSWORDS[password], safe="")
        return f"postgresql://{role}:{word}@127.0.0.1:{self.postgres}/tandem"


@pytest.fixture
def elsewhere(public_folder: Path) -> Iterator[Elsewhere]:
    """Their binaries are those that we bring; the database is prepared as the one in the compose file."""
    folder = public_folder / "elsewhere"
    folder.mkdir(mode=0o711)
    family = Family(folder / "log")
    try:
        services = plan(folder, {}, family.private_folder, ephemeral=True)
        ports = {name: free_port() for name in ("postgres", "broker", "cache")}
        for program in programs.foundation(services, bare_environment()):
            family.start(_on_a_port(program, services, ports[program.name]))
        family.wait_ready(ports, READY_S)
        assert services.postgres is not None
        _make_database(services.postgres, ports["postgres"])
        yield Elsewhere(**ports)
    finally:
        family.stop()


def _on_a_port(program: Program, services: Services, port: int) -> Program:
    if program.name != "postgres":
        return replace(program, words=[*program.words, "--port", str(port), "--bind", "127.0.0.1"])
    words = [*program.words, "-c", "listen_addresses=127.0.0.1", "-c", f"port={port}"]
    return replace(program, words=words, ready=lambda _: _answers(services, port), lingers=None)


def _answers(services: Services, port: int) -> bool:
    url = f"postgresql://{SUPERUSER}@/postgres?host={services.folder}&port={port}"
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _make_database(postgres: Postgres, port: int) -> None:
    place = ["-h", str(postgres.sockets), "-p", str(port), "-U", SUPERUSER, "-d", "postgres"]
    script = ["-v", "ON_ERROR_STOP=1", "-f", str(ROOT / "docker/database.sql")]
    words = [str(postgres.binaries / "psql"), "--no-psqlrc", *place, *script]
    done = subprocess.run(words, env=PASSWORDS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def product(elsewhere: Elsewhere, public_folder: Path) -> Iterator[tuple[str, str, str]]:
    """Where its web process listens, an item, and a token; one more process makes slates."""
    var = public_folder / "pointed"
    var.mkdir(mode=0o711)
    family, web = Family(var / "log"), programs.Web(port=free_port())
    try:
        services = plan(var, elsewhere.urls(), family.private_folder)
        assert programs.foundation(services, {}) == []
        environment = process_environment(services, var, "a key for tests", TANDEM_DEMO="0")
        owner = environment | {"DATABASE_URL": services.owner_url}
        _do(family, owner, "migrate", "--noinput", "--skip-checks")
        _do(family, environment, "collectstatic", "--noinput")
        _do(family, environment, "shell", "-c", ITEM_AND_TOKEN)
        [realtime] = [each for each in programs.workers(environment) if each.name == "realtime"]
        for program in (programs.web(environment, web), realtime):
            family.start(program)
        family.wait_ready(["web", "realtime"], READY_S)
        item, token = (var / "log" / "shell.log").read_text().rpartition("made ")[2].split()[:2]
        yield web.url, item, token
    finally:
        family.stop()
    assert {each.name for each in var.iterdir()}.isdisjoint({"postgres", "broker"})


def _do(family: Family, environment: dict[str, str], command: str, *words: str) -> None:
    code = family.run_once(programs.once(command, environment, command, *words))
    assert code == 0, family.children[command].tail()


def test_urls_lead_the_same_code_to_servers_elsewhere(product: tuple[str, str, str]) -> None:
    url, item, token = product
    assert "A teapot" in requests.get(f"{url}items/{item}/", timeout=30).text
    asked = {"member": "somebody", "surface": "home", "wait_ms": "5000"}

    def slate() -> dict[str, Any]:
        answer = requests.get(
            f"{url}api/v1/recommendations/",
            params=asked,
            headers={"Authorization": f"Token {token}"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    wait_until(lambda: slate()["mode"] == "fresh", "a fresh slate", why=slate)
