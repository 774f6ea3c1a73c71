"""Published data sets in the layouts that the field uses: which file holds what, and how it is read.

- MovieLens (Harper and Konstan 2015): `ratings.csv` and `movies.csv` of the later releases,
  `ratings.dat` and `movies.dat`, whose fields stand between `::`, or the `u.data` and `u.item` of
  MovieLens 100K, where each genre has a column of 0 and 1.
- RecBole's atomic files: `NAME.inter` and `NAME.item`, tab-separated, each column named `name:type`.
  Without the latter the items are those of the interactions, called by their ids.

A data set is a folder or a zip archive; of an archive only these files are unpacked, within limits.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from django.utils.translation import gettext as _

from curation.catalogue.rows import ITEM_FIELDS
from curation.fusion.columns import Kind
from curation.imports import item_files
from curation.imports.importing import Layout, UnreadableError
from feedback.imports import reading

MOST_BYTES: Final = 4 * 1024**3
"""What may come out of an archive."""

MOST_TIMES: Final = 100
"""How many times its packed size a file of an archive may have."""

_CHUNK: Final = 1 << 20
_TOLD: Final = ("userId", "movieId", "rating", "timestamp")
_GENRES: Final = (
    *("Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller"),
    *("War", "Western"),
)
"""Of MovieLens 100K, in the order of the columns."""

_RELEASES: Final[Mapping[tuple[str, str], tuple[Layout | None, Layout | None]]] = {
    ("movies.csv", "ratings.csv"): (None, None),
    ("movies.dat", "ratings.dat"): (
        Layout("::", ("movieId", "title", "genres"), "latin-1"),
        Layout("::", _TOLD),
    ),
    ("u.item", "u.data"): (
        Layout("|", ("movieId", "title", "on", "on video", "url", "none", *_GENRES), "latin-1"),
        Layout("\t", _TOLD),
    ),
}
"""Of MovieLens: the files of items and of ratings, and how each is laid out."""

_FILES: Final = tuple(name for names in _RELEASES for name in names)
_ATOMIC: Final = (".inter", ".item")
_YEAR: Final = re.compile(r"^(?P<title>.*\S)\s*\((?P<year>\d{4})\)$")
_NO_TAGS: Final = "(no genres listed)"
_KINDS: Final = {"token": Kind.TEXT, "token_seq": Kind.TAGS, "float": Kind.NUMBER}
_TITLES: Final = ("title", "name")
_BUILT_IN: Final = frozenset({"item", "source", *ITEM_FIELDS})


@dataclass(frozen=True, slots=True)
class Dataset:
    """The files of a data set and how to read each."""

    items: Path
    item_reading: item_files.Reading
    interactions: Path
    interaction_reading: reading.Reading


@contextmanager
def opened(path: Path, source: str) -> Iterator[Dataset]:
    """A data set in a folder or a zip archive. Raises `UnreadableError` if it is none of those known."""
    with TemporaryDirectory(prefix="dataset-") as own:
        folder = path if path.is_dir() else Path(own)
        if not path.is_dir():
            _unpack(path, folder)
        yield _found(folder, source, Path(own))


def _found(folder: Path, source: str, own: Path) -> Dataset:
    """The data set of a folder; what it lacks may be made in a folder of our own."""
    for names, layouts in _RELEASES.items():
        items, ratings = (folder / name for name in names)
        if items.is_file() and ratings.is_file():
            return _movielens(items, ratings, source, layouts)
    atomic = sorted(folder.glob("*.inter"), key=lambda each: not _items_of(each).is_file())
    if atomic:
        items = _items_of(atomic[0])
        return _recbole(items if items.is_file() else _named(atomic[0], own), atomic[0], source)
    files = ", ".join((*_FILES, *(f"*{suffix}" for suffix in _ATOMIC)))
    raise UnreadableError(
        _("%(path)s: no data set that is known; one has items and interactions among %(files)s.")
        % {"path": folder, "files": files}
    )


def _movielens(
    items: Path, ratings: Path, source: str, layouts: tuple[Layout | None, Layout | None]
) -> Dataset:
    item_layout, rating_layout = layouts
    return Dataset(
        items=items,
        item_reading=item_files.Reading(
            source=source,
            columns={"item": "movieId"},
            declared={"year": Kind.NUMBER, "genres": Kind.TAGS},
            layout=item_layout,
            refine=_refined,
        ),
        interactions=ratings,
        interaction_reading=reading.Reading(
            source=source,
            columns={
                "member": "userId",
                "item": "movieId",
                "value": "rating",
                "occurred_at": "timestamp",
            },
            transform="lift",
            layout=rating_layout,
        ),
    )


def _refined(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """The year stands in brackets behind the title; no tags at all are a text of their own, or no column's."""
    item, title, tags = (told.get(name) for name in ("movieId", "title", "genres"))
    if tags is None:
        tags = "|".join(genre for genre in _GENRES if told.get(genre) == "1")
    found = _YEAR.match(str(title or "").strip())
    known = {"movieId": item, "title": title, "genres": "" if tags == _NO_TAGS else tags}
    return {**known, **(found.groupdict() if found else {})}


def _items_of(interactions: Path) -> Path:
    return interactions.with_suffix(".item")


def _named(interactions: Path, own: Path) -> Path:
    """A file of the items that interactions name, called by their ids."""
    place = list(_typed_header(interactions)).index("item_id")
    with interactions.open(encoding="utf-8", errors="replace") as file:
        next(file)
        rows = (line.rstrip("\r\n").split("\t") for line in file)
        items = dict.fromkeys(row[place] for row in rows if len(row) > place)
    made = own / _items_of(interactions).name
    made.write_text("\n".join(("item_id:token", *items, "")), encoding="utf-8")
    return made


def _recbole(items: Path, interactions: Path, source: str) -> Dataset:
    item_types, told_types = _typed_header(items), _typed_header(interactions)
    title = _title(items, item_types)
    declared = {
        name: _KINDS[kind]
        for name, kind in item_types.items()
        if name not in {"item_id", title, *_BUILT_IN} and kind in _KINDS
    }
    columns = {"item": "item_id:token", "title": f"{title}:{item_types[title]}"}
    columns |= {name: f"{name}:{item_types[name]}" for name in declared}
    told = {"member": "user_id", "item": "item_id", "value": "rating", "occurred_at": "timestamp"}
    return Dataset(
        items=items,
        item_reading=item_files.Reading(
            source=source, columns=columns, declared=declared, separator=" ", layout=Layout("\t")
        ),
        interactions=interactions,
        interaction_reading=reading.Reading(
            source=source,
            columns={
                field: f"{name}:{told_types[name]}"
                for field, name in told.items()
                if name in told_types
            },
            kind="rating" if "rating" in told_types else "click",
            transform="lift",
            layout=Layout("\t"),
        ),
    )


def _typed_header(path: Path) -> dict[str, str]:
    """The types of the columns by name. Raises `UnreadableError` for a header that is not typed."""
    with path.open("rb") as file:
        line = file.readline(_CHUNK).decode("utf-8", "replace").rstrip("\r\n")
    pairs = [column.partition(":") for column in line.removeprefix("\ufeff").split("\t")]
    known = {*_KINDS, "float_seq"}
    if "item_id" not in {name for name, _colon, _type in pairs} or any(
        kind not in known for _name, _colon, kind in pairs
    ):
        raise UnreadableError(
            _("%(path)s: the header must name item_id and say name:type of each column.")
            % {"path": path}
        )
    return {name: kind for name, _colon, kind in pairs}


def _title(path: Path, types: Mapping[str, str]) -> str:
    """The column that is the title: the first that ends in title or name, else the item's id."""
    found = [name for name in types if name.endswith(_TITLES) and types[name] != "float"]
    return found[0] if found else "item_id"


def _unpack(path: Path, folder: Path) -> None:
    """Unpack the files that are known, wherever in the archive they stand, under their bare names."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in _wanted(archive.infolist()):
                with archive.open(member) as packed:
                    _copy(packed, folder / Path(member.filename).name, member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise UnreadableError(f"{path}: {error}") from error


def _wanted(members: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    found = [
        member
        for member in members
        if not member.is_dir()
        and (Path(member.filename).name in _FILES or member.filename.endswith(_ATOMIC))
    ]
    if sum(member.file_size for member in found) > MOST_BYTES:
        raise UnreadableError(
            _("The archive unpacks to more than %(most)d bytes.") % {"most": MOST_BYTES}
        )
    return found


def _copy(packed: Any, target: Path, member: zipfile.ZipInfo) -> None:  # noqa: ANN401 - typeshed's own name for it is private
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
