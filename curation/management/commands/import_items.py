"""Import items from a CSV or JSON lines file."""

from __future__ import annotations

import argparse
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from curation.fusion.columns import Kind
from curation.importing import Rejects, UnreadableError
from curation.item_files import Progress, Reading, import_file
from curation.problems import Problem


class Command(BaseCommand):
    """`manage.py import_items FILE`: importing a file again changes only what is new in it."""

    help = (
        "Imports items from a .csv, .tsv or .jsonl file (or one of them .gz), by their outside ids. "
        "Columns named as fields of an item or as declared attributes are read, others left out."
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
            help="which column holds a field or attribute, where the names differ",
        )
        parser.add_argument(
            "--declare",
            action="append",
            default=[],
            type=_declared,
            metavar="ATTRIBUTE=KIND",
            help=f"declare an attribute that the file brings; kinds: {', '.join(Kind)}",
        )
        parser.add_argument(
            "--separator", default="|", help="between the tags in a text (default: %(default)s)"
        )
        parser.add_argument("--rejects", type=Path, help="write refused rows (line, reason) here")
        parser.add_argument(
            "--dry-run", action="store_true", help="check everything, write nothing"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import the file; a file that cannot be read to its end fails, what came before is kept."""
        progress = Progress()
        started = time.monotonic()
        try:
            with ExitStack() as stack:
                rejects = stack.enter_context(Rejects(options["rejects"]))
                dry_run = options["dry_run"]
                for progress in import_file(
                    options["file"], _reading(options), rejects, dry_run=dry_run
                ):
                    self._tell(progress, started)
        except (UnreadableError, OSError, Problem, ValidationError) as error:
            raise CommandError(f"{error} Rows read before: {progress.read}.") from error
        self._sum_up(progress, options)

    def _tell(self, progress: Progress, started: float) -> None:
        rate = progress.read / max(time.monotonic() - started, 1e-3)
        self.stdout.write(f"{progress.share:4.0%}  {progress.read:,} rows  {rate:,.0f} rows/s")

    def _sum_up(self, progress: Progress, options: dict[str, Any]) -> None:
        note = " Nothing was written." if options["dry_run"] else ""
        self.stdout.write(
            f"{progress.created:,} created, {progress.updated:,} updated, "
            f"{progress.unchanged:,} unchanged, {progress.rejected:,} refused.{note}"
        )
        if progress.rejected and options["rejects"]:
            self.stdout.write(f"The refused rows are in {options['rejects']}.")


def _column(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not (name and equals and column):
        raise argparse.ArgumentTypeError(f"{text!r} is not FIELD=COLUMN")
    return name, column


def _declared(text: str) -> tuple[str, Kind]:
    key, _equals, kind = text.partition("=")
    if not key or kind not in list(Kind):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not ATTRIBUTE=KIND, KIND one of {', '.join(Kind)}"
        )
    return key, Kind(kind)


def _reading(options: dict[str, Any]) -> Reading:
    return Reading(
        source=options["source"],
        columns=dict(options["column"]),
        declared=dict(options["declare"]),
        separator=options["separator"],
    )
