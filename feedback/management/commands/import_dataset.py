"""Import a published data set: its items, then its interactions."""

from __future__ import annotations

import gc
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from curation.imports import item_files
from curation.imports.import_command import ImportCommand
from curation.imports.importing import UnreadableError
from feedback.imports import importing
from feedback.imports.datasets import opened
from feedback.rollups.stats import roll_up


class Command(ImportCommand):
    """`manage.py import_dataset PATH`: MovieLens or RecBole files, in a folder or a zip archive."""

    help = (
        "Imports a data set in the layout of MovieLens (ratings and movies, .csv or .dat, or "
        "u.data and u.item) or of RecBole (.inter, with or without .item) from a folder or a zip "
        "archive. Importing it again adds only what is new. Refused rows of items go to a file "
        "beside that of interactions. A dry run refuses interactions with items that are not "
        "there yet."
    )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import items, then interactions, roll up and sum up."""
        gc.freeze()
        dry_run, rejects = options["dry_run"], options["rejects"]
        try:
            with opened(options["file"], options["source"]) as found:
                steps = partial(
                    item_files.import_file, found.items, found.item_reading, dry_run=dry_run
                )
                items = self.follow(steps, _beside(rejects)) or item_files.Progress()
                self.stdout.write(f"Items: {items}")
                told = partial(
                    importing.import_file,
                    found.interactions,
                    found.interaction_reading,
                    dry_run=dry_run,
                )
                done = self.follow(told, rejects)
        except UnreadableError as error:
            raise CommandError(str(error)) from error
        if not dry_run:
            roll_up()
        if done:
            self.stdout.write(f"Interactions: {done.told(dry_run=dry_run)}")


def _beside(rejects: Path | None) -> Path | None:
    return rejects and rejects.with_name(f"items-{rejects.name}")
