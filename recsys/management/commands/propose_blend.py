"""Ask for a blend to be proposed, and say what came of it."""

from __future__ import annotations

import time
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from curation.models import Surface
from recsys.models import BlendProposal, Job
from recsys.proposals import actions as proposal_actions

PAUSE_S: Final = 0.5


class Command(BaseCommand):
    """`manage.py propose_blend --surface SLUG`: a bulk worker does it; nothing is switched on."""

    help = "Has a blend proposed for a surface and waits for it. Curators decide on it at the desk."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the surface."""
        parser.add_argument("--surface", required=True, metavar="SLUG")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Ask and wait; fails where the proposal does."""
        surface = Surface.objects.filter(pk=options["surface"]).first()
        if surface is None:
            raise CommandError(f"There is no surface {options['surface']}.")
        try:
            proposal = proposal_actions.request_proposal(surface=surface, actor=None)
        except proposal_actions.NotPossible as refusal:
            raise CommandError(str(refusal)) from refusal
        while proposal.state in Job.OPEN:
            time.sleep(PAUSE_S)
            proposal = BlendProposal.objects.get(pk=proposal.pk)
        self._tell(proposal)

    def _tell(self, proposal: BlendProposal) -> None:
        if proposal.state != Job.State.SUCCEEDED:
            raise CommandError(f"{proposal.get_state_display()}. {proposal.error}")
        weights, report = proposal.blend["weights"], proposal.report
        for name in sorted(weights, key=lambda name: -weights[name]):
            scale = proposal.blend["scales"][name]
            self.stdout.write(f"{name}: {weights[name]} on {scale}")
        for told in ("over_present", "over_best"):
            gain = report[told]
            self.stdout.write(
                f"NDCG@10 {told.replace('_', ' the ')}: {gain['mean']:+.4f} "
                f"[{gain['low']:+.4f}, {gain['high']:+.4f}], n = {gain['n']}"
            )
        self.stdout.write(f"Proposal {proposal.id}")
