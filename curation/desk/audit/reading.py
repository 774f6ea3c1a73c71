"""The audit in words: who did what, to which object, when and why; page by page, and all of it as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from curation.auditing.rows import DECISION, USER, WHOLES, Place, Row, Wanted, rows_of
from curation.auditing.words import KINDS, act_called
from curation.desk import shown as desk
from curation.field_words import scorer_called
from curation.given import given
from curation.models import Decision, User
from curation.spreadsheets import inert

PER_PAGE: Final = 50
_CHUNK: Final = 1000
_OF_FAMILIES: Final = ("recsys.livemodel", "recsys.modelversion", "recsys.run")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row in words; `whole` and `key` name the object whose history tells more, `key` empty where it is gone."""

    at: datetime
    who: str
    act: str
    kind: str
    name: str
    reason: str
    whole: str
    key: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, and the place below which the next ones stand, if there are any."""

    entries: list[Entry] = field(default_factory=list)
    older: Place | None = None


def page_of(wanted: Wanted, below: Place | None = None, size: int = PER_PAGE) -> Page:
    """The newest entries asked for, or those below a place; a fixed number of queries."""
    found = rows_of(wanted, below, size + 1)
    shown = found[:size]
    return Page(_entries(shown), shown[-1].place if len(found) > size else None)


def every(wanted: Wanted) -> Iterator[list[Entry]]:
    """All entries asked for, some at a time, so that none but these are held in memory."""
    below: Place | None = None
    while True:
        page = page_of(wanted, below, _CHUNK)
        yield page.entries
        if page.older is None:
            return
        below = page.older


def as_csv(wanted: Wanted, language: str, zone: tzinfo) -> Iterator[str]:
    """All entries asked for as lines of CSV, in the words and on the clock of whoever asked."""
    chunks = every(wanted)
    with translation.override(language):
        yield _written([[_("When"), _("Who"), *_columns()]])
    while True:
        # Whoever sends the answer reads it bit by bit, after the request's own language has been left.
        with translation.override(language), timezone.override(zone):
            chunk = next(chunks, None)
            if chunk is None:
                return
            text = _written(map(_cells, chunk))
        yield text


def _columns() -> tuple[str, ...]:
    return (_("What was done"), _("Kind of object"), _("Object"), _("Key"), _("Why"))


def _cells(entry: Entry) -> list[str]:
    at = timezone.localtime(entry.at).isoformat(timespec="seconds")
    return [at, entry.who, entry.act, entry.kind, entry.name, entry.key, entry.reason]


def _written(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([inert(cell) for cell in row] for row in rows)
    return out.getvalue()


def _entries(rows: Sequence[Row]) -> list[Entry]:
    people = {row.actor for row in rows} | _keys(rows, USER)
    users = {str(user.pk): user.username for user in User.objects.filter(pk__in=people - {""})}
    decisions = Decision.objects.filter(pk__in=_keys(rows, DECISION))
    lines = desk.newest_lines(decisions) if _keys(rows, DECISION) else []
    titles = {str(line.revision.decision_id): line.title for line in lines}
    return [_entry(row, users, titles) for row in rows]


def _keys(rows: Iterable[Row], whole: str) -> set[str]:
    return {row.key for row in rows if WHOLES[row.kind].label == whole}


def _entry(row: Row, users: Mapping[str, str], titles: Mapping[str, str]) -> Entry:
    whole = WHOLES[row.kind].label
    named = {
        DECISION: lambda: titles.get(row.key, ""),
        "curation.surface": lambda: given(row.name),
        "curation.segment": lambda: given(row.name),
        "curation.expectation": lambda: _(row.name) if row.name else "",
        **dict.fromkeys(_OF_FAMILIES, lambda: scorer_called(row.name)),
    }
    return Entry(
        at=row.at,
        who=users.get(row.actor, row.actor) or _("the product"),
        act=act_called(row.action, row.label),
        kind=str(KINDS[row.kind]),
        name=named.get(whole, lambda: row.name)(),
        reason=row.reason,
        whole=whole,
        key="" if whole == USER and row.key not in users else row.key,
    )
