"""Importing items from files: rows become raw items, put in bulk as the API's are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from curation import actions
from curation.catalogue.rows import ITEM_FIELDS
from curation.fusion.columns import Kind
from curation.imports.importing import Layout, Rejects, Rows
from curation.imports.row_files import Progress, noted, put_rows

FIELDS: Final = ("item", *ITEM_FIELDS)
_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0"})


@dataclass(frozen=True)
class Reading:
    """How a file says what: the source of its ids, and which column holds a field or attribute.

    `declared` maps attributes that the file brings to their kinds; texts of tags are split at
    `separator`. Columns that are neither fields nor attributes are left out. A file that is no CSV or
    JSON lines has a `layout`; `refine` puts right what its publisher writes in a way of their own. `fields` are
    those that a row has beside its attributes.
    """

    source: str
    columns: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, Kind] = field(default_factory=dict)
    separator: str = "|"
    layout: Layout | None = None
    refine: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    fields: Sequence[str] = FIELDS

    def raw(self, told: Mapping[str, Any], schema: Mapping[str, Kind]) -> dict[str, Any]:
        """A row of the file as a raw item, or member; an empty text of a CSV says nothing."""
        told = self.refine(told) if self.refine else told
        named = {name: told.get(self.columns.get(name, name)) for name in (*self.fields, *schema)}
        given = {name: value for name, value in named.items() if value not in (None, "")}
        item = {name: given[name] for name in self.fields if name in given}
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


def import_file(
    path: Path, reading: Reading, rejects: Rejects, *, dry_run: bool = False
) -> Iterator[Progress]:
    """Import a file, 1,000 rows in a transaction; yields after each.

    Importing it again changes nothing. A dry run looks everything up and keeps nothing. Raises
    `UnreadableError` when the file as a whole cannot be read; what was yielded before stays.
    """
    with transaction.atomic():
        schema = actions.declare(reading.declared)
        transaction.set_rollback(dry_run)
    put = partial(actions.put_items, source=reading.source, schema=schema, dry_run=dry_run)
    with Rows(path, reading.layout) as rows:
        yield from put_rows(
            rows, lambda told: reading.raw(told, schema), noted(put, "import_items", path), rejects
        )


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
