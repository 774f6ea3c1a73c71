"""Importing members from files: their attributes are declared, checked by kind and put in bulk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from curation import actions
from curation.catalogue.rows import MEMBER_FIELDS, Rejection
from curation.fusion.columns import Kind
from curation.imports.importing import Rejects, Rows
from curation.imports.item_files import Reading
from curation.imports.row_files import Progress, noted, put_rows

FIELDS: Final = ("member", *MEMBER_FIELDS)

_TYPES: Final[Mapping[Kind, tuple[type, ...]]] = {
    Kind.NUMBER: (int, float),
    Kind.BOOLEAN: (bool,),
    Kind.TAGS: (list,),
}


def import_file(
    path: Path, reading: Reading, rejects: Rejects, *, dry_run: bool = False
) -> Iterator[Progress]:
    """Import a file, 1,000 rows in a transaction; yields after each. `reading.fields` are `FIELDS`.

    Importing it again changes nothing. A dry run looks everything up and keeps nothing. Raises
    `UnreadableError` when the file as a whole cannot be read, `Conflict` where an attribute is declared
    as another kind.
    """
    with transaction.atomic():
        schema = actions.declare_of_members(reading.declared)
        transaction.set_rollback(dry_run)
    put = partial(actions.put_members, source=reading.source, dry_run=dry_run)
    with Rows(path, reading.layout) as rows:
        yield from put_rows(
            rows,
            lambda told: _raw(reading, told, schema),
            noted(put, "import_members", path),
            rejects,
        )


def _raw(
    reading: Reading, told: Mapping[str, Any], schema: Mapping[str, Kind]
) -> Mapping[str, Any]:
    """A raw member; segments compare its attributes, so a value of another kind is refused."""
    raw = reading.raw(told, {key: schema[key] for key in reading.declared})
    for key, value in raw["attributes"].items():
        if not isinstance(value, _TYPES.get(schema[key], str)):
            text = _("%(name)s is declared as %(kind)s; %(value)s is none.")
            words = {"name": key, "kind": schema[key], "value": str(value)[:60]}
            raise Rejection("wrong_type", text % words)
    return raw
