"""An API token of somebody, made from the terminal: for another shop, too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from curation import actions
from curation.ids import well_formed
from curation.models import User
from curation.models.access import Scope
from curation.problems import Problem

MOST_SOURCE: Final = 50


class Command(BaseCommand):
    """`manage.py make_token USER --scope ingest`: prints the token, which can be read this once."""

    help = "Makes an API token of a user and prints it; it cannot be read again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare whose it is, what it may do, and whose outside ids it speaks of."""
        parser.add_argument("user")
        parser.add_argument("--name", default="made from the terminal")
        parser.add_argument(
            "--source", default=settings.DEFAULT_SOURCE, help="default: %(default)s"
        )
        parser.add_argument(
            "--scope", action="append", choices=Scope.values, help="may be given several times"
        )
        parser.add_argument("--days", type=int, help="it expires then; without it never")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make it and print it."""
        source, days = options["source"], options["days"]
        if not well_formed(source) or len(source) > MOST_SOURCE:
            raise CommandError(f"A source has 1 to {MOST_SOURCE} printable characters.")
        if days is not None and days < 1:
            raise CommandError("A token lives at least one day.")
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {options['user']}.")
        try:
            _token, clear = actions.make_token(
                actor=user,
                name=options["name"],
                source=source,
                scopes=options["scope"] or [Scope.READ],
                expires_in=timedelta(days=days) if days else None,
            )
        except Problem as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(clear)
