"""A table of figures: shown beside its chart, and downloaded as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.utils.formats import date_format, number_format

from curation.spreadsheets import inert

Cell = str | int | float | date | None
_DECIMALS: Final = 2
PERCENT: Final = "\N{NO-BREAK SPACE}%"
"""A sign that stays with its figure at the end of a line."""


class Share(float):
    """A part of a whole, from 0 to 1: people read it in percent, programs as it is."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell in words for a page, and where it leads."""

    text: str
    is_number: bool
    link: str = ""
    picture: object = None


def number(value: float, places: int = 0) -> str:
    """A number as people write it here, with so many places if it is not whole."""
    value = round(value, places)  # number_format cuts off
    whole = value == int(value)
    return number_format(value, 0 if whole else places, use_l10n=True, force_grouping=True)


def percent(share: float) -> str:
    """A share in percent, to a tenth."""
    return number(round(share * 100, 1), 1) + PERCENT


def points(share: float) -> str:
    """A difference of shares in percentage points, to a tenth."""
    return number(round(share * 100, 1), 1)


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns and rows of cells; what is unknown is None.

    The first cell of a row may lead somewhere (`links`) and have a picture (`pictures`), by its place.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    links: Mapping[int, str] = field(default_factory=dict)
    pictures: Mapping[int, object] = field(default_factory=dict)

    @property
    def heads(self) -> list[Shown]:
        """The columns, with whether they hold numbers."""
        return [
            Shown(name, at > 0 and not any(isinstance(row[at], str | date) for row in self.rows))
            for at, name in enumerate(self.columns)
        ]

    @property
    def shown(self) -> list[list[Shown]]:
        """The rows in words for a page; the figures of a column have equally many decimals."""
        places = [_places(column) for column in zip(*self.rows, strict=True)]
        return [
            [
                Shown(_words(cell, places[at]), _is_number(cell), *self._beside(row, at))
                for at, cell in enumerate(cells)
            ]
            for row, cells in enumerate(self.rows)
        ]

    def _beside(self, row: int, at: int) -> tuple[str, object]:
        return ("", None) if at else (self.links.get(row, ""), self.pictures.get(row))

    def csv(self) -> str:
        """The table as CSV, safe to open in a spreadsheet."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([inert(column) for column in self.columns])
        writer.writerows([inert(cell) for cell in row] for row in self.rows)
        return out.getvalue()


def _is_number(cell: Cell) -> bool:
    return not isinstance(cell, str | date)


def _places(column: Sequence[Cell]) -> int:
    """The decimals of what is measured in a column; what is counted has none."""
    measured = [cell for cell in column if isinstance(cell, float) and not isinstance(cell, Share)]
    return 0 if all(round(each, _DECIMALS).is_integer() for each in measured) else _DECIMALS


def _words(cell: Cell, places: int) -> str:
    if isinstance(cell, Share):
        return number_format(round(cell * 100, 1), 1) + PERCENT
    if isinstance(cell, int | float):
        places = places if isinstance(cell, float) else 0
        return number_format(round(cell, places), places, use_l10n=True, force_grouping=True)
    if isinstance(cell, date):
        return date_format(cell)
    return cell or "–"
