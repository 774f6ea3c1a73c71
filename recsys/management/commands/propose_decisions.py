"""Look through the evidence for decisions to propose, and say what came of it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recsys.models import Job, ProposalRound
from recsys.proposals import actions as proposal_actions
from recsys.proposals import rounds as proposal_rounds
from recsys.proposals import words as proposal_words
from recsys.proposed.standing import Standing, decisions, standing_in


class Command(BaseCommand):
    """`manage.py propose_decisions`: done by this process, so that no worker need run; nothing is decided."""

    help = "Looks for decisions that evidence speaks for. Curators decide on them at the desk."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do it and tell; fails where the round does."""
        made = proposal_actions.request_round(actor=None, by_worker=False)
        proposal_rounds.execute(made.pk)
        made = ProposalRound.objects.get(pk=made.pk)
        if made.state != Job.State.SUCCEEDED:
            raise CommandError(f"{made.get_state_display()}. {made.error}")
        report = made.report
        self.stdout.write(
            f"{report['proposed']} proposed, {report['renewed']} renewed, {report['withdrawn']} withdrawn"
        )
        rows = list(standing_in(decisions(timezone.now()), Standing.OPEN).order_by("pk"))
        titles = proposal_words.titles(rows)
        for row in rows:
            self.stdout.write(f"{titles[row.pk]}. {proposal_words.evidence(row)}")
