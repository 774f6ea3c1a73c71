"""Importing what members did elsewhere: rows of a file become events, recorded as any others are."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from django.utils import timezone

from curation.imports.importing import Rejects, Row, Rows
from curation.models import Member
from curation.people.members import Person, persons, resolve_many
from feedback.actions import record, rehearse
from feedback.imports.reading import Dated, Reading, instant_of, read
from feedback.intake.receiving import event_of, items_of
from feedback.recording.events import Outcome, Status

CHUNK: Final = 10_000


@dataclass(slots=True)
class Progress:
    """How far an import has come: rows by what became of them, and the share of the file read."""

    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    share: float = 0.0

    def count(self, outcomes: Iterable[Outcome]) -> None:
        """Add these outcomes."""
        for outcome in outcomes:
            self.read += 1
            self.accepted += outcome.status is Status.ACCEPTED
            self.duplicate += outcome.status is Status.DUPLICATE
            self.rejected += outcome.status is Status.REJECTED

    def told(self, *, dry_run: bool) -> str:
        """The counts for people."""
        done = "would be imported" if dry_run else "imported"
        return f"{self.accepted:,} {done}, {self.duplicate:,} already there, {self.rejected:,} refused."


def import_file(
    path: Path, reading: Reading, rejects: Rejects, *, dry_run: bool = False
) -> Iterator[Progress]:
    """Import a file, each chunk of rows in a transaction of its own; yields after each.

    A dry run looks everything up and writes nothing. Raises `UnreadableError` when the file as a
    whole cannot be read; what was yielded before stays imported.
    """
    progress = Progress()
    keep = partial(rehearse, earlier={}) if dry_run else record
    find = partial(_imagined, strangers={}) if dry_run else persons
    with Rows(path, reading.layout) as rows:
        stream = iter(rows)
        while chunk := list(islice(stream, CHUNK)):
            outcomes = _import_chunk(chunk, reading, keep, find)
            for row, outcome in zip(chunk, outcomes, strict=True):
                if outcome.status is Status.REJECTED:
                    rejects.add(row.line, outcome.text)
            progress.count(outcomes)
            progress.share = rows.share
            yield progress


def last_instant(path: Path, reading: Reading) -> datetime | None:
    """The latest instant that can be read in the file."""
    latest: datetime | None = None
    with Rows(path, reading.layout) as rows:
        for row in rows:
            instant = instant_of(reading.told(row)["occurred_at"])
            if isinstance(instant, datetime) and instant.tzinfo:
                latest = max(latest or instant, instant)
    return latest


def _import_chunk(
    chunk: Sequence[Row],
    reading: Reading,
    keep: Callable[..., list[Outcome]],
    find: Callable[[str, set[str]], Mapping[str, Person | Member]],
) -> list[Outcome]:
    now = timezone.now()
    read_rows = [read(row, reading, now=now) for row in chunk]
    dated = [one for one in read_rows if isinstance(one, Dated)]
    members = find(reading.source, {one.draft.member for one in dated})
    items, active = items_of(reading.source, {one.draft.item for one in dated if one.draft.item})
    events = [
        event_of(one.draft, members[one.draft.member], items, one.original_at) for one in dated
    ]
    kept = iter(keep(events, source=reading.source, active=active))
    return [one if isinstance(one, Outcome) else next(kept) for one in read_rows]


def _imagined(
    source: str, outside_ids: set[str], *, strangers: dict[str, Member]
) -> Mapping[str, Member]:
    """The members as they would be: those who are unknown are not made, only thought of."""
    known = resolve_many(source, outside_ids)
    for outside_id in outside_ids - known.keys():
        strangers.setdefault(outside_id, Member(source=source, outside_id=outside_id))
    return ChainMap(known, strangers)
