"""What a spreadsheet makes of the cells of a CSV file."""

from __future__ import annotations

from typing import Final, TypeVar

Cell = TypeVar("Cell")

FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""How a text begins that is taken for a formula, and run (OWASP, "CSV Injection")."""


def inert(cell: Cell) -> Cell | str:
    """The cell as it may be written: a text that looks like a formula behind an apostrophe, all else as it is."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
