"""Months of feedback leave the database: exported, verified, and only then dropped.

Figures of a month that goes are marked archived in the transaction of the drop, so that no roll-up
counts them again, and what training must know of it is kept beside (`feedback.keeping.remnants`). Event keys
stay, so what is sent again is still known; ratings stay, since they are folds and not events.
Interactions and impressions of one month go together: their figures need both.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, get_args

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from feedback.keeping import archives, remnants
from feedback.keeping.archives import ArchiveError
from feedback.partitions import Table, ensure_months, months, next_month
from feedback.rollups import tallies
from feedback.rollups.stats import roll_up

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Figures:
    """A table of figures: its column in time, the rest of its key, and what is counted."""

    name: str
    period: str
    key: str
    counts: str = "count"

    def mark(self, *, archived: bool) -> str:
        """Mark the figures of `%(start)s` to `%(end)s`, adding them to those that have the mark already."""
        columns = f"{self.period}, {self.key}, {self.counts}"
        added = ", ".join(
            f"{each} = figure.{each} + excluded.{each}" for each in self.counts.split(", ")
        )
        return (
            f"WITH moved AS (DELETE FROM {self.name} WHERE archived <> {archived}"  # noqa: S608 - made of constants alone
            f" AND {self.period} >= %(start)s AND {self.period} < %(end)s RETURNING *)"
            f" INSERT INTO {self.name} AS figure ({columns}, archived)"
            f" SELECT {columns}, {archived} FROM moved"
            f" ON CONFLICT ({self.period}, {self.key}, archived) DO UPDATE SET {added}"
        )


_FIGURES: Final[dict[Table, tuple[_Figures, _Figures]]] = {
    "feedback_interaction": (
        _Figures("feedback_tally", "since", "surface, kind, stars, simulated"),
        _Figures("feedback_itemtally", "day", "item_id, kind"),
    ),
    "feedback_impression": (
        _Figures(
            "feedback_slottally",
            "since",
            "surface, slot, simulated",
            "served, curated, clicked, liked",
        ),
        _Figures("feedback_itemshown", "day", "item_id"),
    ),
}
_TABLES: Final[tuple[Table, ...]] = get_args(Table)

_CHANGED: Final = """
SELECT EXISTS (
    SELECT FROM feedback_arrival
    WHERE impressions = %s AND first_at < %s AND last_at >= %s
)
"""

# A row whose event key is gone was deleted for good; a member may have been merged into another since.
_PUT_BACK: Final[dict[Table, str]] = {
    "feedback_interaction": """
JOIN feedback_eventkey AS key
    ON (key.source, key.event, key.interaction) = (row.source, row.event, row.id)
""",
    "feedback_impression": "",
}


def due(now: datetime, keep: int | None = None) -> list[datetime]:
    """The months beyond the newest `keep` (by default as configured), oldest first; none if nothing goes."""
    keep = settings.FEEDBACK_RETENTION_MONTHS if keep is None else keep
    if keep is None:
        return []
    if keep < 1:
        raise ArchiveError(_("At least one month has to be kept, besides the one that runs."))
    first = now.year * 12 + now.month - 1 - keep
    held = {month for table in _TABLES for month in months(table)}
    return sorted(month for month in held if month.year * 12 + month.month - 1 < first)


def apply(now: datetime, *, keep: int | None = None, dry_run: bool = False) -> list[datetime]:
    """Archive and drop every month that is due; answers which. Raises `ArchiveError` where one stays."""
    found = due(now, keep)
    for month in [] if dry_run else found:
        _archive(_TABLES, month)
    return found


def archive_month(table: Table, month: datetime) -> Path:
    """Archive and drop one month of one table; answers the manifest of what went."""
    _check_over(table, month)
    written = _archive([table], month)
    if not written:
        raise _not_there(table, month)
    return written[0]


def _archive(tables: Sequence[Table], month: datetime) -> list[Path]:
    """Drop a month of those of these tables that still hold it, once all of it stands in files; else leave it all."""
    roll_up()
    try:
        with transaction.atomic():
            _wait_long()
            tallies.lock()  # no roll-up takes the notes of what changes meanwhile, and nobody else archives
            tables = [table for table in tables if month in months(table)]
            written = [archives.write(table, month) for table in tables]
            for table in tables:
                remnants.keep(table, month)
            for table in tables:
                _drop(table, month)
    except OperationalError as error:
        raise ArchiveError(
            _("%(month)s was not dropped, since others hold it: %(error)s")
            % {"month": f"{month:%Y-%m}", "error": error}
        ) from error
    log.info(
        "archived %s of %s: %s", f"{month:%Y-%m}", ", ".join(tables), [str(one) for one in written]
    )
    return written


def _check_over(table: Table, month: datetime) -> None:
    if month not in months(table) or next_month(month) > timezone.now():
        raise _not_there(table, month)


def _not_there(table: Table, month: datetime) -> ArchiveError:
    return ArchiveError(
        _("%(table)s has no month %(month)s that is over.")
        % {"table": table, "month": f"{month:%Y-%m}"}
    )


def _wait_long() -> None:
    """An export is done beside this transaction, which waits for it and holds nothing but the roll-ups' lock."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


def _drop(table: Table, month: datetime) -> None:
    span = {"start": month, "end": next_month(month)}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(_CHANGED, [table == "feedback_impression", span["end"], month])
        if cursor.fetchone()[0]:
            raise ArchiveError(
                _("%(month)s changed while it was exported, so it stays for now.")
                % {"month": f"{month:%Y-%m}"}
            )
        _mark(table, month, archived=True)
        cursor.execute("SELECT feedback_drop_month(%s, %s)", [table, month])


def _mark(table: Table, month: datetime, *, archived: bool) -> None:
    with connection.cursor() as cursor:
        for figures in _FIGURES[table]:
            ends = [month, next_month(month)]
            if figures.period == "day":
                start, end = (instant.date() for instant in ends)
                cursor.execute(figures.mark(archived=archived), {"start": start, "end": end})
            else:
                cursor.execute(figures.mark(archived=archived), {"start": ends[0], "end": ends[1]})


def restore(path: Path) -> dict[Path, int]:
    """Put the month of an archive back, with all that stands beside it of that month.

    Answers how many rows each archive gave back; what is there already stays as it is. Raises
    `ArchiveError` before anything is changed where one is damaged or of a newer format.
    """
    found = {each: archives.check(each) for each in archives.of_month(path)}
    manifests = dict(sorted(found.items(), key=lambda one: one[1].made_at, reverse=True))
    for manifest in manifests.values():
        ensure_months(manifest.table, [manifest.starts])
    with transaction.atomic():
        tallies.lock()
        month = next(iter(manifests.values())).starts
        for table in {manifest.table for manifest in manifests.values()}:
            _mark(table, month, archived=False)
            remnants.take_away(table, month)
        restored = {each: _insert(each, manifest.table) for each, manifest in manifests.items()}
    roll_up()
    return restored


def _insert(path: Path, table: Table) -> int:
    columns = [field.attname for field in archives.MODELS[table]._meta.concrete_fields]
    values = ", ".join(
        "coalesce(state.moved_to, row.subject)" if name == "subject" else f"row.{name}"
        for name in columns
    )
    statement = (
        f"INSERT INTO {table} ({', '.join(columns)})"  # noqa: S608 - names of ours
        f" SELECT {values} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) AS row"
        f" {_PUT_BACK[table]}"
        " LEFT JOIN feedback_memberstate AS state ON state.subject = row.subject"
        " ON CONFLICT DO NOTHING"
    )
    count = 0
    with connection.cursor() as cursor:
        for rows in archives.rows(path):
            cursor.execute(statement, [rows.decode()])
            count += cursor.rowcount
    return count
