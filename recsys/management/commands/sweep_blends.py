"""Score a grid of blends of a surface, and print what is worth choosing from."""

from __future__ import annotations

import time
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from curation.models import Surface
from recsys.blend_sweeps import actions as blend_sweep_actions
from recsys.blend_sweeps import cards as blend_sweep_cards
from recsys.blend_sweeps import worker as blend_sweeps
from recsys.blend_sweeps.cards import Row
from recsys.models import BlendSweep, Job

PAUSE_S: Final = 0.5
HEAD: Final = "NDCG@10                    gain     recall  coverage  novelty  blend"


class Command(BaseCommand):
    """`manage.py sweep_blends --surface SLUG`: done by this process, so that no worker need run; nothing is drafted."""

    help = "Scores a grid of blends of a surface on what members turned to since the models learnt."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the surface, and how much of the grid is printed."""
        parser.add_argument("--surface", required=True, metavar="SLUG")
        parser.add_argument("--all", action="store_true", help="every point, not the front alone")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it and tell; fails where the sweep does."""
        surface = Surface.objects.filter(pk=options["surface"]).first()
        if surface is None:
            raise CommandError(f"There is no surface {options['surface']}.")
        try:
            made = blend_sweep_actions.request_sweep(surface=surface, actor=None, by_worker=False)
        except blend_sweep_actions.NotPossible as refusal:
            raise CommandError(str(refusal)) from refusal
        blend_sweeps.execute(made.pk)
        made.refresh_from_db()
        while made.state in Job.OPEN:  # a worker was quicker
            time.sleep(PAUSE_S)
            made.refresh_from_db()
        self._tell(made, everything=options["all"])

    def _tell(self, made: BlendSweep, *, everything: bool) -> None:
        card = blend_sweep_cards.card_of(made)
        if card is None:
            raise CommandError(f"{made.get_state_display()}. {made.error}")
        self.stdout.write(HEAD)
        for row in card.rows if everything else card.front:
            self.stdout.write(_line(row))
        n, judged = len(card.rows), made.report["judged_on"]
        self.stdout.write(f"{n} blends, n = {judged} members, {made.report['items']} items")
        self.stdout.write(f"Sweep {made.pk}")


def _line(row: Row) -> str:
    told = row.told
    rank = told["ndcg"]
    figures = (
        f"{rank['mean']:.4f} [{rank['low']:.4f}, {rank['high']:.4f}] {told['gain']['mean']:+.4f}   "
        f"{told['recall']:.4f}  {told['coverage']:8.1%}  {told['novelty']:7.2f}"
    )
    marks = ["front"] if told["front"] else []
    noted = ", ".join([*marks, *told["marks"]])
    return f"{figures}  {row.blend} ({noted})" if noted else f"{figures}  {row.blend}"
