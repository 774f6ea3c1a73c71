"""Unpacking the files that are known out of a zip archive, which is not trusted, within limits."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from curation.imports.importing import UnreadableError

MOST_BYTES: Final = 4 * 1024**3
"""What may come out of an archive."""

MOST_TIMES: Final = 100
"""How many times its packed size a file of an archive may have."""

_CHUNK: Final = 1 << 20


def unpack(path: Path, folder: Path, is_known: Callable[[str], bool]) -> None:
    """Unpack the files whose bare names are known, wherever in the archive they stand, under these names.

    Each keeps the time at which it was written. Raises `UnreadableError` for what is no archive, or one
    that no data set would be.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for member in _wanted(archive.infolist(), is_known):
                target = folder / Path(member.filename).name
                with archive.open(member) as packed:
                    _copy(packed, target, member)
                _date(target, member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise UnreadableError(f"{path}: {error}") from error


def _wanted(
    members: Sequence[zipfile.ZipInfo], is_known: Callable[[str], bool]
) -> list[zipfile.ZipInfo]:
    found = [
        member for member in members if not member.is_dir() and is_known(Path(member.filename).name)
    ]
    if sum(member.file_size for member in found) > MOST_BYTES:
        raise UnreadableError(
            _("The archive unpacks to more than %(most)d bytes.") % {"most": MOST_BYTES}
        )
    return found


def _copy(packed: IO[bytes], target: Path, member: zipfile.ZipInfo) -> None:
    """Write what comes out, as long as it stays within what the archive may claim."""
    most, written = min(MOST_BYTES, (member.compress_size + 1) * MOST_TIMES), 0
    with target.open("wb") as file:
        while chunk := packed.read(_CHUNK):
            written += len(chunk)
            if written > most:
                raise UnreadableError(
                    _("%(name)s: packed more than %(times)d times, which no data set is.")
                    % {"name": member.filename, "times": MOST_TIMES}
                )
            file.write(chunk)


def _date(target: Path, member: zipfile.ZipInfo) -> None:
    """An archive keeps clock time without a zone, and may hold days that there are not."""
    try:
        at = timezone.make_aware(datetime(*member.date_time)).timestamp()  # noqa: DTZ001 - made aware at once
    except ValueError:
        return
    os.utime(target, (at, at))
