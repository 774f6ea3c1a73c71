"""The cast of proposals: feedback of two tastes, and live models of which older artifacts are kept."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from curation import installation
from feedback.actions import record
from feedback.learning import export
from feedback.models import Kind
from recsys.live.artifacts import newest_first
from recsys.ml import artifact
from recsys.ml.data.interactions import Vocabulary
from recsys.ml.data.tables import read_table
from recsys.ml.families import registry
from recsys.ml.scorer import Training
from recsys.ml.splits.temporal import temporal_cuts
from recsys.models import Job, ModelVersion, Run
from recsys.runs import promotion
from tests.factories import ItemFactory, MemberFactory, UserFactory
from tests.feedback.cast import told


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.fixture
def operator(db):
    installation.ensure()
    return UserFactory(username="operator", roles=["operator"], is_staff=True)


@pytest.fixture
def curator(operator):
    return UserFactory(username="curator", roles=["curator"], is_staff=True)


@pytest.fixture
def ratings(operator):
    """Sixty members of two tastes; they take one film a day."""
    films = [ItemFactory() for _ in range(20)]
    events = []
    for place in range(60):
        member = MemberFactory()
        own = films[place % 2 :: 2]
        for at in range(8):
            event, minute = f"{place}-{at}", 24 * 60 * at + 7 * place
            events.append(
                told(member, event, Kind.RATING, own[(at + place) % 10], 5, minute=minute)
            )
    record(events, source="test")
    return films


@pytest.fixture
def interactions(ratings, tmp_path):
    export.snapshot(tmp_path / "all.parquet")
    return read_table(pq.read_table(tmp_path / "all.parquet"))


@pytest.fixture
def go_live(operator, interactions, ratings):
    """Fit a family before each cut and on everything, and make it live."""

    def make(family, cuts=None, facts=True):
        cuts = cuts or temporal_cuts(interactions)
        run = Run.objects.create(family=family, state=Job.State.SUCCEEDED)
        version = ModelVersion(
            family=family,
            number=ModelVersion.objects.count() + 1,
            run=run,
            artifact=f"{family}/{run.id}-1/model",
        )
        catalogue = Vocabulary.of(sorted(each.id for each in ratings))
        learn, config = registry.learner_of(family), registry.parse_config(family, {})
        parts = (
            interactions,
            interactions.before(cuts.test),
            interactions.before(cuts.validation),
        )
        for folder, learnt in zip(newest_first(version), parts, strict=True):
            made = artifact.Facts.of(learnt, "2026-01-01T00:00:00+00:00", "test", {})
            plain = artifact.Facts("2026-01-01T00:00:00+00:00", "test")
            digest = artifact.save(
                folder, learn(config, learnt, catalogue, Training()), made if facts else plain
            )
            version.digest = version.digest or digest
        version.save(force_insert=True)
        promotion.flip(version, actor=operator, reason="better", rolls_back=False)
        return version

    return make


@pytest.fixture
def live(go_live):
    """Two families that serve."""
    return [go_live("popularity"), go_live("item_knn")]
