"""The demo's films and ratings, as its files hold them."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "recsys" / "demo"


@cache
def tagged(genre: str) -> set[str]:
    """The outside ids of the films of a genre."""
    return {row["item_id"] for row in _rows("items") if genre in row["genres"].split("|")}


def counts() -> Counter[str]:
    """How many ratings each film has."""
    return Counter(row["item_id"] for row in _rows("interactions"))


def _rows(name: str) -> list[dict[str, str]]:
    path = DATA / f"movietweetings-demo.{name}.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
