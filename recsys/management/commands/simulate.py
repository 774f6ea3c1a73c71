"""Replay a change set over logged requests, and say what it would change."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from curation.bodies.references import change_set_named
from curation.problems import Invalid
from recsys.models import Job, Simulation
from recsys.simulations import actions as simulation_actions
from recsys.simulations import worker as simulating
from recsys.simulations.actions import ASKED


class Command(BaseCommand):
    """`manage.py simulate CHANGE_SET`: done by this process, so that no worker need run; nothing is published."""

    help = "Replays the drafts of an open change set over the latest logged requests."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare which set, over how much, and in which shape it is told."""
        parser.add_argument("change_set", help="the name of an open change set, or its id")
        parser.add_argument("--requests", type=int, default=ASKED, help="default: %(default)s")
        parser.add_argument("--with-simulated", action="store_true", help="count simulated members")
        parser.add_argument("--json", action="store_true", help="the whole report as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it and tell; fails where nothing can be replayed."""
        try:
            made = simulation_actions.request_simulation(
                change_set=change_set_named(options["change_set"]),
                actor=None,
                asked=options["requests"],
                simulated=options["with_simulated"],
                by_worker=False,
            )
        except (Invalid, simulation_actions.NotPossible) as refusal:
            raise CommandError(str(refusal)) from refusal
        simulating.execute(made.pk)
        self._tell(Simulation.objects.get(pk=made.pk), whole=options["json"])

    def _tell(self, made: Simulation, *, whole: bool) -> None:
        if made.state != Job.State.SUCCEEDED:
            raise CommandError(f"{made.get_state_display()}. {made.error}")
        report = made.report
        if whole:
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2, sort_keys=True))
            return
        share = report["changed"] / report["requests"]
        counts = f"{report['requests']} requests, {report['slates']} slates, {report['seconds']} s"
        self.stdout.write(f"{share:.1%} of slates change ({counts})")
        for each in (*report["winners"], *report["losers"]):
            change = each["after"] - each["before"]
            self.stdout.write(f"{change:+d} {each['title']} ({each['before']} to {each['after']})")
        self.stdout.write(_effect(report["effect"]))


def _effect(told: dict[str, Any]) -> str:
    """The effect in one line."""
    if told["verdict"] == "cannot_tell":
        return f"effect: cannot tell ({told['why']}), support {told['support']:.0%}"
    gain = told["difference"]
    bounds = f"[{gain['low']:+.4f}, {gain['high']:+.4f}]"
    size = f"n = {told['n']}, effective {told['size']:.0f}"
    return f"effect: {told['verdict']}, good answers per placement {gain['mean']:+.4f} {bounds}, {size}"
