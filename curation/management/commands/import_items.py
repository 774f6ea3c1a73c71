"""Import items from a CSV or JSON lines file."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from django.core.management.base import CommandParser

from curation.fusion.columns import Kind
from curation.imports.import_command import ImportCommand, add_column_argument, pair
from curation.imports.item_files import Progress, Reading, import_file


class Command(ImportCommand):
    """`manage.py import_items FILE`: importing a file again changes only what is new in it."""

    help = (
        "Imports items from a .csv, .tsv or .jsonl file (or one of them .gz), by their outside ids. "
        "Columns named as fields of an item or as declared attributes are read, others left out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare how to read the file."""
        super().add_arguments(parser)
        add_column_argument(parser, pair)
        parser.add_argument(
            "--declare",
            action="append",
            default=[],
            type=_declared,
            metavar="ATTRIBUTE=KIND",
            help=f"declare an attribute that the file brings; kinds: {', '.join(Kind)}",
        )
        parser.add_argument(
            "--separator", default="|", help="between the tags in a text (default: %(default)s)"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import the file and sum up."""
        steps = partial(import_file, options["file"], _reading(options), dry_run=options["dry_run"])
        progress = self.follow(steps, options["rejects"]) or Progress()
        note = " Nothing was written." if options["dry_run"] else ""
        self.stdout.write(f"{progress}{note}")


def _declared(text: str) -> tuple[str, Kind]:
    key, _equals, kind = text.partition("=")
    if not key or kind not in list(Kind):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not ATTRIBUTE=KIND, KIND one of {', '.join(Kind)}"
        )
    return key, Kind(kind)


def _reading(options: dict[str, Any]) -> Reading:
    return Reading(
        source=options["source"],
        columns=dict(options["column"]),
        declared=dict(options["declare"]),
        separator=options["separator"],
    )
