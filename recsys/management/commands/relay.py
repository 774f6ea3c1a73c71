"""Publish the outbox until stopped."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from recsys.workers import relay


class Command(BaseCommand):
    """The relay process."""

    help = "Publish the tasks that the outbox holds, until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        relay.run(lambda: self._say("relay ready"), stop.is_set)

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
