"""manage.py lint: what is wrong, or probably not meant, in what is published or would be."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from curation.bodies.references import change_set_named
from curation.decisions.instants import read_instant
from curation.lint.inspections import Found, inspect, of_drafts, stops
from curation.models import Surface
from curation.problems import Invalid
from curation.queries.items import schema


class Command(BaseCommand):
    """One line for each finding; the exit status is 1 where one is so grave that a save would be refused."""

    help = (
        "Lint the published decisions, or the drafts of a change set as if they were published."
        " Level B would stop a save, W is a warning; a B makes the exit status 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which surface or change set, and when."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--surface", help="the surface; without it all of them")
        what.add_argument("--change-set", help="an open change set, by its name or id")
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
        found = _found(options, at)
        for row in found:
            self.stdout.write(_line(row))
        self.stdout.write(f"{len(found)} findings")
        if stops(found):
            sys.exit(1)


def _found(options: dict[str, Any], at: datetime) -> list[Found]:
    name = options["change_set"]
    if name is None:
        return inspect(_surfaces(options["surface"]), at)
    try:
        return of_drafts(change_set_named(name), at, schema())
    except Invalid as problem:
        raise CommandError(str(problem)) from problem


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
