"""Import interactions from a CSV or JSON lines file."""

from __future__ import annotations

import gc
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from curation.imports.import_command import ImportCommand, add_column_argument, pair
from curation.imports.importing import UnreadableError
from feedback.imports.importing import Progress, import_file, last_instant
from feedback.imports.reading import FIELDS, TRANSFORMS, Reading, weeks_to
from feedback.intake.parsing import KINDS
from feedback.rollups.stats import roll_up


class Command(ImportCommand):
    """`manage.py import_interactions FILE`: importing a file again adds only what is new in it."""

    help = (
        "Imports interactions from a .csv, .tsv or .jsonl file (or one of them .gz). Unknown members "
        "are made, unknown items refused. A row without an event id gets one made of its member, "
        "item, kind and instant, so the same file can be imported again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare how to read the file."""
        super().add_arguments(parser)
        add_column_argument(parser, partial(pair, names=FIELDS))
        parser.add_argument(
            "--kind", choices=sorted(KINDS), default="rating", help="of rows that do not say it"
        )
        parser.add_argument(
            "--rating-transform",
            choices=sorted(TRANSFORMS),
            default="none",
            help="halve reads ratings of 0 to 10 as 1 to 5 stars, lift half a star as one",
        )
        parser.add_argument(
            "--shift-to-last-week",
            action="store_true",
            help="move all instants by whole weeks, the last into the past seven days; "
            "the original instants are kept",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import the file, roll the statistics up and sum up."""
        # What is loaded by now lives on: not walking it at each collection saves a third of the time.
        gc.freeze()
        reading = _reading(options)
        steps = partial(import_file, options["file"], reading, dry_run=options["dry_run"])
        progress = self.follow(steps, options["rejects"]) or Progress()
        if not options["dry_run"]:
            roll_up()
        self.stdout.write(progress.told(dry_run=options["dry_run"]))


def _reading(options: dict[str, Any]) -> Reading:
    reading = Reading(
        source=options["source"],
        columns=dict(options["column"]),
        kind=options["kind"],
        transform=options["rating_transform"],
    )
    if not options["shift_to_last_week"]:
        return reading
    try:
        latest = last_instant(options["file"], reading)
    except (UnreadableError, OSError) as error:
        raise CommandError(str(error)) from error
    shift = weeks_to(timezone.now(), latest) if latest else timedelta()
    return Reading(reading.source, reading.columns, reading.kind, reading.transform, shift)
