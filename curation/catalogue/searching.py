"""Items by words: in titles, descriptions, attributes and providers, whatever the case and the accents.

Every word has to be there, as the beginning of a word. What is written without spaces is found wherever it stands.
The words of items are an index in the database; its functions, which migration 0014 makes, read a query likewise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import BooleanField, F, IntegerField, QuerySet
from django.db.models.expressions import RawSQL

from curation.models import Item

LONGEST: Final = 200
"""Characters of a query that count."""
MOST_TERMS: Final = 12
MOST_COUNTED: Final = 10_000
"""Whoever finds more is told that there are more."""

_COLUMNS: Final = ("title", "description", "attributes", "provider")
_HERE: Final = ", ".join(f'"curation_item"."{name}"' for name in _COLUMNS)
_WORDS: Final = f"curation_words({_HERE}) @@ %s::tsquery"
_TEXT: Final = f"strpos(curation_text({_HERE}), %s) > 0"
_OTHERS: Final = f"curation_words({', '.join(f'other.{name}' for name in _COLUMNS)}) @@ %s::tsquery"
_KEYS: Final = f"SELECT other.id FROM curation_item other WHERE {_OTHERS}"  # noqa: S608
_AMONG: Final = f'"curation_item"."id" IN ({_KEYS})'
_TIER: Final = f"CASE WHEN {_AMONG} THEN 0 WHEN {_AMONG} THEN 1 WHEN {_AMONG} THEN 2 ELSE 3 END"
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for: its words as the index has them, and all of it as a title."""

    terms: tuple[str, ...]
    title: str

    @property
    def anywhere(self) -> str:
        """The words anywhere, as PostgreSQL reads a query of words."""
        return _all_of(self.terms, "")

    @property
    def in_title(self) -> str:
        """The words in the title."""
        return _all_of(self.terms, "=")

    @property
    def runs(self) -> tuple[str, ...]:
        """What the index, which knows pairs of characters, cannot tell from its pairs: longer runs without spaces."""
        return tuple(term for term in self.terms if len(term) > 2 and _UNSPACED.match(term))


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found, the best first; `total` stops at `MOST_COUNTED`."""

    items: Sequence[Item]
    total: int
    page: int
    pages: int

    @property
    def more_than_counted(self) -> bool:
        """Whether there are more than were counted."""
        return self.total >= MOST_COUNTED


def read(words: str) -> Query | None:
    """The query that somebody typed; None where it holds no word. Characters beyond `LONGEST` do not count."""
    told = words.replace("\x00", " ")[:LONGEST].strip()
    if not told:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT curation_terms(curation_apart(curation_folded(%s))), "
            "left(array_to_string(curation_terms(curation_folded(%s)), ' '), 120)",
            [told, told],
        )
        terms, title = cursor.fetchone()
    unlike = tuple(dict.fromkeys(terms))[:MOST_TERMS]
    return Query(unlike, title) if unlike else None


def matching(items: QuerySet[Item], query: Query) -> QuerySet[Item]:
    """Those of the items that hold every word of a query."""
    found = items.filter(_told(_WORDS, query.anywhere))
    for run in query.runs:
        found = found.filter(_told(_TEXT, run))
    return found


def titled(query: Query) -> RawSQL:
    """The keys of the items whose title holds every word of a query, for a condition on what names items."""
    return RawSQL(_KEYS, [query.in_title])  # noqa: S611 - constants alone


def ranked(items: QuerySet[Item], query: Query) -> QuerySet[Item]:
    """Items, the best first: the very title, its beginning, its words, the rest; among equals by ratings."""
    exact, begins = _quoted(f"=={query.title}"), f"{_quoted(f'=={query.title}')}:*"
    tier = RawSQL(_TIER, [exact, begins, query.in_title], IntegerField())  # noqa: S611 - constants alone
    return items.order_by(tier, F("stats__ratings").desc(nulls_last=True), "title", "pk")


def search(
    words: str, *, page: int = 1, size: int = 24, items: QuerySet[Item] | None = None
) -> Found:
    """One page of the items that hold all the words; of active ones unless others are given."""
    query = read(words)
    if query is None:
        return Found((), 0, 1, 1)
    among = Item.objects.filter(active=True) if items is None else items
    return paged(ranked(matching(among, query), query), page, size)


def paged(found: QuerySet[Item], page: int, size: int) -> Found:
    """One page of items; a page that is not there is the nearest one that is."""
    total = found.order_by()[:MOST_COUNTED].count()
    pages = max(1, -(-total // size))
    shown = min(max(1, page), pages)
    rows = list(found[(shown - 1) * size : shown * size]) if total else []
    return Found(rows, total, shown, pages)


def _told(sql: str, value: str) -> RawSQL:
    return RawSQL(sql, [value], BooleanField())  # noqa: S611 - constants alone


def _all_of(terms: Sequence[str], before: str) -> str:
    return " & ".join(piece for term in terms for piece in _pieces(term, before))


def _pieces(term: str, before: str) -> Iterator[str]:
    """A term as the index has it: the beginning of a word, or the pairs of characters of a run without spaces."""
    if not _UNSPACED.match(term):
        yield f"{_quoted(before + term)}:*"
    elif len(term) == 1:
        yield _quoted(before + term)
    else:
        yield from (_quoted(before + term[at : at + 2]) for at in range(len(term) - 1))


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
