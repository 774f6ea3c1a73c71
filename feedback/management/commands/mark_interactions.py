"""Apply the cleaning rules now, or say that a member is a robot."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from curation.people.members import resolve
from feedback.folding.states import note_robot
from feedback.keeping.cleaning import mark


class Command(BaseCommand):
    """`manage.py mark_interactions [--since DAY] [--robot MEMBER]`: what beat does, over all that is kept."""

    help = "Marks floods, impossible dwell and robots, so that they stay out of training and rates."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--since", help="only what came since this day, YYYY-MM-DD")
        parser.add_argument("--robot", help="outside id of a member who is a robot")
        parser.add_argument("--source", default=settings.DEFAULT_SOURCE, help="source of that id")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Mark, and say how much."""
        since = _day(options["since"]) if options["since"] else None
        if options["robot"]:
            member = resolve(options["source"], options["robot"])
            if member is None:
                raise CommandError(f"there is no member {options['robot']} of {options['source']}")
            note_robot(member.subject)
        for rule, count in mark(since).items():
            self.stdout.write(f"{rule.label}: {count:,} marked")


def _day(text: str) -> datetime:
    try:
        return timezone.make_aware(datetime.fromisoformat(text))
    except ValueError as error:
        raise CommandError(f"--since takes a day such as 2025-12-31, not {text!r}") from error
