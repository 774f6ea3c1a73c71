"""Importing items from files: rows become raw items, put in bulk as the API's are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from curation import actions
from curation.catalogue.rows import ITEM_FIELDS
from curation.fusion.columns import Kind
from curation.imports.importing import Layout, Rejects, Row, Rows

FIELDS: Final = ("item", *ITEM_FIELDS)
_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0"})


@dataclass(frozen=True)
class Reading:
    """How a file says what: the source of its ids, and which column holds a field or attribute.

    `declared` maps attributes that the file brings to their kinds; texts of tags are split at
    `separator`. Columns that are neither fields nor attributes are left out. A file that is no CSV or
    JSON lines has a `layout`; `refine` puts right what its publisher writes in a way of their own.
    """

    source: str
    columns: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, Kind] = field(default_factory=dict)
    separator: str = "|"
    layout: Layout | None = None
    refine: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None

    def raw(self, told: Mapping[str, Any], schema: Mapping[str, Kind]) -> dict[str, Any]:
        """A row of the file as a raw item; an empty text of a CSV says nothing."""
        told = self.refine(told) if self.refine else told
        named = {name: told.get(self.columns.get(name, name)) for name in (*FIELDS, *schema)}
        given = {name: value for name, value in named.items() if value not in (None, "")}
        item = {name: given[name] for name in FIELDS if name in given}
        if isinstance(item.get("active"), str):
            item["active"] = _boolean(item["active"])
        attributes = {
            name: self._attribute(given[name], schema[name]) for name in schema if name in given
        }
        nested = told.get("attributes", {})
        if not isinstance(nested, Mapping):
            return {**item, "attributes": nested}
        return {**item, "attributes": {**nested, **attributes}}

    def _attribute(self, value: Any, kind: Kind) -> Any:  # noqa: ANN401 - JSON of any type
        """A text as the attribute's kind has it; one that is not of the kind stays, to be refused."""
        if not isinstance(value, str):
            return value
        if kind is Kind.TAGS:
            return [tag.strip() for tag in value.split(self.separator) if tag.strip()]
        if kind is Kind.BOOLEAN:
            return _boolean(value)
        return _number(value) if kind is Kind.NUMBER else value


@dataclass(slots=True)
class Progress:
    """How far an import has come: rows by what became of them, and the share of the file read."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    share: float = 0.0

    @property
    def read(self) -> int:
        """The rows read so far."""
        return self.created + self.updated + self.unchanged + self.rejected

    def __str__(self) -> str:
        return (
            f"{self.created:,} created, {self.updated:,} updated, "
            f"{self.unchanged:,} unchanged, {self.rejected:,} refused."
        )


def import_file(
    path: Path, reading: Reading, rejects: Rejects, *, dry_run: bool = False
) -> Iterator[Progress]:
    """Import a file, 1,000 rows in a transaction; yields after each.

    Importing it again changes nothing. A dry run looks everything up and keeps nothing. Raises
    `UnreadableError` when the file as a whole cannot be read; what was yielded before stays.
    """
    progress = Progress()
    with transaction.atomic():
        schema = actions.declare(reading.declared)
        transaction.set_rollback(dry_run)
    with Rows(path, reading.layout) as rows:
        stream = iter(rows)
        while chunk := list(islice(stream, actions.MOST_ROWS)):
            _import_chunk(chunk, reading, schema, progress, rejects, dry_run=dry_run)
            progress.share = rows.share
            yield progress


def _import_chunk(
    chunk: list[Row],
    reading: Reading,
    schema: Mapping[str, Kind],
    progress: Progress,
    rejects: Rejects,
    *,
    dry_run: bool,
) -> None:
    good = [row for row in chunk if not row.problem]
    raw = [reading.raw(row.fields, schema) for row in good]
    results = actions.put_items(raw, source=reading.source, schema=schema, dry_run=dry_run)
    refused = [(row.line, row.problem) for row in chunk if row.problem]
    for row, result in zip(good, results, strict=True):
        setattr(progress, result.status, getattr(progress, result.status) + 1)
        if result.status == "rejected":
            refused.append((row.line, result.detail or ""))
    progress.rejected += len(chunk) - len(good)
    for line, reason in sorted(refused):
        rejects.add(line, reason)


def _boolean(text: str) -> bool | str:
    word = text.strip().lower()
    return word in _YES if word in _YES | _NO else text


def _number(text: str) -> float | int | str:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text
