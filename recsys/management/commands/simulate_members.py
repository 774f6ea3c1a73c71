"""Let simulated, labelled members use the running product over HTTP."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser

from feedback.models import Impression
from recsys.demo import proposals, readiness, simulation
from recsys.demo.client import Client, NoAnswer
from recsys.models import ProposalRound


class Command(BaseCommand):
    """`manage.py simulate_members`: needs the running demo, whose address and token it finds in demo.json."""

    help = (
        "Lets simulated members ask for slates and answer them over the HTTP API, so that reports "
        "are not empty, and has decisions proposed on it. Their traffic is labelled and stays out of training."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare how many, how often, and by which chance."""
        parser.add_argument("--members", type=int, default=40, help="default: %(default)s")
        parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
        parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
        parser.add_argument(
            "--once",
            action="store_true",
            help="go on after the visits that there have been, and do nothing where that is all of them",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Let them come; fails where the product does not answer."""
        if not (1 <= options["members"] <= 1_000 and 1 <= options["rounds"] <= 1_000):
            raise CommandError("Between 1 and 1,000 members, and between 1 and 1,000 rounds.")
        wanted = options["members"] * options["rounds"]
        been = Impression.objects.filter(simulated=True).count() if options["once"] else 0
        if been >= wanted and ProposalRound.objects.exists():
            return
        os.nice(10)  # whoever is really there comes first
        client = _client()
        chance = np.random.default_rng(options["seed"])
        members = simulation.cast(options["members"], chance) * options["rounds"]
        try:
            brought = list(simulation.visits(client, members[been:], chance))
        except NoAnswer as error:
            raise CommandError(f"The product does not answer: {error}") from error
        self.stdout.write(f"{len(brought)} simulated visits, {sum(brought)} interactions.")
        proposals.ask()


def _client() -> Client:
    try:
        told = json.loads(readiness.path().read_text())
    except FileNotFoundError:
        raise CommandError(f"{readiness.path()} is not there: start the demo first.") from None
    return Client(told["url"], told["tokens"]["client"])
