"""manage.py lint: what is wrong, or probably not meant, in what is published."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from curation.inspections import Found, inspect, stops
from curation.instants import read_instant
from curation.models import Surface
from curation.problems import Invalid


class Command(BaseCommand):
    """One line for each finding; the exit status is 1 where one is so grave that a save would be refused."""

    help = "Lint the published decisions. Level B would stop a save, W is a warning; a B makes the exit status 1."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which surface, and when."""
        parser.add_argument("--surface", help="the surface; without it all of them")
        parser.add_argument(
            "--at", help="the instant, as in 2026-03-29T09:00+01:00; without it now"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what is found."""
        at = timezone.now()
        if options["at"]:
            try:
                at = read_instant(options["at"])
            except Invalid as problem:
                raise CommandError(str(problem)) from problem
        found = inspect(_surfaces(options["surface"]), at)
        for row in found:
            self.stdout.write(_line(row))
        self.stdout.write(f"{len(found)} findings")
        if stops(found):
            sys.exit(1)


def _surfaces(slug: str | None) -> list[Surface]:
    rows = Surface.objects.order_by("slug")
    found = list(rows.filter(slug=slug) if slug else rows)
    if not found:
        known = ", ".join(rows.values_list("slug", flat=True))
        raise CommandError(f"There is no surface {slug}; there are: {known}.")
    return found


def _line(row: Found) -> str:
    told = row.as_json()
    other = f" (see {told['other']})" if "other" in told else ""
    place = f"{told['level']} {told['surface']} {told['kind']} {told['decision']}"
    return f"{place} {told['code']}: {told['text']}{other}"
