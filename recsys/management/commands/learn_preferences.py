"""Learn what draws each member now, and say from how much."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recsys.models import Preference
from recsys.preferences import worker as preferring


class Command(BaseCommand):
    """`manage.py learn_preferences`: what beat does every night, done now, by this process."""

    help = "Learns what draws each member from what they chose among what was shown, and counts their interest tags."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Learn, and say from how much and how long it took."""
        started = time.monotonic()
        try:
            fit = preferring.learn(timezone.now())
        except preferring.Underway as refusal:
            raise CommandError(str(refusal)) from refusal
        rows = Preference.objects.filter(fit=fit)
        told = rows.exclude(theta=[]).count()
        took = time.monotonic() - started
        self.stdout.write(
            f"What members have in common is learned from {fit.choices:,} choices of {fit.members:,} members. "
            f"Of {rows.count():,} members {told:,} chose enough to tell what draws them ({took:.1f} s)."
        )
