"""RecBole's atomic files: tab-separated, each column named `name:type`.

`NAME.inter` holds interactions; `NAME.item` and `NAME.user` may stand beside it. Without the former the
items are those of the interactions, called by their ids. Every column of a type that attributes can
have is one; vectors (`float_seq`) are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.core.validators import slug_re
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.fusion.columns import Kind
from curation.imports import item_files, member_files
from curation.imports.importing import Layout, Rows, UnreadableError
from feedback.imports import reading
from feedback.imports.bundles import Dataset, Part, Terms
from feedback.partitions import EARLIEST

SUFFIXES: Final = (".inter", ".item", ".user")

_LONGEST: Final = 1 << 20
_KINDS: Final = {"token": Kind.TEXT, "token_seq": Kind.TAGS, "float": Kind.NUMBER}
_VECTOR: Final = "float_seq"
_TITLES: Final = ("title", "name")
_TOLD: Final = {
    "member": "user_id",
    "item": "item_id",
    "value": "rating",
    "occurred_at": "timestamp",
}
_LAYOUT: Final = Layout("\t")
# What stars can be read from as they stand, and as the half of what is there.
_STARS: Final = 5.0
_TWICE: Final = 10.0


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a file of items or members: by field, by attribute with its kind, and what is left out."""

    by_field: Mapping[str, str]
    declared: Mapping[str, Kind]
    left_out: tuple[str, ...]


def found(folder: Path, terms: Terms, own: Path) -> Dataset | None:
    """The data set of a folder, or of the interactions that are given by their own path.

    What it lacks is made in a folder of our own. Raises `UnreadableError` for headers that are not typed,
    for several files of interactions, and for ratings of a range that has to be stated.
    """
    told = _interactions(folder)
    if told is None:
        return None
    types = _typed_header(told, "user_id", "item_id")
    items, users = told.with_suffix(".item"), told.with_suffix(".user")
    notes: list[str] = []
    return Dataset(
        items=_items(items if items.is_file() else _made(told, own), terms, notes),
        members=_members(users, terms, notes) if users.is_file() else None,
        interactions=told,
        interaction_reading=_reading(told, types, terms, notes),
        notes=notes,
    )


def _interactions(folder: Path) -> Path | None:
    if not folder.is_dir():
        return folder
    there = sorted(path for path in folder.glob("*.inter") if not path.name.startswith("."))
    if len(there) > 1:
        text = _("%(path)s holds several files of interactions: %(files)s. Name one of them.")
        names = ", ".join(path.name for path in there)
        raise UnreadableError(text % {"path": folder, "files": names})
    return there[0] if there else None


def _items(path: Path, terms: Terms, notes: list[str]) -> Part:
    types = _typed_header(path, "item_id")
    title = next(
        (name for name in types if name.endswith(_TITLES) and types[name] != "float"), "item_id"
    )
    columns = _columns(types, "item", "item_id", ("item", "title", "description", "provider"))
    by_field = {**columns.by_field, "title": f"{title}:{types[title]}"}
    declared = {name: kind for name, kind in columns.declared.items() if name != title}
    _note_left_out(path, columns, notes)
    columns_of = by_field | {name: f"{name}:{types[name]}" for name in declared}
    reads = item_files.Reading(
        source=terms.source, columns=columns_of, declared=declared, separator=" ", layout=_LAYOUT
    )
    return Part(path, reads)


def _members(path: Path, terms: Terms, notes: list[str]) -> Part:
    types = _typed_header(path, "user_id")
    columns = _columns(types, "member", "user_id", ())
    _note_left_out(path, columns, notes)
    reads = item_files.Reading(
        source=terms.source,
        columns={
            **columns.by_field,
            **{name: f"{name}:{types[name]}" for name in columns.declared},
        },
        declared=columns.declared,
        separator=" ",
        layout=_LAYOUT,
        fields=member_files.FIELDS,
    )
    return Part(path, reads)


def _columns(types: Mapping[str, str], key: str, its_id: str, fields: tuple[str, ...]) -> _Columns:
    """Sort the columns: those that are fields of ours, those that become attributes, the others."""
    by_field = {key: f"{its_id}:{types[its_id]}"}
    declared: dict[str, Kind] = {}
    left_out: list[str] = []
    for name, kind in types.items():
        if name == its_id:
            continue
        if name in fields and name != key and kind in {"token", "token_seq"}:
            by_field[name] = f"{name}:{kind}"
        elif kind == _VECTOR or not slug_re.fullmatch(name) or name in {key, "source", *_RESERVED}:
            left_out.append(f"{name}:{kind}")
        else:
            declared[name] = _KINDS[kind]
    return _Columns(by_field, declared, tuple(left_out))


_RESERVED: Final = frozenset({*item_files.FIELDS, *member_files.FIELDS})


def _note_left_out(path: Path, columns: _Columns, notes: list[str]) -> None:
    if columns.left_out:
        notes.append(f"{path.name}: left out {', '.join(columns.left_out)}")


def _reading(
    path: Path, types: Mapping[str, str], terms: Terms, notes: list[str]
) -> reading.Reading:
    columns = {field: f"{name}:{types[name]}" for field, name in _TOLD.items() if name in types}
    rated = "rating" in types
    return reading.Reading(
        source=terms.source,
        columns=columns,
        kind="rating" if rated else terms.kind,
        transform=_transform(path, columns["value"], notes)
        if rated and not terms.scale
        else "lift",
        scale=terms.scale,
        layout=_LAYOUT,
        undated=None if "timestamp" in types else _undated(path, terms, notes),
    )


def _transform(path: Path, column: str, notes: list[str]) -> str:
    """How the ratings are stars: as they stand up to 5, halved up to 10, else it has to be stated."""
    least, most = _range(path, column)
    if least >= 0 and 1 < most <= _STARS:
        return "lift"
    if least >= 0 and _STARS < most <= _TWICE:
        notes.append(
            f"{path.name}: ratings run from {least:g} to {most:g} and are halved into stars; "
            "--rating-range says otherwise"
        )
        return "halve"
    if least > most:
        return "lift"
    raise UnreadableError(
        _(
            "%(path)s: ratings run from %(least)s to %(most)s, which are no stars of 1 to 5. Say what "
            "their range is with --rating-range LEAST MOST."
        )
        % {"path": path, "least": f"{least:g}", "most": f"{most:g}"}
    )


def _range(path: Path, column: str) -> tuple[float, float]:
    """The least and the greatest rating of the file; inf and -inf where it has none."""
    least, most = math.inf, -math.inf
    for rating in _ratings(path, column):
        least, most = min(least, rating), max(most, rating)
    return least, most


def _ratings(path: Path, column: str) -> Iterator[float]:
    with Rows(path, _LAYOUT) as rows:
        for row in rows:
            try:
                rating = float(row.fields.get(column, "nan"))
            except ValueError:
                continue  # the import itself refuses the row, with its line
            if math.isfinite(rating):
                yield rating


def _undated(path: Path, terms: Terms, notes: list[str]) -> reading.Undated:
    """Without a column of instants they are spread: up to what was stated, or to when the file was written."""
    written = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
    latest = terms.latest or min(written, timezone.now().replace(microsecond=0))
    if latest - terms.spread < EARLIEST or latest > timezone.now() + timedelta(minutes=1):
        raise UnreadableError(
            _(
                "%(path)s has no timestamps, and %(at)s cannot be when its rows happened. Say it with "
                "--occurred-at."
            )
            % {"path": path, "at": latest.isoformat()}
        )
    notes.append(
        f"{path.name}: no timestamps; rows are spread by chance over the {terms.spread.days} days "
        f"before --occurred-at {latest.isoformat()}, and importing again takes the same"
    )
    return reading.Undated(latest, terms.spread)


def _made(interactions: Path, own: Path) -> Path:
    """A file of the items that interactions name, called by their ids."""
    place = list(_typed_header(interactions, "item_id")).index("item_id")
    with interactions.open(encoding="utf-8", errors="replace") as file:
        next(file)
        rows = (line.rstrip("\r\n").split("\t") for line in file)
        items = dict.fromkeys(row[place] for row in rows if len(row) > place)
    made = own / interactions.with_suffix(".item").name
    made.write_text("\n".join(("item_id:token", *items, "")), encoding="utf-8")
    return made


def _typed_header(path: Path, *wanted: str) -> dict[str, str]:
    """The types of the columns by name. Raises `UnreadableError` for a header that is not typed."""
    try:
        with path.open("rb") as file:
            line = file.readline(_LONGEST).decode("utf-8", "replace").rstrip("\r\n")
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror}") from error
    pairs = [column.partition(":") for column in line.removeprefix("\ufeff").split("\t")]
    names = {name for name, _colon, _type in pairs}
    known = {*_KINDS, _VECTOR}
    if not names.issuperset(wanted) or any(kind not in known for _name, _colon, kind in pairs):
        raise UnreadableError(
            _("%(path)s: the header must name %(wanted)s and say name:type of each column.")
            % {"path": path, "wanted": ", ".join(wanted)}
        )
    return {name: kind for name, _colon, kind in pairs}
