"""What can be read of items, as numbers: tags and words that they carry, measures beside those of other items.

Which features there are follows from what was shown: a tag that stands at nearly all or nearly none of it tells
no choices apart. Dims: I items, M features.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from curation.catalogue.columns import columns
from curation.fusion.columns import NO_DAY, Column, Kind
from curation.models import Item
from curation.queries.items import BUILT_IN, COUNTS, is_likeness, schema

Floats = NDArray[np.float64]

POPULARITY: Final = "stats.popularity"
SLOT: Final = "placement.slot"
"""No attribute can be called so: the keys of attributes hold no dots."""

MOST_WORDS: Final = 40
"""Tags, words and yes-or-no attributes that become features, those that tell most apart first."""
FEWEST: Final = 20
LEAST_SHARE: Final = 0.01
FARTHEST: Final = 3.0
"""In deviations; beyond it a measure counts as if it lay there."""
ALIKE: Final = 0.95
"""Of two measures that move together like this, the later says nothing of its own."""
DAYS_A_YEAR: Final = 365.25


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: a field has a `value` (tags, texts, yes or no), or more of it by `scale` (in the field's unit)."""

    field: str
    kind: str
    value: str = ""
    scale: float = 1.0

    def as_json(self) -> dict[str, Any]:
        """It as it is stored."""
        return asdict(self)

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> Self:
        """It as it was stored."""
        return cls(**told)

    @property
    def is_taste(self) -> bool:
        """Whether it is of the item, not of where it stood."""
        return self.field != SLOT


@dataclass(frozen=True, eq=False)
class Features:
    """The features of all items: `values` [I, M], `places` the row of each item."""

    names: list[Feature]
    values: Floats
    places: dict[UUID, int]


def read(shown: Mapping[UUID, int]) -> Features:
    """The features of all items that tell apart what was shown, so often each."""
    known = schema()
    declared = [name for name in known if name not in BUILT_IN and not is_likeness(name)]
    counts = [f"stats.{name}" for name in COUNTS if name != "shown"]
    fields = [*declared, "provider", "published_on"]
    ids, read_of = columns(Item.objects.all(), [*fields, *counts], known)
    times = np.array([shown.get(each, 0) for each in ids], np.float64)
    feedback = np.sum([read_of[field].data for field in counts], axis=0)
    found = {
        field: read_of[field] for field in fields
    }  # what was declared counts before what every item has
    popularity = Column(Kind.NUMBER, np.log1p(feedback))
    told = [*_words(found, times), *_measures({**found, POPULARITY: popularity}, times)]
    values = [column for _feature, column in told]
    return Features(
        names=[feature for feature, _column in told],
        values=np.stack(values, axis=1) if values else np.zeros((len(ids), 0)),
        places={each: place for place, each in enumerate(ids)},
    )


Told = tuple[Feature, Floats]


def _words(found: Mapping[str, Column], times: Floats) -> list[Told]:
    """The tags, texts and yes-or-no attributes that tell most apart, by how often they stood among what was shown."""
    whole = times.sum() or 1.0
    offered = []
    for field, column in found.items():
        for code, value, count in _counted(column, times):
            share = count / whole
            if count >= FEWEST and LEAST_SHARE <= share <= 1 - LEAST_SHARE:
                offered.append((-share * (1 - share), field, value, code))
    kept = sorted(offered)[:MOST_WORDS]
    return [
        (Feature(field, found[field].kind, value), _carriers(found[field], code))
        for _apart, field, value, code in kept
    ]


def _counted(column: Column, times: Floats) -> Iterator[tuple[int, str, float]]:
    """The codes of a column with their words, and how often each was shown; none of a measure."""
    if column.kind is Kind.BOOLEAN:
        yield 1, "", float(times[column.data == 1].sum())
    if column.kind not in {Kind.TAGS, Kind.TEXT} or not column.vocabulary:
        return
    rows = column.tag_rows if column.kind is Kind.TAGS else np.flatnonzero(column.data >= 0)
    data = column.data if column.kind is Kind.TAGS else column.data[rows]
    counts = np.bincount(data, weights=times[rows], minlength=len(column.vocabulary))
    yield from zip(range(len(counts)), column.vocabulary, counts.tolist(), strict=True)


def _carriers(column: Column, code: int) -> Floats:
    """1 for each item that has this word, 0 for the others [I]."""
    if column.kind is not Kind.TAGS:
        return np.asarray(column.data == code, np.float64)
    has = np.zeros(len(column))
    has[column.tag_rows[column.data == code]] = 1.0
    return has


def _measures(found: Mapping[str, Column], times: Floats) -> list[Told]:
    """The numbers and dates that differ among what was shown, in deviations from its mean; what is missing is 0."""
    told: list[Told] = []
    for field, column in found.items():
        if column.kind not in {Kind.NUMBER, Kind.DATE}:
            continue
        values, weights = _numbers(column), np.where(column.present, times, 0.0)
        if np.count_nonzero(weights) < 2:
            continue
        mean = np.average(values, weights=weights)
        scale = float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))
        if scale > 1e-9:
            apart = np.clip((values - mean) / scale, -FARTHEST, FARTHEST)
            column_told = np.where(column.present, apart, 0.0)
            if not any(_alike(column_told, other, times) for _feature, other in told):
                told.append((Feature(field, column.kind, scale=scale), column_told))
    return told


def _numbers(column: Column) -> Floats:
    """A number, or a date as years; 0 where it is missing."""
    if column.kind is Kind.NUMBER:
        return np.asarray(np.nan_to_num(column.data), np.float64)
    days = np.where(column.data == NO_DAY, 0, column.data)
    return np.asarray(days / DAYS_A_YEAR, np.float64)


def _alike(one: Floats, other: Floats, times: Floats) -> bool:
    shown = times > 0
    together = np.corrcoef(one[shown], other[shown])[0, 1]
    return bool(abs(together) > ALIKE)
