"""Import interactions from a CSV or JSON lines file."""

from __future__ import annotations

import argparse
import gc
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from curation.importing import Rejects, UnreadableError
from feedback.importing import Progress, import_file, last_instant
from feedback.parsing import KINDS
from feedback.reading import FIELDS, TRANSFORMS, Reading, weeks_to
from feedback.stats import roll_up


class Command(BaseCommand):
    """`manage.py import_interactions FILE`: importing a file again adds only what is new in it."""

    help = (
        "Imports interactions from a .csv, .tsv or .jsonl file (or one of them .gz). Unknown members "
        "are made, unknown items refused. A row without an event id gets one made of its member, "
        "item, kind and instant, so the same file can be imported again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file and how to read it."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--source",
            default=settings.DEFAULT_SOURCE,
            help="whose outside ids the file holds (default: %(default)s)",
        )
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            type=_column,
            metavar="FIELD=COLUMN",
            help=f"which column holds a field, where the names differ; fields: {', '.join(FIELDS)}",
        )
        parser.add_argument(
            "--kind", choices=sorted(KINDS), default="rating", help="of rows that do not say it"
        )
        parser.add_argument(
            "--rating-transform",
            choices=sorted(TRANSFORMS),
            default="none",
            help="halve reads ratings of 0 to 10 as 1 to 5 stars",
        )
        parser.add_argument(
            "--shift-to-last-week",
            action="store_true",
            help="move all instants by whole weeks, the last into the past seven days; "
            "the original instants are kept",
        )
        parser.add_argument("--rejects", type=Path, help="write refused rows (line, reason) here")
        parser.add_argument(
            "--dry-run", action="store_true", help="check everything, write nothing"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import the file; a file that cannot be read to its end fails, what came before is kept."""
        # What is loaded by now lives on: not walking it at each collection saves a third of the time.
        gc.freeze()
        progress = Progress()
        started = time.monotonic()
        try:
            with ExitStack() as stack:
                rejects = stack.enter_context(Rejects(options["rejects"]))
                reading = _reading(options)
                for progress in import_file(
                    options["file"], reading, rejects, dry_run=options["dry_run"]
                ):
                    self._tell(progress, started)
        except (UnreadableError, OSError) as error:
            raise CommandError(f"{error} Rows read before: {progress.read}.") from error
        if not options["dry_run"]:
            roll_up()
        self._sum_up(progress, options)

    def _tell(self, progress: Progress, started: float) -> None:
        rate = progress.read / max(time.monotonic() - started, 1e-3)
        self.stdout.write(f"{progress.share:4.0%}  {progress.read:,} rows  {rate:,.0f} rows/s")

    def _sum_up(self, progress: Progress, options: dict[str, Any]) -> None:
        done = "would be imported" if options["dry_run"] else "imported"
        self.stdout.write(
            f"{progress.accepted:,} {done}, {progress.duplicate:,} already there, "
            f"{progress.rejected:,} refused."
        )
        if progress.rejected and options["rejects"]:
            self.stdout.write(f"The refused rows are in {options['rejects']}.")


def _column(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if name not in FIELDS or not equals or not column:
        raise argparse.ArgumentTypeError(f"{text!r} is not FIELD=COLUMN, FIELD one of {FIELDS}")
    return name, column


def _reading(options: dict[str, Any]) -> Reading:
    reading = Reading(
        source=options["source"],
        columns=dict(options["column"]),
        kind=options["kind"],
        transform=options["rating_transform"],
    )
    if not options["shift_to_last_week"]:
        return reading
    latest = last_instant(options["file"], reading)
    shift = weeks_to(timezone.now(), latest) if latest else timedelta()
    return Reading(reading.source, reading.columns, reading.kind, reading.transform, shift)
