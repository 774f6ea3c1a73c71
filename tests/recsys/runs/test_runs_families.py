"""Each family from a launch to a version that scores, in a child of the worker."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

from curation.models import Embedding, Item
from recsys.embeddings import encoders
from recsys.jobs.failures import Failure
from recsys.live.artifacts import artifact_path
from recsys.ml import artifact
from recsys.ml.data.interactions import History, Vocabulary
from recsys.ml.data.tables import read_texts, read_vectors
from recsys.models import Job, ModelVersion, RunProgress
from recsys.runs import actions, snapshots
from recsys.runs import words as run_words
from recsys.runs import worker as runs

pytestmark = pytest.mark.django_db(transaction=True)

READING = {"epochs": 3, "filters": 4, "word_size": 4, "embedding_size": 4}
SMALL = {
    "als": {"factors": 4, "iterations": 3},
    "svd": {"factors": 4},
    "cluster": {"factors": 4},
    "rating": {"factors": 2, "iterations": 3},
    "textcnn": READING,
    "joint": READING | {"units": 4},
}
CURVED = {"als", "rating", "textcnn", "joint"}
"""Families that tell a curve: three points for each of three fits."""


@pytest.fixture
def embedded(ratings):
    """Half of the items have a vector."""
    for at, item in enumerate(Item.objects.order_by("pk")[:6]):
        vector = [1.0, float(at % 2), float(at % 3), 0.0]
        row = {"encoder": encoders.current().name, "dimension": 4, "text_hash": "0" * 64}
        Embedding.objects.create(item=item, vector=vector, **row)


@pytest.mark.parametrize(
    "family",
    ["als", "svd", "transitions", "user_knn", "cluster", "rating", "content", "textcnn", "joint"],
)
def test_a_launch_ends_with_a_version_that_scores(family, operator, embedded):
    run = actions.request_run(family=family, parameters=SMALL.get(family, {}), actor=operator)
    runs.execute(run.id)
    run.refresh_from_db()
    assert (run.state, run.error) == (Job.State.SUCCEEDED, "")
    assert run.report["test"]["last"]["members"]["n"] > 0
    version = ModelVersion.objects.get(run=run)
    scorer = artifact.load(artifact_path(version), version.digest)
    items = Vocabulary.of(Item.objects.order_by("pk").values_list("pk", flat=True))
    row = scorer.score([History.of([(items.ids[0], 1.0, 0.0, 5.0)])], items)[0]
    assert np.isfinite(row).sum() == (6 if family == "content" else 12)
    curve = RunProgress.objects.get(run=run).curve
    assert len(curve) == (9 if family in CURVED else 0)
    assert ("ratings" in run.report["test"]["all"]) == (family == "rating")


def test_content_without_embeddings_fails_and_says_what_to_do(operator, ratings):
    run = actions.request_run(family="content", parameters={}, actor=operator)
    runs.execute(run.id)
    run.refresh_from_db()
    assert (run.state, run.failure) == (Job.State.FAILED, Failure.BAD_DATA)
    assert "embed the items first" in str(run_words.failure_of(run))


def test_new_texts_are_new_data_to_those_who_read_words(operator, ratings, make_run):
    def digest(family):
        return snapshots.take(make_run(family=family))["digest"]

    before = digest("textcnn"), digest("ease")
    assert (digest("textcnn"), digest("ease")) == before
    item = Item.objects.earliest("pk")
    Item.objects.filter(pk=item.pk).update(description="A heist goes wrong in the snow.")
    assert digest("textcnn") != before[0]
    assert digest("ease") == before[1]


def test_a_run_takes_vectors_where_its_settings_ask_for_them(embedded, make_run):
    plain, begun = (make_run(family="dot", parameters=each) for each in ({}, {"begins": "texts"}))
    assert snapshots.vectors_file(plain) == ""
    assert snapshots.take(plain)["digest"] != snapshots.take(begun)["digest"]
    assert len(read_vectors(pq.read_table(snapshots.vectors_file(begun)))) == 6


def test_texts_are_those_that_are_embedded(ratings, make_run):
    item = Item.objects.earliest("pk")
    Item.objects.filter(pk=item.pk).update(title="冬天的火车", description="雪")
    run = make_run(family="joint")
    snapshots.take(run)
    texts = read_texts(pq.read_table(snapshots.texts_path(run)))
    assert texts.values[texts.items.places[item.pk]].startswith("冬天的火车\n")
    assert len(texts) == Item.objects.filter(active=True).count()


def test_new_vectors_are_new_data(operator, embedded, make_run):
    before = snapshots.take(make_run(family="content"))["digest"]
    again = snapshots.take(make_run(family="content"))["digest"]
    Embedding.objects.filter(item=Item.objects.earliest("pk")).delete()
    after = snapshots.take(make_run(family="content"))["digest"]
    assert before == again != after
