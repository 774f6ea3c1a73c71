"""manage.py export_decisions: the decisions in force, or the drafts of a change set, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from curation.bodies.references import change_set_named, surface_named
from curation.policies.files import export
from curation.problems import Problem


class Command(BaseCommand):
    """The same decisions always give the same bytes."""

    help = "Write decisions as JSON, in outside ids, to a file or to the standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which decisions, and where to."""
        parser.add_argument("--surface", help="those of one surface and of everywhere")
        parser.add_argument(
            "--change-set", help="the drafts of the open change set of this name or id"
        )
        parser.add_argument("--output", type=Path, help="the file; without it the standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write them."""
        name = options["change_set"]
        try:
            body = export(
                surface=surface_named(options["surface"]),
                change_set=change_set_named(name) if name else None,
            )
        except Problem as problem:
            raise CommandError(str(problem)) from problem
        if options["output"]:
            options["output"].write_bytes(body)
        else:
            self.stdout.write(body.decode(), ending="")
