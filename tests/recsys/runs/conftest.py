"""The cast of runs: an operator, and versions of models with whole artifacts."""

from __future__ import annotations

import uuid

import numpy as np
import pytest

from feedback.actions import record
from feedback.models import Kind
from recsys.live.artifacts import artifact_path
from recsys.ml import artifact
from recsys.ml.configs import PopularityConfig
from recsys.ml.data.interactions import Vocabulary
from recsys.ml.scorers.popularity import Popularity
from recsys.models import Job, ModelVersion, Run, RunProgress, Schedule
from tests.factories import ItemFactory, MemberFactory, UserFactory
from tests.feedback.cast import told
from tests.recsys.runs.cast import SINCE

FIGURES = {"n": 9, "ndcg": 0.25, "ndcg_se": 0.01, "recall": 0.5, "hit_rate": 0.5}
PART = {"depth": 10, "catalogue": 3, "coverage": 0.5, "members": FIGURES, "newcomers": FIGURES}
REPORT = {part: {"last": PART, "all": PART} for part in ("validation", "test")}


@pytest.fixture
def operator(db):
    return UserFactory(username="operator", roles=["operator"], is_staff=True)


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.fixture
def make_run(db, operator):
    def make(family="popularity", state=Job.State.QUEUED, **fields):
        run = Run.objects.create(family=family, requested_by=operator, state=state, **fields)
        RunProgress.objects.create(run=run, stage="queued")
        return run

    return make


@pytest.fixture
def make_schedule(db, operator):
    def make(name="Nightly", since=SINCE, **times):
        times = times or {"every_hours": 24}
        return Schedule.objects.create(name=name, family="popularity", since=since, **times)

    return make


@pytest.fixture
def make_version(make_run):
    """A version of popularity, as a run leaves it; further ones get further numbers."""

    def make(report=REPORT):
        number = ModelVersion.objects.count() + 1
        run = make_run(state=Job.State.SUCCEEDED, report=report)
        version = ModelVersion(family="popularity", number=number, run=run, report=report)
        version.artifact = f"popularity/{version.id}/model"
        items = Vocabulary.of([uuid.UUID(int=place) for place in range(3)])
        scorer = Popularity(PopularityConfig(), items, np.arange(3, dtype=np.float32))
        facts = artifact.Facts("2026-01-01T00:00:00+00:00", "test")
        version.digest = artifact.save(artifact_path(version), scorer, facts)
        version.save(force_insert=True)
        return version

    return make


@pytest.fixture
def ratings(operator):
    """Forty members, half of whom like even films and half odd ones."""
    films = [ItemFactory() for _ in range(12)]
    events = []
    for place in range(40):
        member = MemberFactory()
        for at, film in enumerate(films[place % 2 :: 2]):
            event, minute = f"{place}-{at}", 24 * 60 * at + place
            events.append(told(member, event, Kind.RATING, film, 5, minute=minute))
    record(events, source="test")
