"""Put an archived month of feedback back into the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from feedback.keeping import retention
from feedback.keeping.archives import ArchiveError


class Command(BaseCommand):
    """`manage.py restore_feedback FILE|MANIFEST`: the month of this archive, with what stands beside it."""

    help = (
        "Checks the archives of a month, interactions and impressions, and puts their rows back. "
        "Rows that are there already stay; doing it again adds nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file."""
        parser.add_argument("file", type=Path, metavar="FILE|MANIFEST")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Restore, and say how many rows came back."""
        try:
            restored = retention.restore(options["file"])
        except ArchiveError as error:
            raise CommandError(str(error)) from error
        for path, rows in restored.items():
            self.stdout.write(f"{path.name}: {rows:,} rows put back")
