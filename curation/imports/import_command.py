"""What the commands that import files have in common: their options, their progress, how they fail."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from curation.imports.importing import Rejects, UnreadableError
from curation.problems import Problem


class Step(Protocol):
    """How far an import has come."""

    @property
    def read(self) -> int:
        """Rows read."""

    @property
    def rejected(self) -> int:
        """Rows refused."""

    @property
    def share(self) -> float:
        """The share of the file."""


Reached = TypeVar("Reached", bound=Step)


class ImportCommand(BaseCommand):
    """A command that imports a file, row by row."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file and what every import can be told."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--source",
            default=settings.DEFAULT_SOURCE,
            help="whose outside ids the file holds (default: %(default)s)",
        )
        parser.add_argument("--rejects", type=Path, help="write refused rows (line, reason) here")
        parser.add_argument(
            "--dry-run", action="store_true", help="check everything, write nothing"
        )

    def follow(
        self, steps: Callable[[Rejects], Iterator[Reached]], rejects: Path | None
    ) -> Reached | None:
        """Tell the progress of an import as it goes; answers the last step.

        A file that cannot be read to its end fails the command; what came before is kept.
        """
        started = time.monotonic()
        step: Reached | None = None
        try:
            with ExitStack() as stack:
                for step in steps(stack.enter_context(Rejects(rejects))):
                    self._tell(step, started)
        except (UnreadableError, OSError, Problem, ValidationError) as error:
            read = step.read if step else 0
            raise CommandError(f"{error} Rows read before: {read}.") from error
        if step and step.rejected and rejects:
            self.stdout.write(f"The refused rows are in {rejects}.")
        return step

    def _tell(self, step: Step, started: float) -> None:
        rate = step.read / max(time.monotonic() - started, 1e-3)
        self.stdout.write(f"{step.share:4.0%}  {step.read:,} rows  {rate:,.0f} rows/s")


def add_column_argument(parser: CommandParser, column: Callable[[str], tuple[str, str]]) -> None:
    """Declare the option that names columns."""
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        type=column,
        metavar="FIELD=COLUMN",
        help="which column holds a field, where the names differ",
    )


def pair(text: str, *, names: tuple[str, ...] = ()) -> tuple[str, str]:
    """Read FIELD=COLUMN; the field must be one of the names, if there are any."""
    name, equals, column = text.partition("=")
    if not (name and equals and column) or (names and name not in names):
        among = f", FIELD one of {', '.join(names)}" if names else ""
        raise argparse.ArgumentTypeError(f"{text!r} is not FIELD=COLUMN{among}")
    return name, column
