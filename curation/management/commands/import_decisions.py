"""manage.py import_decisions: a file of decisions into a change set, all of them or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from curation import actions
from curation.actions import Imported
from curation.models import User
from curation.problems import Problem


class Command(BaseCommand):
    """Each fault is named by its position in the file; then nothing is kept."""

    help = "Draft the decisions of a file in a change set, and publish it if asked to."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which file, in whose name, and what becomes of it."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", required=True, help="the curator in whose name it is done")
        parser.add_argument("--change-set", required=True, help="the name of the change set")
        parser.add_argument("--reason", default="", help="why")
        parser.add_argument("--publish", action="store_true", help="publish the change set at once")
        parser.add_argument("--dry-run", action="store_true", help="only check; keep nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import it, or say why not."""
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']}.")
        try:
            done = _import(user, options)
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error}.") from error
        except Problem as problem:
            faults = (f"{each.get('field', '')}: {each['message']}" for each in problem.errors)
            raise CommandError("\n".join([str(problem), *faults])) from problem
        for finding in done.findings:
            self.stdout.write(f"{finding['field']}: {finding['message']}")
        act = "could be imported" if options["dry_run"] else "imported"
        self.stdout.write(f"{done.decisions} decisions {act}")


def _import(user: User, options: dict[str, Any]) -> Imported:
    return actions.import_decisions(
        actor=user,
        document=options["file"].read_bytes(),
        change_set=options["change_set"],
        live=options["publish"],
        dry_run=options["dry_run"],
        reason=options["reason"],
    )
