"""Bring roll-ups up to date now, or build them anew."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from feedback.rollups import behaviour, stats


class Command(BaseCommand):
    """`manage.py roll_up [--rebuild]`: what beat has done every minute and oftener, done now."""

    help = (
        "Counts again what changed since the last roll-up: reports, items and the behaviour of members. "
        "With --rebuild counts every interaction and impression that is in the database, which gives "
        "the same figures; figures of months that were archived stay as they are, except those of "
        "members, which are of what the database holds."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the one option."""
        parser.add_argument("--rebuild", action="store_true", help="count everything anew")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Roll up, and say how long it took."""
        started = time.monotonic()
        changed = stats.roll_up(rebuild=options["rebuild"])
        behaviour.profile_items()
        counted = behaviour.roll_up(rebuild=options["rebuild"])
        took = time.monotonic() - started
        self.stdout.write(
            f"The statistics of {changed:,} items changed; the behaviour of {counted:,} members was "
            f"counted ({took:.1f} s)."
        )
