"""Loading the demo's films and ratings: MovieTweetings, cut to members and films with five ratings each."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.utils import timezone

from curation import actions
from curation.given import pgettext_noop
from curation.imports.importing import Rejects
from curation.models import Attribute, Item
from feedback.imports.importing import Progress, import_file, last_instant
from feedback.imports.reading import Reading, weeks_to
from feedback.models import Interaction

SOURCE: Final = "demo"
FOLDER: Final = Path(__file__).parent
ITEMS: Final = FOLDER / "movietweetings-demo.items.csv.gz"
INTERACTIONS: Final = FOLDER / "movietweetings-demo.interactions.csv.gz"
COLUMNS: Final = {
    "member": "user_id",
    "item": "item_id",
    "value": "rating",
    "occurred_at": "timestamp",
}
ATTRIBUTES: Final = {
    pgettext_noop("given name", "year"): (
        Attribute.Kind.NUMBER,
        pgettext_noop("given name", "Year"),
    ),
    pgettext_noop("given name", "genres"): (
        Attribute.Kind.TAGS,
        pgettext_noop("given name", "Genres"),
    ),
}


def is_wanted() -> bool:
    """Whether the demo's data belong here: into an empty database, or one that holds them in part."""
    mine = Item.objects.filter(source=SOURCE)
    return not Item.objects.exists() or (mine.exists() and _loaded() < _rows(INTERACTIONS))


def load_items() -> int:
    """Declare the attributes and put the films; returns how many there are."""
    for key, (kind, label) in ATTRIBUTES.items():
        Attribute.objects.get_or_create(key=key, defaults={"kind": kind, "label": label})
    total = 0
    with gzip.open(ITEMS, "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        while chunk := [_item(row) for row in islice(rows, actions.MOST_ROWS)]:
            total += _put(chunk)
    return total


def load_interactions() -> Iterator[Progress]:
    """Import the ratings, moved by whole weeks so that the last is of the past week; the original is kept."""
    reading = Reading(SOURCE, COLUMNS, transform="halve")
    shifted = Reading(SOURCE, COLUMNS, transform="halve", shift=_shift(reading))
    with Rejects(None) as rejects:
        yield from import_file(INTERACTIONS, shifted, rejects)


def _put(chunk: list[dict[str, Any]]) -> int:
    results = actions.put_items(chunk, source=SOURCE)
    if refused := [each for each in results if each.status == "rejected"]:
        raise ValueError(f"{ITEMS.name}: {refused[0].outside_id}: {refused[0].detail}")
    return len(results)


def _item(row: Mapping[str, str]) -> dict[str, Any]:
    attributes = {"year": int(row["year"]), "genres": row["genres"].split("|")}
    return {"item": row["item_id"], "title": row["title"], "attributes": attributes}


def _shift(reading: Reading) -> timedelta:
    """How far the ratings move: as far as those that an earlier, broken load has moved."""
    moved = Interaction.objects.filter(source=SOURCE, original_at__isnull=False).first()
    if moved and moved.original_at:
        return moved.occurred_at - moved.original_at
    latest = last_instant(INTERACTIONS, reading)
    return weeks_to(timezone.now(), latest) if latest else timedelta()


def _loaded() -> int:
    return Interaction.objects.filter(source=SOURCE, original_at__isnull=False).count()


def _rows(path: Path) -> int:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return sum(1 for _ in file) - 1
