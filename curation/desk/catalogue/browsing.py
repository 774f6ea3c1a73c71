"""The catalogue as curators browse it: which items, in which order, and what is known of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import OrderBy

from curation.catalogue.covers import Cover, cover_of
from curation.catalogue.searching import matching, ranked, read
from curation.decisions.lineages import now_in_force
from curation.fusion.columns import Kind
from curation.given import given
from curation.models import Attribute, Block, Decision, Embedding, Item, Revision
from curation.queries.items import items_matching, without_ratings

PER_PAGE: Final = 48
MOST_PAGES: Final = 400
"""Whoever wants to look further narrows the list down."""
_MOST_VALUES: Final = 200
_LOOKED_THROUGH: Final = 20_000

ORDERS: Final[Mapping[str, tuple[str | OrderBy, ...]]] = {
    "title": ("title", "pk"),
    "newest": (F("published_on").desc(nulls_last=True), "-pk"),
    "added": ("-created_at", "-pk"),
    "rated": (F("stats__ratings").desc(nulls_last=True), "pk"),
    "best": (F("stats__mean_rating").desc(nulls_last=True), "pk"),
    "shown": (F("stats__shown").desc(nulls_last=True), "pk"),
}

_VALUES: Final = """
SELECT key, value FROM (
    SELECT key, value, row_number() OVER (PARTITION BY key ORDER BY count(*) DESC, value) AS place
    FROM (SELECT attributes FROM curation_item LIMIT %s) AS sample
    CROSS JOIN unnest(%s::text[]) AS key
    CROSS JOIN jsonb_array_elements_text(
        CASE jsonb_typeof(attributes -> key) WHEN 'array' THEN attributes -> key ELSE '[]' END
    ) AS value
    GROUP BY key, value
) AS counted WHERE place <= %s ORDER BY key, value
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items are asked for; what is empty is not asked."""

    words: str = ""
    active: bool | None = None
    provider: str = ""
    query: Any = None
    without: str = ""
    decided: str = ""
    order: str = "title"


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of the list: its cover, and what is decided and known about it."""

    item: Item
    cover: Cover
    tags: list[str]
    is_blocked: bool
    is_pinned: bool
    is_embedded: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: the attributes that are declared, and the tags that are in use."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, list[str]] = field(default_factory=dict)


def choices() -> Choices:
    """What the declared schema lets one ask; of tags those that the first items carry. Two queries."""
    rows = list(Attribute.objects.values_list("key", "kind", "label"))
    kinds = {key: Kind(kind) for key, kind, _label in rows}
    tags: dict[str, list[str]] = {key: [] for key, kind in kinds.items() if kind is Kind.TAGS}
    with connection.cursor() as cursor:
        cursor.execute(_VALUES, [_LOOKED_THROUGH, list(tags), _MOST_VALUES])
        for key, value in cursor.fetchall():
            tags[key].append(value)
    return Choices(kinds, {key: given(label) for key, _kind, label in rows}, tags)


def providers() -> list[str]:
    """The providers that items name, as many as a list can offer."""
    rows = Item.objects.exclude(provider="").order_by("provider")
    return list(rows.values_list("provider", flat=True).distinct()[:_MOST_VALUES])


def page_of(wanted: Wanted, number: int) -> Page[Item]:
    """One page of the items asked for, the nearest there is."""
    paginator = Paginator(items(wanted), PER_PAGE)
    return paginator.page(max(1, min(number, paginator.num_pages, MOST_PAGES)))


def items(wanted: Wanted) -> QuerySet[Item]:
    """The items asked for, in order, with their statistics."""
    rows = Item.objects.select_related("stats")
    query = read(wanted.words)
    if query is not None:
        found = matching(Item.objects.all(), query)
        rows = rows.filter(Q(pk__in=found.values("pk")) | Q(outside_id=wanted.words))
    if wanted.active is not None:
        rows = rows.filter(active=wanted.active)
    if wanted.provider:
        rows = rows.filter(provider=wanted.provider)
    if wanted.query is not None:
        rows = rows.filter(pk__in=items_matching(wanted.query).values("pk"))
    if narrow := _NARROWED.get(wanted.without or wanted.decided):
        rows = narrow(rows)
    if query is not None and not wanted.order:
        return ranked(rows, query)
    return rows.order_by(*ORDERS[wanted.order or "title"])


def entries(rows: list[Item]) -> list[Entry]:
    """Items as they are listed; three queries, however many they are."""
    keys = [item.pk for item in rows]
    blocked = set(_blocks().filter(item__in=keys).values_list("item_id", flat=True))
    pinned = set(_pins().filter(item__in=keys).values_list("item_id", flat=True))
    vectors = Embedding.objects.filter(item__in=keys).values_list("item_id", flat=True)
    embedded = set(vectors)
    return [
        Entry(
            item,
            cover_of(item),
            _tags(item.attributes),
            item.pk in blocked,
            item.pk in pinned,
            item.pk in embedded,
        )
        for item in rows
    ]


def covered(rows: list[Item]) -> list[dict[str, Any]]:
    """Items with their covers, for a sample or a choice."""
    return [{"item": item, "cover": cover_of(item)} for item in rows]


def by_ids(keys: list[UUID]) -> list[Item]:
    """The items of these ids, by title."""
    return list(Item.objects.filter(pk__in=keys).select_related("stats").order_by("title", "pk"))


def _tags(attributes: Mapping[str, Any]) -> list[str]:
    found = (value for value in attributes.values() if isinstance(value, list))
    return [str(tag) for tag in next(found, [])]


def _blocks() -> QuerySet[Block]:
    return Block.objects.filter(ended_at=None)


def _pins() -> QuerySet[Revision]:
    return now_in_force().filter(decision__kind=Decision.Kind.PIN)


def _here(rows: QuerySet[Any]) -> Exists:
    return Exists(rows.filter(item=OuterRef("pk")).order_by())


_NARROWED: Final[Mapping[str, Callable[[QuerySet[Item]], QuerySet[Item]]]] = {
    "ratings": lambda rows: rows.filter(without_ratings()),
    "embedding": lambda rows: rows.filter(~_here(Embedding.objects.all())),
    "blocked": lambda rows: rows.filter(_here(_blocks())),
    "pinned": lambda rows: rows.filter(_here(_pins())),
}
