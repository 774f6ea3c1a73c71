"""The search page: items by words, and in English by meaning too, without what may not be shown to whoever asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from curation.catalogue import searching
from curation.catalogue.searching import Found
from curation.catalogue.withheld import shown_to
from curation.models import Attribute, Item
from recsys.accounts.visitors import for_everybody
from recsys.embeddings import meaning
from recsys.member import receipts, shelves
from recsys.member.feedback_forms import number_of
from recsys.screens.cards import cards

PAGE: Final = 20
MOST_NEAR: Final = 60
MOST_TAGS: Final = 8
WORDS, MEANING = "words", "meaning"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for, how, and where in what was found."""

    words: str
    by: str
    tag: str
    page: int

    def url(self, **other: object) -> str:
        """The address of the same search with something else of it."""
        told = {"q": self.words, "by": self.by, "tag": self.tag, "page": 1, **other}
        plain = {"by": WORDS, "tag": "", "page": 1}
        return "?" + urlencode(
            {key: value for key, value in told.items() if plain.get(key) != value}
        )


@for_everybody
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """What was found, by what; and where meaning was asked for and no worker could say in time, that it is by words."""
    asked = _asked(request)
    subject = shelves.subject_of(request)
    items = _tagged(shown_to(subject), asked.tag)
    offered = bool(asked.words) and meaning.speaks_english() and meaning.is_offered()
    vector = meaning.vector_of(asked.words) if offered and asked.by == MEANING else None
    found = _found(asked, items, vector)
    told = {
        "asked": asked,
        "asked_for": asked.words,
        "found": found,
        "cards": cards([{"id": item.pk} for item in found.items], subject=subject, shelf="entry"),
        "by_meaning": vector is not None,
        "late": asked.by == MEANING and vector is None,
        "ways": [(WORDS, asked.url(by=WORDS)), (MEANING, asked.url(by=MEANING))] if offered else [],
        "tags": [(tag, asked.url(tag=tag)) for tag in _tags(found.items, asked.tag)],
        "without_tag": asked.url(tag=""),
        "before": asked.url(page=found.page - 1) if found.page > 1 else "",
        "after": asked.url(page=found.page + 1) if found.page < found.pages else "",
        "receipt": receipts.kept(request),
        "next": request.get_full_path(),
    }
    return render(request, "recsys/search.html", told)


def _asked(request: HttpRequest) -> Asked:
    given = request.GET
    return Asked(
        words=given.get("q", "").replace("\x00", "").strip()[: searching.LONGEST],
        by=MEANING if given.get("by") == MEANING else WORDS,
        tag=given.get("tag", "").replace("\x00", "")[: searching.LONGEST],
        page=number_of(given.get("page")),
    )


def _found(asked: Asked, items: QuerySet[Item], vector: list[float] | None) -> Found:
    if vector is None:
        return searching.search(asked.words, page=asked.page, size=PAGE, items=items)
    near = list(meaning.nearest(items, vector).values_list("pk", flat=True)[:MOST_NEAR])
    return _in_order(near, asked.page)


def _in_order(ids: Sequence[UUID], page: int) -> Found:
    """One page of items that are in order already."""
    pages = max(1, -(-len(ids) // PAGE))
    shown = min(page, pages)
    part = ids[(shown - 1) * PAGE : shown * PAGE]
    rows = Item.objects.in_bulk(part)
    return Found([rows[each] for each in part if each in rows], len(ids), shown, pages)


def _tagged(items: QuerySet[Item], tag: str) -> QuerySet[Item]:
    if not tag:
        return items
    keys = Attribute.objects.filter(kind=Attribute.Kind.TAGS).values_list("key", flat=True)
    carries = Q(pk__in=[])
    for key in keys:
        carries |= Q(attributes__contains={key: [tag]})
    return items.filter(carries)


def _tags(items: Iterable[Item], chosen: str) -> list[str]:
    """The tags that most of what is shown carries, the chosen one among them."""
    counted = Counter(
        tag
        for item in items
        for value in item.attributes.values()
        if isinstance(value, list)
        for tag in value
        if isinstance(tag, str)
    )
    named = [tag for tag, _count in counted.most_common(MOST_TAGS)]
    return named if not chosen or chosen in named else [chosen, *named]
