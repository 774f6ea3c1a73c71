"""Put a backup back into an empty data folder, or only check it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from recsys.config.backups.restoring import check, restore


class Command(BaseCommand):
    """`manage.py restore FILE`, while the product does not run."""

    help = "Restores a backup into an empty data folder or database; the product must not run."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what to restore and how."""
        parser.add_argument("source", type=Path, metavar="FILE")
        parser.add_argument(
            "--force",
            action="store_true",
            help="move what lies in the data folder aside, into a folder of its own",
        )
        parser.add_argument("--check", action="store_true", help="only say whether FILE is whole")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Restore, and tell what came back."""
        source, var = options["source"].absolute(), Path(settings.VAR_DIR)
        if options["check"]:
            with tempfile.TemporaryDirectory(prefix=".restore-", dir=source.parent) as name:
                held = check(source, Path(name))
        else:
            held = restore(source, var, os.environ, force=options["force"])
        rows, files = sum(held.tables.values()), len(held.files)
        done = "is whole" if options["check"] else f"is restored into {var}"
        self.stdout.write(f"{source} of {held.made_at} {done}: {rows} rows, {files} files")
        if not options["check"]:
            self.stdout.write("Start it with `make run`.")
