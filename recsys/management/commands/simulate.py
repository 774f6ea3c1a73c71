"""Replay a change set, or a file of decisions, over logged requests, and say what it would change."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from curation import actions
from curation.actions import Trial
from curation.bodies.references import change_set_named
from curation.lint import Level
from curation.problems import Invalid, Problem
from recsys.models import Job, Simulation
from recsys.simulations import actions as simulation_actions
from recsys.simulations import worker as simulating
from recsys.simulations.actions import ASKED, MOST


class Command(BaseCommand):
    """`manage.py simulate WHAT`: done by this process, so that no worker need run; nothing is published or kept."""

    help = (
        "Replays the drafts of an open change set, or the decisions of a file as if it were published, over the latest"
        " logged requests. Of a file it says first what lint finds, by position; a finding of level B makes the exit"
        " status 1, as `lint` does. No draft is left behind."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare which set or file, over how much, and in which shape it is told."""
        parser.add_argument(
            "what", help="a file of decisions, or the name of an open change set, or its id"
        )
        parser.add_argument("--requests", type=int, default=ASKED, help="default: %(default)s")
        parser.add_argument("--with-simulated", action="store_true", help="count simulated members")
        parser.add_argument("--json", action="store_true", help="the whole report as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it and tell; fails where nothing can be replayed."""
        path = Path(options["what"])
        if path.is_file():
            self._file(path, options)
        elif path.suffix == ".json":
            raise CommandError(f"There is no file {path}.")
        else:
            self._change_set(options)

    def _change_set(self, options: Mapping[str, Any]) -> None:
        try:
            made = simulation_actions.request_simulation(
                change_set=change_set_named(options["what"]),
                actor=None,
                asked=options["requests"],
                simulated=options["with_simulated"],
                by_worker=False,
            )
        except (Invalid, simulation_actions.NotPossible) as refusal:
            raise CommandError(str(refusal)) from refusal
        simulating.execute(made.pk)
        done = Simulation.objects.get(pk=made.pk)
        if done.state != Job.State.SUCCEEDED:
            raise CommandError(f"{done.get_state_display()}. {done.error}")
        self._tell(done.report, done.report if options["json"] else None)

    def _file(self, path: Path, options: Mapping[str, Any]) -> None:
        if not 1 <= options["requests"] <= MOST:
            raise CommandError(f"Replay from 1 to {MOST} requests.")
        trial = _tried(path)
        whole = options["json"]
        for finding in () if whole else trial.findings:
            self.stdout.write("{level} {field} {code}: {message}".format(**finding))
        if not whole:
            self.stdout.write(f"{len(trial.drafts)} decisions, {len(trial.findings)} findings")
        report = self._replayed(trial, options)
        self._tell(report, {"findings": trial.findings, "report": report} if whole else None)
        if any(finding["level"] == Level.BLOCKS for finding in trial.findings):
            sys.exit(1)

    def _replayed(self, trial: Trial, options: Mapping[str, Any]) -> dict[str, Any]:
        try:
            told = simulating.replayed(
                trial.drafts,
                asked=options["requests"],
                simulated=options["with_simulated"],
                watch=lambda *_step: None,
            )
        except simulating.NotSimulable as refusal:
            raise CommandError(str(refusal)) from refusal
        return told.report

    def _tell(self, report: Mapping[str, Any], whole: Mapping[str, Any] | None) -> None:
        """The report in lines, or `whole` as JSON."""
        if whole is not None:
            text = json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=True, default=str)
            self.stdout.write(text)
            return
        for line in _lines(report):
            self.stdout.write(line)


def _tried(path: Path) -> Trial:
    try:
        return actions.try_decisions(path.read_bytes())
    except OSError as error:
        raise CommandError(f"The file cannot be read: {error}.") from error
    except Problem as problem:
        faults = (f"{each.get('field', '')}: {each['message']}" for each in problem.errors)
        raise CommandError("\n".join([str(problem), *faults])) from problem


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    share = report["changed"] / report["requests"]
    counts = f"{report['requests']} requests, {report['slates']} slates, {report['seconds']} s"
    yield f"{share:.1%} of slates change ({counts})"
    for each in (*report["winners"], *report["losers"]):
        change = each["after"] - each["before"]
        yield f"{change:+d} {each['title']} ({each['before']} to {each['after']})"
    yield _effect(report["effect"])


def _effect(told: Mapping[str, Any]) -> str:
    """The effect in one line."""
    if told["verdict"] == "cannot_tell":
        return f"effect: cannot tell ({told['why']}), support {told['support']:.0%}"
    gain = told["difference"]
    bounds = f"[{gain['low']:+.4f}, {gain['high']:+.4f}]"
    size = f"n = {told['n']}, effective {told['size']:.0f}"
    return f"effect: {told['verdict']}, good answers per placement {gain['mean']:+.4f} {bounds}, {size}"
