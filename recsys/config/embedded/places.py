"""Folders: the data folder, and private ones in the system's temporary folder that are removed at stop."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from recsys.config.embedded.account import Account
from recsys.config.embedded.trouble import Trouble

# A socket's path has at most 107 bytes; what we append to the folder fits into the rest.
_LONGEST_FOLDER = 60
_LEAST_FREE_MB = 500


def data_folder() -> Path:
    """Where everything is kept: TANDEM_VAR, or var/ beside manage.py."""
    root = Path(__file__).resolve().parents[3]
    return Path(os.environ.get("TANDEM_VAR") or root / "var").resolve()


def open_data_folder(var: Path) -> None:
    """Make the data folder, or say why it cannot be used."""
    try:
        # The database's user has to pass through it; each thing inside guards itself.
        var.mkdir(mode=0o711, parents=True, exist_ok=True)
        probe = var / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise Trouble(
            f"The data folder {var} cannot be written ({error.strerror}). {_way_out(error)}, "
            "or keep the data elsewhere: TANDEM_VAR=/another/folder make run"
        ) from error
    if shutil.disk_usage(var).free < _LEAST_FREE_MB * 2**20:
        raise full_disk(var)


def _way_out(error: OSError) -> str:
    if error.errno == errno.EROFS:
        return "Have its disk mounted for writing"
    return "Run Tandem as the user that owns it"


def full_disk(var: Path) -> Trouble:
    """What to say where nothing more can be written."""
    free_mb = shutil.disk_usage(var).free // 2**20
    return Trouble(
        f"The disk is full: {free_mb} MB are free where {var} lies, and {_LEAST_FREE_MB} MB are needed. "
        "Free some, or keep the data elsewhere: TANDEM_VAR=/another/folder make run"
    )


def secret_key(var: Path) -> str:
    """The installation's secret, made at the first call, readable by its owner alone."""
    path = var / "secret_key"
    if not path.exists():
        fresh = path.with_name(f".secret_key-{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        fresh.replace(path)
    return path.read_text().strip()


def private_folder(purpose: str, account: Account) -> Path:
    """A new folder with a short path, 0700, that belongs to the account."""
    for base in _temporary_bases():
        if account.uid is None or account.can("x", base):
            folder = Path(tempfile.mkdtemp(prefix=f"tandem-{purpose}-", dir=base))
            account.own(folder)
            return folder
    raise Trouble(
        "No temporary folder with a short path can be used. Set TMPDIR to one, for instance /tmp."
    )


def _temporary_bases() -> Iterator[Path]:
    for name in dict.fromkeys([tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"]):  # noqa: S108  mkdtemp follows
        if len(os.fsencode(name)) <= _LONGEST_FOLDER and os.access(name, os.W_OK | os.X_OK):
            yield Path(name)
