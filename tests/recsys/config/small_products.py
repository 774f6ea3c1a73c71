"""The small product as a running process, of whoever runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from recsys.config.embedded.account import Account, database_account
from tests.processes import ROOT, bare_environment

PATIENT = "import time; print('ready', flush=True); time.sleep(600)"
OURSELVES = Account("ourselves")


def members(mark: str) -> list[int]:
    """The living processes whose environment or command line holds a mark."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and entry.name != str(os.getpid()):
            try:
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                text = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if state != "Z" and mark.encode() in text:
                found.append(int(entry.name))
    return found


@dataclass(frozen=True)
class Somebody:
    """Who runs a product, with which interpreter; without an account, ourselves with ours."""

    account: Account = OURSELVES
    python: str = sys.executable
    environment: Mapping[str, str] = field(default_factory=dict)


def an_ordinary_user() -> Somebody:
    """Ourselves, or where we are root, one with nothing of his own, and an interpreter that he may run."""
    account = database_account(Path("/none"))
    if account.uid is None:
        return Somebody()
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    known = [sys.executable, *(f"{folder}/{name}" for folder in ("/usr/local/bin", "/usr/bin"))]
    ours = [each for each in known if account.can("x", Path(each))]
    if not ours:
        pytest.skip(f"{account.name} may run none of {known}")
    modules = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    told = {"PYTHONPATH": modules, "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"}
    return Somebody(account, ours[0], told)


class SmallProduct:
    """The script small_product.py as a running process."""

    def __init__(self, var: Path, code: str = PATIENT, by: Somebody | None = None) -> None:
        var.mkdir(exist_ok=True, mode=0o711)
        self.var = var
        by = by or Somebody()
        by.account.own(var)
        words = [by.python, str(Path(__file__).with_name("small_product.py")), str(var), code]
        self.mark = f"mark-{var}"
        self.process = subprocess.Popen(
            words,
            env={**bare_environment(), **by.environment, "MARK": self.mark},
            **by.account.credentials,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_ready(self) -> tuple[str, str]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith("ready"):
            pytest.fail(line + self.process.communicate()[1])
        _, database_url, broker_url = line.split()
        return database_url, broker_url

    def everyone(self) -> list[int]:
        """The supervisor, its children, and PostgreSQL, which has an environment of its own."""
        return sorted({*members(self.mark), *members(f"{self.var}/postgres")})

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
