"""Delete the files of model versions and runs that nothing can need any more."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.template.defaultfilters import filesizeformat

from recsys.runs import retention


class Command(BaseCommand):
    """`manage.py prune_artifacts [--dry-run]`: what the nightly task does."""

    help = (
        "Deletes artifacts, snapshots and checkpoints beyond their retention; rows stay and say so."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the dry run."""
        parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Delete, or say what would be."""
        pruned = retention.prune(dry_run=options["dry_run"])
        for version in pruned.versions:
            self.stdout.write(f"version {version}")
        for run in pruned.runs:
            self.stdout.write(f"data of run {run} ({run.pk})")
        for stray in pruned.strays:
            self.stdout.write(f"stray {stray}")
        done = "would be deleted" if options["dry_run"] else "deleted"
        self.stdout.write(f"{filesizeformat(pruned.bytes)} {done}")
