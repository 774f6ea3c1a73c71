"""Who runs the database: ourselves, or an unprivileged user where we are root, since PostgreSQL refuses root."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from recsys.config.embedded.trouble import Trouble

_UNPRIVILEGED = ("nobody", "daemon", "bin")


class Credentials(TypedDict, total=False):
    """The arguments of subprocess that make a child another user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user of the system that a child process becomes; without uid, it stays who we are."""

    name: str
    uid: int | None = None
    gid: int | None = None

    @property
    def credentials(self) -> Credentials:
        if self.uid is None or self.gid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give the account a folder that we made for it."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can(self, test: str, path: Path) -> bool:
        """Ask the kernel as that user: test is x (enter, execute), r (read) or w (write)."""
        words = ["/bin/sh", "-c", f'test -{test} "$0"', str(path)]
        return subprocess.run(words, check=False, **self.credentials).returncode == 0

    def blocked_at(self, path: Path) -> Path | None:
        """The outermost folder on the way to path that the account cannot enter."""
        if self.uid is None:
            return None
        way = [*reversed(path.parents), path]
        return next(
            (folder for folder in way if folder.exists() and not self.can("x", folder)), None
        )


def database_account(data: Path) -> Account:
    """The owner of the data folder where we are root and it has one, else an unprivileged user."""
    if os.geteuid() != 0:
        return Account(str(os.geteuid()))
    if data.exists() and (uid := data.stat().st_uid) != 0:
        return (
            _account(pwd.getpwuid(uid))
            if _known(uid)
            else Account(str(uid), uid, data.stat().st_gid)
        )
    for name in _UNPRIVILEGED:
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            continue
    wanted = ", ".join(_UNPRIVILEGED)
    raise Trouble(
        f"PostgreSQL does not run as root, and none of the users {wanted} exists here. "
        "Make one of them, run Tandem as an ordinary user, or set DATABASE_URL to a server."
    )


def _known(uid: int) -> bool:
    return any(entry.pw_uid == uid for entry in pwd.getpwall())


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
