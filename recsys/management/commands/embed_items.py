"""Give items their vectors."""

from __future__ import annotations

import time
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recsys.embeddings import standing as embeddings
from recsys.models import EmbeddingJob, Job

POLL_S: Final = 1.0


class Command(BaseCommand):
    """`manage.py embed_items`: asks the bulk worker, and follows it."""

    help = (
        "Has the bulk worker embed the texts of items that are new or have changed, and follows it. "
        "From then on, changes of the catalogue are embedded by themselves."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare how long to stay."""
        parser.add_argument(
            "--no-wait", action="store_true", help="ask, and do not wait for the end"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Ask for the work; fails where it does."""
        job = embeddings.request()
        if not options["no_wait"]:
            job = self._followed(job)
        if job.state in (Job.State.FAILED, Job.State.CANCELLED):
            raise CommandError(f"{job.get_state_display()}. {job.error}")
        told = embeddings.coverage()
        self.stdout.write(f"{told.embedded} of {told.active} items embedded by {told.encoder}")

    def _followed(self, job: EmbeddingJob) -> EmbeddingJob:
        told = ""
        while job.state in Job.OPEN:
            time.sleep(POLL_S)
            job.refresh_from_db()
            if (now := f"{job.get_state_display()}: {job.done} of {job.total}") != told:
                told = now
                self.stdout.write(told)
        return job
