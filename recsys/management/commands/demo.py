"""Prepare the demo: data, people, first models, first blend, and the file that tells how to come in."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from curation.models import User
from feedback.rollups.stats import roll_up
from recsys.demo import (
    expectations,
    first_blend,
    loading,
    people,
    proposals,
    readiness,
    shelves,
    training,
)
from recsys.demo.client import Client
from recsys.embeddings import encoders
from recsys.embeddings import standing as embeddings

PARAMETERS: Final[dict[str, dict[str, Any]]] = {"dot": {"embedding_size": 64, "epochs": 3}}
"""What the first models have other than the defaults: a smaller one is ready sooner."""
SOMEBODY: Final = "1"
"""A member of the data set, with a history."""


class Command(BaseCommand):
    """`manage.py demo`: does what is missing, so that it may run at every start."""

    help = (
        "Loads the demo's films and ratings into an empty database, makes its users, trains and "
        "promotes first models, chooses the first blend, and writes demo.json."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the product answers."""
        own = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
        parser.add_argument("--url", default=own, help="where the web server listens")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Prepare the demo; fails where known logins are out of place or a step cannot be done."""
        if not settings.DEMO:
            raise CommandError("Known logins are for the demo only: start it with TANDEM_DEMO=1.")
        self._began = time.monotonic()
        self._url = options["url"]
        readiness.path().unlink(missing_ok=True)
        try:
            self._prepare()
        except (training.NotTrained, readiness.NotReady) as trouble:
            raise CommandError(str(trouble)) from trouble

    def _prepare(self) -> None:
        if loading.is_wanted():
            self._load()
        users = people.cast()
        people.define_segments(users["curator"])
        if training.missing():
            self._tell("first models: popularity, nearest items, EASE, dot product")
            training.train(users["operator"], PARAMETERS, self._tell)
        if first_blend.is_wanted():
            self._blend(users["curator"])
        if shelves.are_wanted():
            shelves.publish(users["curator"])
            self._tell("shelves: start, new, popular, something different")
        if expectations.are_wanted():
            expectations.add(users["curator"])
        self._open(people.renew_tokens(users))
        # The first slate was served, so that this may take its time.
        proposals.define_segment(users["curator"])
        if encoders.current().folder and embeddings.is_behind():
            embeddings.request(users["operator"])
            self._tell("asked for the items' texts to be embedded, for search by meaning")

    def _load(self) -> None:
        self._tell(f"{loading.load_items()} films")
        for progress in loading.load_interactions():
            self._tell(f"{progress.read} ratings, {progress.rejected} refused")
        roll_up()

    def _blend(self, curator: User) -> None:
        self._tell("choosing the first blend on validation")
        choice = first_blend.choose_first()
        first_blend.publish(choice, curator)
        self._tell(first_blend.reason(choice))

    def _open(self, tokens: dict[str, str]) -> None:
        slate = readiness.wait_for_slate(Client(self._url, tokens["client"]), SOMEBODY)
        self._tell(f"a fresh slate of {len(slate['placements'])} films was served")
        logins = {role: asdict(people.login_of(role)) for role in tokens}
        readiness.write({"url": self._url, "logins": logins, "tokens": tokens})

    def _tell(self, text: str) -> None:
        self.stdout.write(f"  [{time.monotonic() - self._began:5.1f} s] {text}")
        self.stdout.flush()
