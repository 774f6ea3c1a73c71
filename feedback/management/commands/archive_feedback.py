"""Archive and drop old months of feedback now, or say which would go."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from feedback.keeping import retention
from feedback.keeping.archives import ArchiveError


class Command(BaseCommand):
    """`manage.py archive_feedback [--months N] [--dry-run]`: what the nightly task does."""

    help = (
        "Exports months of interactions and impressions beyond the retention to Parquet, verifies the "
        "files, and drops the months. Without --months as configured; by default nothing goes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare how much stays, and the dry run."""
        parser.add_argument(
            "--months", type=int, help="how many months stay besides the present one"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Archive, or say what would be."""
        dry_run = options["dry_run"]
        try:
            found = retention.apply(timezone.now(), keep=options["months"], dry_run=dry_run)
        except ArchiveError as error:
            raise CommandError(str(error)) from error
        for month in found:
            self.stdout.write(f"{month:%Y-%m}")
        done = "would be archived" if dry_run else "archived"
        self.stdout.write(f"{len(found)} months {done}")
