"""`manage.py migrate`: Django's own in a third of its time."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate

from recsys.config.migrating import rendered_alone


class Command(migrate.Command):
    """Bring the database to the migrations at hand."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Django's own, and whether to go its way."""
        super().add_arguments(parser)
        parser.add_argument(
            "--whole",
            action="store_true",
            help="Render all related models after each operation, as Django itself does.",
        )

    def handle(self, *args: Any, whole: bool = False, **options: Any) -> None:
        """Migrate."""
        with nullcontext() if whole else rendered_alone():
            super().handle(*args, **options)
