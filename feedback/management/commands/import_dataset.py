"""Import a published data set: its items, its members, then its interactions."""

from __future__ import annotations

import argparse
import gc
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser

from curation.imports import item_files, member_files
from curation.imports.import_command import ImportCommand
from curation.imports.importing import UnreadableError
from curation.imports.row_files import Progress
from feedback.imports import importing
from feedback.imports.bundles import SPREAD, Dataset, Terms
from feedback.imports.datasets import opened
from feedback.imports.reading import Scale
from feedback.rollups.stats import roll_up

_KINDS: Final = ("click", "favourite", "like", "purchase", "share", "view")
_MOST_DAYS: Final = 3650


class Command(ImportCommand):
    """`manage.py import_dataset PATH`: MovieLens or RecBole files, in a folder or a zip archive."""

    help = (
        "Imports a data set in the layout of MovieLens (ratings and movies, .csv or .dat, or u.data and "
        "u.item, with members of users.dat or u.user) or of RecBole (.inter, with or without .item and "
        ".user) from a folder or a zip archive. Importing it again adds only what is new. Refused rows of "
        "items and of members go to files beside that of interactions."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be stated of a data set."""
        super().add_arguments(parser)
        parser.add_argument(
            "--rating-range",
            nargs=2,
            type=float,
            metavar=("LEAST", "MOST"),
            help="what ratings run from and to, read evenly as 1 to 5 stars by halves; unsaid, up to 5 they "
            "are stars and up to 10 they are halved",
        )
        parser.add_argument(
            "--kind",
            choices=_KINDS,
            default="click",
            help="what interactions without a rating are (default: %(default)s)",
        )
        parser.add_argument(
            "--occurred-at",
            type=_instant,
            metavar="INSTANT",
            help="when the last interaction of a file without timestamps happened, with its zone "
            "(default: when the file was written)",
        )
        parser.add_argument(
            "--spread-days",
            type=int,
            default=SPREAD.days,
            help="over so many days before it these are spread by chance (default: %(default)s)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import items, members and interactions, roll up and sum up."""
        gc.freeze()
        try:
            with opened(options["file"], _terms(options)) as found:
                self._import(found, dry_run=options["dry_run"], rejects=options["rejects"])
        except UnreadableError as error:
            raise CommandError(str(error)) from error

    def _import(self, found: Dataset, *, dry_run: bool, rejects: Path | None) -> None:
        for note in found.notes:
            self.stdout.write(note)
        steps = partial(
            item_files.import_file, found.items.path, found.items.reading, dry_run=dry_run
        )
        items = self.follow(steps, _beside(rejects, "items")) or Progress()
        self.stdout.write(f"Items: {items}")
        if found.members:
            steps = partial(
                member_files.import_file, found.members.path, found.members.reading, dry_run=dry_run
            )
            members = self.follow(steps, _beside(rejects, "members")) or Progress()
            self.stdout.write(f"Members: {members}")
        told = partial(
            importing.import_file,
            found.interactions,
            found.interaction_reading,
            dry_run=dry_run,
            coming=items.fresh,
        )
        done = self.follow(told, rejects) or importing.Progress()
        if not dry_run:
            roll_up()
        note = " Nothing was written." if dry_run else ""
        self.stdout.write(f"Interactions: {done.told(dry_run=dry_run)}{note}")


def _terms(options: dict[str, Any]) -> Terms:
    if not 0 <= options["spread_days"] <= _MOST_DAYS:
        raise CommandError(f"--spread-days is 0 to {_MOST_DAYS}.")
    return Terms(
        source=options["source"],
        scale=_scale(options["rating_range"]),
        kind=options["kind"],
        latest=options["occurred_at"],
        spread=timedelta(days=options["spread_days"]),
    )


def _scale(told: list[float] | None) -> Scale | None:
    if told is None:
        return None
    least, most = told
    if not -1e9 <= least < most <= 1e9:
        raise CommandError(f"--rating-range: {least:g} must be less than {most:g}.")
    return Scale(least, most)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no instant with a zone such as 2024-01-31T12:00:00+00:00"
        )
    return instant


def _beside(rejects: Path | None, what: str) -> Path | None:
    return rejects and rejects.with_name(f"{what}-{rejects.name}")
