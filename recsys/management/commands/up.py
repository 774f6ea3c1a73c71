"""`manage.py up`: everything under one supervisor."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from recsys.config.supervisor.up import up


class Command(BaseCommand):
    """Run the whole product on this machine until Ctrl-C."""

    help = "Runs the whole product on this machine: services, web, workers; Ctrl-C stops it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--with-parent", action="store_true", help="stop when the starting process ends"
        )

    def handle(self, **options: Any) -> None:
        sys.exit(up(with_parent=options["with_parent"]))
