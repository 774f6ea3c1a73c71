"""Items in the tables of reports: their titles, covers and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.urls import reverse

from curation.catalogue.covers import cover_of
from curation.models import Item
from feedback.tables import Cell, Table


def items_of(ids: Sequence[UUID]) -> dict[UUID, Item]:
    """The items by id."""
    return Item.objects.in_bulk(list(ids))


def table(
    name: str,
    columns: Sequence[str],
    items: Mapping[UUID, Item],
    rows: Sequence[tuple[UUID, Sequence[Cell]]],
) -> Table:
    """A table whose rows begin with an item; one that is gone from the catalogue keeps its id."""
    found = [items.get(item) for item, _cells in rows]
    return Table(
        name,
        columns,
        [[title(items, item), *cells] for item, cells in rows],
        links={at: reverse("item", args=[each.pk]) for at, each in enumerate(found) if each},
        pictures={at: cover_of(each) for at, each in enumerate(found) if each},
    )


def title(items: Mapping[UUID, Item], item: UUID) -> str:
    """What an item is called."""
    return items[item].title if item in items else str(item)
