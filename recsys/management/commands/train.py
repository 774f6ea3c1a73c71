"""Launch a run from the terminal and follow it to its end."""

from __future__ import annotations

import json
import time
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recsys.ml.configuration import ConfigError
from recsys.ml.families.registry import FAMILIES
from recsys.models import Job, Run
from recsys.runs import actions
from recsys.runs import words as run_words

PAUSE_S: Final = 0.5


class Command(BaseCommand):
    """`manage.py train FAMILY [--set NAME=VALUE …]`: asks as the pages do; a training worker does it."""

    help = "Launches a run of one family through the training worker and follows it to its end."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the family and its settings."""
        parser.add_argument("family", choices=list(FAMILIES))
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a setting of the family, its value as JSON; may be given several times",
        )
        parser.add_argument("--note", default="", help="for whoever reads the run later")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Launch and follow; fails where the run does."""
        parameters = dict(map(_setting, options["set"]))
        try:
            run = actions.request_run(
                family=options["family"], parameters=parameters, actor=None, note=options["note"]
            )
        except ConfigError as error:
            raise CommandError(str(error)) from error
        self._follow(run)

    def _follow(self, run: Run) -> None:
        told = ""
        while run.state in Job.OPEN:
            time.sleep(PAUSE_S)
            run = Run.objects.select_related("progress", "version").get(pk=run.pk)
            if (stage := run_words.stage_of(run.progress)) != told:
                told = stage
                self.stdout.write(told)
        if run.state != Job.State.SUCCEEDED:
            why = run_words.failure_of(run) or ""
            raise CommandError(f"{run.get_state_display()}. {why}")
        figures = run.report["test"]["last"]["members"]
        self.stdout.write(
            f"{run.version} {run.version.id}: NDCG@10 {figures['ndcg']:.4f} ± {figures['ndcg_se']:.4f} "
            f"on test (n = {figures['n']})"
        )


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise CommandError(f"{text!r} is not NAME=VALUE.")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
