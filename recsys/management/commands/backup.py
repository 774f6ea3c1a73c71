"""Back the installation up into one file, while it runs."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from recsys.config.backups.making import back_up, name_at


class Command(BaseCommand):
    """`manage.py backup DIR|FILE`: the database and the models, in one state."""

    help = "Writes the database and the models to one file; the product may run meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare where to and what else."""
        parser.add_argument(
            "target", type=Path, metavar="DIR|FILE", help="a folder, or the file to make"
        )
        parser.add_argument(
            "--with-secret",
            action="store_true",
            help="put the key in that signs sessions; without it, people sign in again after a restore",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the file and tell what it holds."""
        target = _file(options["target"])
        # The run-time role may not read the sequences.
        url = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
        held = back_up(url, Path(settings.VAR_DIR), target, secret=options["with_secret"])
        size_mb = target.stat().st_size / 2**20
        rows, files = sum(held.tables.values()), len(held.files)
        self.stdout.write(f"{target}: {rows} rows, {files} files, {size_mb:.1f} MB")
        for path in held.absent:
            self.stderr.write(f"{path} is not on the disk, so it is not in the backup.")


def _file(target: Path) -> Path:
    target = target.absolute()
    if target.is_dir():
        target /= name_at(datetime.now(UTC))
    if target.exists():
        raise CommandError(f"{target} is there already. Choose another name.")
    if not target.parent.is_dir():
        raise CommandError(f"There is no folder {target.parent}.")
    return target
