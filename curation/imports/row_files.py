"""Files whose rows are put in bulk: chunk by chunk, what became of each row counted, refused ones told by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import Any

import pghistory

from curation import actions
from curation.catalogue.rows import Rejection
from curation.imports.importing import Rejects, Row, Rows

ReadRow = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Makes what is put of the fields of a row. May raise `Rejection`."""

Put = Callable[[Sequence[object]], list[actions.RowResult]]


@dataclass(slots=True)
class Progress:
    """How far an import has come: rows by what became of them, and the share of the file read.

    `fresh` holds the outside ids of what was made, or in a dry run would be.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    share: float = 0.0
    fresh: set[str] = field(default_factory=set)

    @property
    def read(self) -> int:
        """The rows read so far."""
        return self.created + self.updated + self.unchanged + self.rejected

    def __str__(self) -> str:
        return (
            f"{self.created:,} created, {self.updated:,} updated, "
            f"{self.unchanged:,} unchanged, {self.rejected:,} refused."
        )


def put_rows(rows: Rows, read: ReadRow, put: Put, rejects: Rejects) -> Iterator[Progress]:
    """Put the rows of an open file, as many at a time as a put takes; yields after each."""
    progress = Progress()
    stream = iter(rows)
    while chunk := list(islice(stream, actions.MOST_ROWS)):
        refused = [(row.line, row.problem) for row in chunk if row.problem]
        good: list[tuple[Row, Mapping[str, Any]]] = []
        for row in chunk:
            try:
                good += [] if row.problem else [(row, read(row.fields))]
            except Rejection as rejection:
                refused.append((row.line, rejection.text))
        progress.rejected += len(refused)
        for (row, _raw), result in zip(good, put([raw for _row, raw in good]), strict=True):
            _count(progress, result)
            if result.status == "rejected":
                refused.append((row.line, result.detail or ""))
        for line, reason in sorted(refused):
            rejects.add(line, reason)
        progress.share = rows.share
        yield progress


def _count(progress: Progress, result: actions.RowResult) -> None:
    setattr(progress, result.status, getattr(progress, result.status) + 1)
    if result.status == "created" and result.outside_id is not None:
        progress.fresh.add(result.outside_id)


def noted(put: Put, act: str, path: Path) -> Put:
    """The same put, and what it writes is known in the audit to come of a file."""

    @wraps(put)
    def kept(rows: Sequence[object]) -> list[actions.RowResult]:
        with pghistory.context(action=act, reason=path.name):
            return put(rows)

    return kept
