"""Archived months: the rows of one month of interactions or impressions in a Parquet file beside its manifest.

An archive counts only with its manifest, which is written last: what has none was interrupted. The
content hash is over the values, group of rows by group of rows, so that a file is judged by what can be
read from it. UUIDs stand as text, JSON as its text, instants as microseconds of UTC.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext as _

from feedback.learning.export import uri
from feedback.models import Impression, Interaction
from feedback.partitions import Table

FORMAT: Final = 1
"""Of the manifest and of what it says of the file."""

MODELS: Final[dict[Table, type[models.Model]]] = {
    "feedback_interaction": Interaction,
    "feedback_impression": Impression,
}
_UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError, pa.ArrowException)


class ArchiveError(Exception):
    """An archive that cannot be made or read; the message is for people and names the file."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds. `content` is the SHA-256 over its values, `month` its first instant."""

    table: Table
    month: str
    file: str
    rows: int
    content: str
    made_at: str
    format: int = FORMAT

    @property
    def starts(self) -> datetime:
        """The first instant of the month."""
        return datetime.fromisoformat(self.month)


def folder() -> Path:
    """Where archives stand; a backup holds it."""
    return Path(settings.VAR_DIR) / "archive"


def write(table: Table, month: datetime) -> Path:
    """Write a month as it is committed now, read it back, and answer its manifest.

    What an earlier archive of the month holds stays: other rows get a file of their own. Raises
    `ArchiveError`, and leaves nothing, where the file cannot be written or does not say what it was told.
    """
    target = folder()
    part = target / f".{table}_{month:%Y%m}.{os.getpid()}"
    try:
        target.mkdir(parents=True, exist_ok=True)
        told = _export(table, month, part)
        if _read_back(part) != told:
            raise ArchiveError(
                _("%(file)s: what was read back is not what was written.") % {"file": part}
            )
        return _keep(part, table, month, told)
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(
            _("The archive of %(table)s could not be written: %(error)s")
            % {"table": table, "error": error}
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _export(table: Table, month: datetime, part: Path) -> tuple[int, str]:
    """Write the rows in the order of their keys; answers how many, and their hash."""
    tally = _Tally()
    with (
        closing(dbapi.connect(uri())) as database,
        closing(database.cursor()) as cursor,
        part.open("wb") as file,
    ):
        cursor.execute(_rows_of(table, month))
        reader = cursor.fetch_record_batch()
        with pq.ParquetWriter(file, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_table(
                    pa.Table.from_batches([batch]), row_group_size=max(len(batch), 1)
                )
                tally.add(batch.to_pydict())
        file.flush()
        os.fsync(file.fileno())
    return tally.told()


def _rows_of(table: Table, month: datetime) -> str:
    fields = MODELS[table]._meta.concrete_fields
    columns = ", ".join(f"{field.attname}{_cast(field)} AS {field.attname}" for field in fields)
    return f"SELECT {columns} FROM {table}_{month:%Y%m} ORDER BY id"  # noqa: S608 - names of ours


def _cast(field: models.Field[Any, Any]) -> str:
    if isinstance(field, ArrayField):
        kind = _cast(field.base_field)
        return f"{kind}[]" if kind else ""
    return "::text" if isinstance(field, models.UUIDField | models.JSONField) else ""


class _Tally:
    """Counts rows, and hashes the values of columns as they pass."""

    def __init__(self) -> None:
        self._rows = 0
        self._digest = hashlib.sha256()

    def add(self, columns: dict[str, list[Any]]) -> None:
        self._rows += len(next(iter(columns.values())))
        self._digest.update(orjson.dumps(columns))

    def told(self) -> tuple[int, str]:
        return self._rows, self._digest.hexdigest()


def _read_back(path: Path) -> tuple[int, str]:
    tally = _Tally()
    for columns in _groups(path):
        tally.add(columns)
    return tally.told()


def _groups(path: Path) -> Iterator[dict[str, list[Any]]]:
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group).to_pydict()


def _keep(part: Path, table: Table, month: datetime, told: tuple[int, str]) -> Path:
    """Give the file its name and write its manifest, unless an archive holds just these rows already."""
    number = 1
    while (manifest := _place(table, month, number)).exists():
        found = read_manifest(manifest)
        if (found.rows, found.content) == told and _is_whole(found, manifest):
            return manifest
        number += 1
    file = manifest.with_suffix(".parquet")
    part.replace(file)
    _sync(file.parent)
    rows, content = told
    made = Manifest(
        table, month.isoformat(), file.name, rows, content, datetime.now(UTC).isoformat()
    )
    _write_whole(manifest, orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2))
    return manifest


def _place(table: Table, month: datetime, number: int) -> Path:
    suffix = f"-{number}" if number > 1 else ""
    return folder() / f"{table}_{month:%Y%m}{suffix}.json"


def _is_whole(manifest: Manifest, path: Path) -> bool:
    try:
        return _read_back(path.with_name(manifest.file)) == (manifest.rows, manifest.content)
    except _UNREADABLE:
        return False


def _write_whole(path: Path, text: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _sync(place: Path) -> None:
    """Make the names in a folder last."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_manifest(path: Path) -> Manifest:
    """The manifest at a path, or of the Parquet file at it. Raises `ArchiveError`."""
    path = path.with_suffix(".json")
    try:
        told = orjson.loads(path.read_bytes())
        if int(told["format"]) <= FORMAT:
            return _checked(Manifest(**told))
    except _UNREADABLE as error:
        raise damaged(path, str(error)) from error
    raise ArchiveError(
        _(
            "%(file)s has format %(found)d; this version reads up to %(known)d. Restore it with a newer one."
        )
        % {"file": path, "found": told["format"], "known": FORMAT}
    )


def _checked(manifest: Manifest) -> Manifest:
    if manifest.table not in get_args(Table) or Path(manifest.file).name != manifest.file:
        raise ValueError(f"{manifest.table}, {manifest.file}")
    if manifest.starts.utcoffset() is None:
        raise ValueError(manifest.month)
    return manifest


def of_month(path: Path) -> list[Path]:
    """The manifests, beside the one at this path, of all that is archived of its month."""
    month = read_manifest(path).starts
    found = path.parent.glob(f"feedback_*_{month:%Y%m}*.json")
    return sorted({path.with_suffix(".json"), *found})


def check(path: Path) -> Manifest:
    """Read all that an archive holds; answers its manifest. Raises `ArchiveError` naming what is damaged."""
    manifest = read_manifest(path)
    file = path.with_name(manifest.file)
    try:
        whole = _read_back(file) == (manifest.rows, manifest.content)
    except _UNREADABLE as error:
        raise damaged(file, str(error)) from error
    if not whole:
        raise damaged(file, _("it does not hold what its manifest says"))
    return manifest


def damaged(path: Path, why: str) -> ArchiveError:
    """The error of a file that cannot be read."""
    return ArchiveError(_("%(file)s is damaged: %(why)s") % {"file": path, "why": why})


def rows(path: Path) -> Iterator[bytes]:
    """The rows of an archive as JSON lists of objects, to be given to the database."""
    manifest = read_manifest(path)
    fields = MODELS[manifest.table]._meta.concrete_fields
    texts = {field.attname for field in fields if isinstance(field, models.JSONField)}
    for columns in _groups(path.with_name(manifest.file)):
        for name in texts & columns.keys():
            columns[name] = [orjson.Fragment(text) for text in columns[name]]
        yield orjson.dumps(
            [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        )
