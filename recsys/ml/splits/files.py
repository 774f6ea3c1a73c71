"""Splits from a folder of files with dense ids, and what every split is.

A folder holds ``train.csv``, ``val.csv`` and ``test.csv`` with the columns ``user,item,rating,timestamp`` (whole
numbers from 0, a number or nothing, Unix seconds) and ``meta.json`` with ``n_users`` and ``n_items``.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from recsys.ml.data.interactions import Flags, Interactions, Vocabulary
from recsys.ml.evaluation.asking import Case, cases_from

PARTS: Final = ("train", "val", "test")
COLUMNS: Final = {
    "user": pa.int64(),
    "item": pa.int64(),
    "rating": pa.float64(),
    "timestamp": pa.float64(),
}
SHARE: Final = 0.1
NOTHING: Final = {"train": "nothing to learn from", "test": "nobody to ask"}
LIKED, SO_SO = 0.7, 0.5
"""From which share of the highest rating on a rating is a like, or so-so: 4 or 3 of 5 stars, 7 or 5 of 10."""
Column = NDArray[Any]


class BadSplit(ValueError):
    """A file of a split is missing or malformed; the message names it and says what is expected."""


@dataclass(frozen=True, eq=False)
class Split:
    """Three parts of the same interactions, under the same vocabularies.

    ``catalogue`` is all that is ranked; ``texts`` [I] describes its items where a file does. ``new`` are the
    items of validation and of the test, where only those are ranked that no earlier part knows.
    """

    train: Interactions
    validation: Interactions
    test: Interactions
    catalogue: Vocabulary
    texts: tuple[str, ...] = ()
    new: tuple[Vocabulary, Vocabulary] | None = None

    @property
    def ranked(self) -> tuple[Vocabulary, Vocabulary]:
        """What is ranked at validation and at the test."""
        return self.new or (self.catalogue, self.catalogue)

    @property
    def both(self) -> Interactions:
        """What the last fit may learn: train and validation."""
        return joined(self.train, self.validation)

    def validation_cases(self) -> list[Case]:
        """Validation given train."""
        return cases_from(self.train, self.validation)

    def test_cases(self) -> list[Case]:
        """Test given train and validation."""
        return cases_from(self.both, self.test)


def joined(one: Interactions, other: Interactions) -> Interactions:
    """Rows of two parts of one split, in order."""
    return Interactions.in_order(
        np.concatenate([one.members, other.members]),
        np.concatenate([one.items, other.items]),
        np.concatenate([one.values, other.values]),
        np.concatenate([one.times, other.times]),
        np.concatenate([one.curated, other.curated]),
        (one.member_ids, one.item_ids),
        stars=np.concatenate([one.stars, other.stars]),
    )


def read_folder(folder: Path) -> Split:
    """Read a folder of split files; raises BadSplit."""
    n_users, n_items = _meta(folder / "meta.json")
    train, validation, test = (_part(folder / f"{name}.csv", n_users, n_items) for name in PARTS)
    for name, part in (("train", train), ("test", test)):
        if not len(part["user"]):
            raise BadSplit(f"{folder / name}.csv has no rows: there is {NOTHING[name]}")
    highest = max(top_rating(each["rating"]) for each in (train, validation))
    vocabularies = (Vocabulary.of(range(n_users)), Vocabulary.of(range(n_items)))
    return Split(
        _interactions(train, highest, vocabularies),
        _interactions(validation, highest, vocabularies),
        _interactions(test, highest, vocabularies),
        vocabularies[1],
    )


def write_folder(folder: Path, split: Split) -> None:
    """Write a split as a folder of files with dense ids, ratings being rewards."""
    folder.mkdir(parents=True, exist_ok=True)
    place = split.catalogue.indexes(split.train.item_ids.ids)
    for name, part in zip(PARTS, (split.train, split.validation, split.test), strict=True):
        columns = (part.members, place[part.items], part.values, part.times)
        csv.write_csv(pa.table(dict(zip(COLUMNS, columns, strict=True))), folder / f"{name}.csv")
    meta = {"n_users": len(split.train.member_ids), "n_items": len(split.catalogue)}
    (folder / "meta.json").write_text(json.dumps(meta))


def _meta(path: Path) -> tuple[int, int]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSplit(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise BadSplit(f"{path} is no JSON: {error}") from None
    held = told if isinstance(told, Mapping) else {}
    users, items = held.get("n_users"), held.get("n_items")
    if type(users) is int and type(items) is int and min(users, items) > 0:
        return users, items
    raise BadSplit(f"{path} must hold n_users and n_items, whole numbers from 1; it holds {told!r}")


def _part(path: Path, n_users: int, n_items: int) -> dict[str, Column]:
    table = read_csv(path, COLUMNS)
    for name, top in (("user", n_users), ("item", n_items)):
        _check_ids(path, name, table.column(name), top)
    times = table.column("timestamp").to_numpy()
    if not np.isfinite(times).all():
        raise BadSplit(f"{path}: a timestamp is missing or no number; expected Unix seconds")
    return {name: table.column(name).to_numpy() for name in COLUMNS}


def _check_ids(path: Path, name: str, column: pa.ChunkedArray, top: int) -> None:
    if column.null_count:
        raise BadSplit(f"{path}: {column.null_count} rows have no {name}")
    ids = column.to_numpy()
    wrong = ids[(ids < 0) | (ids >= top)]
    if len(wrong):
        raise BadSplit(f"{path}: {name} {wrong[0]} is out of range; expected 0 to {top - 1}")


def read_csv(path: Path, types: Mapping[str, pa.DataType]) -> pa.Table:
    """Read a CSV file, gzipped where its name says so, that must have these columns; raises BadSplit."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            options = csv.ConvertOptions(column_types=dict(types), strings_can_be_null=True)
            table = csv.read_csv(file, csv.ReadOptions(block_size=1 << 24), convert_options=options)
    except (OSError, EOFError) as error:
        raise BadSplit(f"{path} cannot be read: {error}") from None
    except pa.ArrowInvalid as error:
        raise BadSplit(f"{path} is no such CSV: {error}") from None
    missing = [name for name in types if name not in table.column_names]
    if missing:
        found = ", ".join(table.column_names)
        raise BadSplit(f"{path} lacks the columns {', '.join(missing)}; it has {found}")
    return table


def _interactions(
    columns: Mapping[str, Column], highest: float, vocabularies: tuple[Vocabulary, Vocabulary]
) -> Interactions:
    members, items = columns["user"].astype(np.int32), columns["item"].astype(np.int32)
    values = rewards(columns["rating"], highest)
    flags: Flags = np.zeros(len(members), bool)
    stars = columns["rating"].astype(np.float32)
    times = columns["timestamp"]
    return Interactions.in_order(members, items, values, times, flags, vocabularies, stars=stars)


def rewards(ratings: Column, highest: float) -> NDArray[np.float32]:
    """What ratings say [N]: 1 liked, 0.5 so-so, 0 disliked, by their share of the highest; 1 without one."""
    if not highest > 0:
        return np.ones(len(ratings), np.float32)
    shares = np.where(np.isnan(ratings), highest, ratings) / highest
    return np.select([shares >= LIKED, shares >= SO_SO], [1.0, 0.5], 0.0).astype(np.float32)


def top_rating(ratings: Column) -> float:
    """The highest rating there is; 0 without any."""
    return float(np.nan_to_num(ratings).max(initial=0.0))
