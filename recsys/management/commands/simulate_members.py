"""Let simulated, labelled members use the running product over HTTP."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser

from feedback.models import Interaction
from recsys.demo import proposals, readiness, simulation
from recsys.demo.client import Client, NoAnswer


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
            help="do nothing where simulated members have been before",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Let them come; fails where the product does not answer."""
        if not (1 <= options["members"] <= 1_000 and 1 <= options["rounds"] <= 1_000):
            raise CommandError("Between 1 and 1,000 members, and between 1 and 1,000 rounds.")
        if options["once"] and Interaction.objects.filter(simulated=True).exists():
            return
        os.nice(10)  # whoever is really there comes first
        client = _client()
        chance = np.random.default_rng(options["seed"])
        members = simulation.cast(options["members"], chance)
        try:
            brought = list(simulation.rounds(client, members, options["rounds"], chance))
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
