"""What the desk shows of one item, and what an act on several would touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Sum
from django.utils.translation import gettext as _

from curation.catalogue.texts import hash_of, text_of, worded_attributes
from curation.decisions.lineages import named, now_in_force
from curation.desk.catalogue.browsing import Entry, entries
from curation.desk.shown import Line, lines
from curation.fusion.columns import Schema
from curation.fusion.parsing import parse
from curation.fusion.query import Query
from curation.models import Decision, Embedding, Item, ItemStats, Member
from curation.queries.items import labels, naming, schema

_PAST: Final = 100


@dataclass(frozen=True, slots=True)
class Vector:
    """The embedding of an item by one encoder, and whether the text has changed since."""

    embedding: Embedding
    is_old: bool


@dataclass(frozen=True, slots=True)
class Touched:
    """What an act on items touches: so many, so many of them so already, pinned, and how often shown."""

    items: int
    already: int
    pinned: int
    members: int
    shown: int


def of_item(item: Item) -> dict[str, Any]:
    """Facts, figures, decisions and past of an item; a fixed number of queries."""
    (entry,) = entries([item])
    kinds = schema()
    standing = list(now_in_force().filter(item=item).order_by("pk"))
    past = named().filter(item=item).order_by("-pk")
    return {
        "item": item,
        "entry": entry,
        "stats": getattr(item, "stats", None),
        "facts": list(_facts(item)),
        "decided": lines(standing, kinds),
        "rules": _rules(item, kinds),
        "past": lines(past.exclude(pk__in=[row.pk for row in standing])[:_PAST], kinds),
        "vectors": _vectors(item),
    }


def touched(items: Sequence[Item], act: str) -> Touched:
    """What an act on these items touches; seven queries, however many there are."""
    listed = entries(list(items))
    figures = ItemStats.objects.filter(item__in=items).aggregate(shown=Sum("shown"))
    return Touched(
        items=len(listed),
        already=sum(_is_so(entry, act) for entry in listed),
        pinned=sum(entry.is_pinned for entry in listed),
        members=Member.objects.filter(merged_into=None).count(),
        shown=figures["shown"] or 0,
    )


def _is_so(entry: Entry, act: str) -> bool:
    so = {
        "block": entry.is_blocked,
        "activate": entry.item.active,
        "deactivate": not entry.item.active,
    }
    return so.get(act, False)


def _facts(item: Item) -> Iterable[tuple[str, str]]:
    called = labels()
    for key, value in item.attributes.items():
        words = _(", ").join(map(str, value)) if isinstance(value, list) else str(value)
        yield called.get(key, key), words


def _rules(item: Item, kinds: Schema) -> list[Line]:
    """The rules in force, on any surface, whose query names the item."""
    rows = list(now_in_force().filter(decision__kind=Decision.Kind.RULE).order_by("pk"))
    asked: list[Query] = [parse(row.spec["where"], kinds) for row in rows]
    holds = naming(item.pk, asked)
    return lines((row for row, held in zip(rows, holds, strict=True) if held), kinds)


def _vectors(item: Item) -> list[Vector]:
    now = hash_of(text_of(item, worded_attributes()))
    rows = Embedding.objects.filter(item=item).defer("vector").order_by("-embedded_at")
    return [Vector(row, row.text_hash != now) for row in rows]
