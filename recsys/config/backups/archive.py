"""The file of a backup: a tar whose last member lists every other one with its size and sha256."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Final, cast

from recsys.config.embedded.trouble import Trouble

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DATABASE: Final = "database.dump"
SECRET: Final = "secret_key"  # noqa: S105  the name of a file
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `files` are [bytes, sha256] by name, `tables` rows by name, `migrations` names by app."""

    made_at: str
    postgres: int
    migrations: dict[str, list[str]]
    tables: dict[str, int]
    absent: list[str]
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    format: int = FORMAT


class Writer:
    """Writes an archive, hashing what passes; without `finish` it is no archive."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  closed by finish
        self._files: dict[str, tuple[int, str]] = {}

    def add(self, path: Path, name: str) -> None:
        """Add a file under a name."""
        with path.open("rb") as source:
            self.add_stream(source, name, path.stat().st_size)

    def add_stream(self, source: IO[bytes], name: str, size: int) -> None:
        """Add so many bytes of a stream under a name."""
        passing = _Hashing(source)
        self._put(name, size, cast("IO[bytes]", passing))
        self._files[name] = (size, passing.digest.hexdigest())

    def finish(self, manifest: Manifest) -> Manifest:
        """Write the manifest with what was added, and close."""
        whole = Manifest(**{**asdict(manifest), "files": self._files})
        text = json.dumps(asdict(whole), indent=1).encode()
        self._put(MANIFEST, len(text), io.BytesIO(text))
        self._tar.close()
        return whole

    def _put(self, name: str, size: int, source: IO[bytes]) -> None:
        described = tarfile.TarInfo(name)
        described.size, described.mode = size, 0o600
        self._tar.addfile(described, source)


class _Hashing:
    """A stream that hashes what is read from it."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        chunk = self._source.read(size)
        self.digest.update(chunk)
        return chunk


def unpack(path: Path, folder: Path) -> Manifest:
    """Write everything that the archive holds into the folder; raises Trouble naming what is damaged."""
    try:
        with tarfile.open(path, "r:") as tar:
            manifest = _manifest(tar, path)
            for name, (size, digest) in manifest.files.items():
                _take(tar, _member(tar, name, path), folder / _safe(name, path), size, digest)
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(path, str(error)) from error
    return manifest


def _manifest(tar: tarfile.TarFile, path: Path) -> Manifest:
    stream = tar.extractfile(_member(tar, MANIFEST, path))
    try:
        told = json.loads(stream.read() if stream else b"")
        found = int(told["format"])
        if found <= FORMAT:
            return Manifest(**told)
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, f"{MANIFEST} cannot be read") from error
    raise Trouble(
        f"{path} has format {found}; this version of Tandem reads up to {FORMAT}. Restore it with the version that "
        "made it, or a newer one."
    )


def _member(tar: tarfile.TarFile, name: str, path: Path) -> tarfile.TarInfo:
    try:
        member = tar.getmember(name)
    except KeyError:
        raise _damaged(path, f"{name} is missing") from None
    if not member.isreg():
        raise _damaged(path, f"{name} is not a file")
    return member


def _safe(name: str, path: Path) -> str:
    """The name, unless it would lead out of the folder."""
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts:
        raise _damaged(path, f"{name} leads out of the archive")
    return name


def _take(
    tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path, size: int, digest: str
) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    sha, taken = hashlib.sha256(), 0
    with target.open("wb") as out:
        for chunk in _chunks(tar, member):
            sha.update(chunk)
            taken += len(chunk)
            out.write(chunk)
    if (taken, sha.hexdigest()) != (size, digest):
        raise Trouble(
            f"{member.name} is damaged: it is not what was backed up. Use another backup."
        )


def _chunks(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    stream = tar.extractfile(member)
    while stream and (chunk := stream.read(_CHUNK)):
        yield chunk


def _damaged(path: Path, why: str) -> Trouble:
    return Trouble(f"{path} is not a whole backup ({why}). Use another one.")
