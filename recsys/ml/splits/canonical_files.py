"""Splits of a canonical file: ``NAME.interactions.csv.gz`` and, if there is one, ``NAME.items.csv.gz``.

Gzipped CSV with ``user_id``, ``item_id``, ``timestamp`` (Unix seconds) or ``position`` (place in time), and
``rating`` if there is one; the other has ``item_id`` and columns that describe it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsys.ml.data.interactions import Id, Interactions, Vocabulary
from recsys.ml.evaluation.asking import Known
from recsys.ml.splits.files import PARTS, BadSplit, Split, joined, read_csv, rewards, top_rating
from recsys.ml.splits.temporal import core, leave_one_out, random_holdout

TEMPORAL, LEAVE_ONE_OUT, RANDOM, NEW_ITEMS = "temporal", "leave_one_out", "random", "new_items"
SHARE: Final = 0.1
Three = tuple[Interactions, Interactions, Interactions]


def read_canonical(
    interactions: Path,
    items: Path | None = None,
    protocol: str = TEMPORAL,
    seed: int = 0,
    least: int = 1,
) -> Split:
    """Read a canonical file and split it by a protocol; raises BadSplit.

    temporal
        Cuts at 80 % and 90 % of all instants; validation and test keep members and items of the train.
    leave_one_out
        Each member's last interaction is the test, the one before it the validation; who has fewer than
        three is only learnt from.
    random
        A tenth of each member's interactions is the test, a tenth of the rest the validation.
    new_items
        All interactions with a tenth of the items are the test, those with another tenth the validation;
        only these items are ranked.

    Members and items with fewer than ``least`` interactions are left out first.
    """
    whole = core(_canonical(interactions), least)
    if not len(whole):
        raise BadSplit(f"{interactions} has no members and items with {least} interactions")
    catalogue, texts = _items(items, whole.item_ids) if items else (whole.item_ids, ())
    try:
        parts = _SPLITS[protocol](whole, seed)
    except KeyError:
        raise BadSplit(
            f"{protocol!r} is no protocol; expected one of {', '.join(PROTOCOLS)}"
        ) from None
    if not all(len(part) for part in parts):
        raise BadSplit(f"{interactions} has too few interactions to be split by {protocol}")
    new = (_met(parts[1]), _met(parts[2])) if protocol == NEW_ITEMS else None
    return Split(*parts, catalogue, texts, new)


def _temporal(whole: Interactions, seed: int) -> Three:
    first, second = np.quantile(whole.times, [1 - 2 * SHARE, 1 - SHARE])
    train = whole.before(float(first))
    known = Known.of(train)
    members = np.array([each in known.members for each in whole.member_ids.ids], bool)
    items = np.array([each in known.items for each in whole.item_ids.ids], bool)
    later = whole.where(members[whole.members] & items[whole.items] & (whole.times >= first))
    return train, later.before(float(second)), later.where(later.times >= second)


def _leave_one_out(whole: Interactions, seed: int) -> Three:
    few = np.diff(whole.starts) < len(PARTS)
    asked = whole.where(~few[whole.members])
    rest, test = leave_one_out(asked)
    train, validation = leave_one_out(rest)
    return joined(train, whole.where(few[whole.members])), validation, test


def _random(whole: Interactions, seed: int) -> Three:
    rest, test = random_holdout(whole, SHARE, seed)
    train, validation = random_holdout(rest, SHARE, seed + 1)
    return train, validation, test


def _new_items(whole: Interactions, seed: int) -> Three:
    """A tenth of the items for the test, another for validation, at least one each."""
    order = np.random.default_rng(seed).permutation(len(whole.item_ids))
    part = np.zeros(len(order), np.int8)
    each = max(1, int(SHARE * len(order)))
    part[order[:each]], part[order[each : 2 * each]] = 2, 1
    train, validation, test = (whole.where(part[whole.items] == at) for at in range(3))
    return train, validation, test


def _met(part: Interactions) -> Vocabulary:
    """The items of a part."""
    return Vocabulary.of(part.item_ids.at(np.unique(part.items)))


_SPLITS: Final[Mapping[str, Callable[[Interactions, int], Three]]] = {
    TEMPORAL: _temporal,
    LEAVE_ONE_OUT: _leave_one_out,
    RANDOM: _random,
    NEW_ITEMS: _new_items,
}
PROTOCOLS: Final = tuple(_SPLITS)


def _canonical(path: Path) -> Interactions:
    table = read_csv(path, {"user_id": pa.string(), "item_id": pa.string()})
    when = next((name for name in ("timestamp", "position") if name in table.column_names), None)
    if when is None:
        raise BadSplit(f"{path} has neither timestamp nor position: nothing says what came first")
    for name in ("user_id", "item_id"):
        if table.column(name).null_count:
            raise BadSplit(f"{path}: {table.column(name).null_count} rows have no {name}")
    times = _numbers(path, table, when)
    ratings = _numbers(path, table, "rating") if "rating" in table.column_names else times * np.nan
    if when == "timestamp" and np.isnan(times).any():
        raise BadSplit(f"{path}: {int(np.isnan(times).sum())} rows have no timestamp")
    return Interactions.of(
        table.column("user_id").to_pylist(),
        table.column("item_id").to_pylist(),
        rewards(ratings, top_rating(ratings)),
        np.nan_to_num(times, nan=-1.0),  # a row without a place comes first
        stars=ratings.astype(np.float32),
    )


def _numbers(path: Path, table: pa.Table, name: str) -> NDArray[np.float64]:
    try:
        return np.asarray(pc.cast(table.column(name), pa.float64()).to_numpy(), np.float64)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadSplit(f"{path}: {name} is no number: {error}") from None


def _items(path: Path, known: Vocabulary) -> tuple[Vocabulary, tuple[str, ...]]:
    """The catalogue of an items file, with the text of each item: all its columns but the id."""
    table = read_csv(path, {"item_id": pa.string()})
    columns = [each for each in table.column_names if each != "item_id"]
    ids: list[Id] = table.column("item_id").to_pylist()
    rows = table.select(columns).to_pylist()
    texts = tuple(
        ". ".join(_words(row[name]) for name in columns if row[name] is not None) for row in rows
    )
    try:
        catalogue = Vocabulary.of(ids)
    except ValueError as error:
        raise BadSplit(f"{path}: {error}") from None
    absent = [each for each in known.ids if each not in catalogue]
    if absent:
        raise BadSplit(f"{path} lacks {len(absent)} items of the interactions, first {absent[0]}")
    return catalogue, texts


def _words(value: object) -> str:
    return str(value).replace("|", ", ")
