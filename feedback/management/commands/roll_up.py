"""Bring roll-ups up to date now, or build them anew."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from feedback.rollups.stats import roll_up


class Command(BaseCommand):
    """`manage.py roll_up [--rebuild]`: what beat does every minute, done now."""

    help = (
        "Counts again what changed since the last roll-up. With --rebuild counts every interaction "
        "and impression that is in the database, which gives the same figures; figures of months "
        "that were archived stay as they are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the one option."""
        parser.add_argument("--rebuild", action="store_true", help="count everything anew")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Roll up, and say how long it took."""
        started = time.monotonic()
        changed = roll_up(rebuild=options["rebuild"])
        took = time.monotonic() - started
        self.stdout.write(f"The statistics of {changed:,} items changed ({took:.1f} s).")
