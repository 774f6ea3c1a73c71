"""The page of embeddings, and the command."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from recsys.embeddings import embedder
from recsys.embeddings import standing as embeddings
from recsys.jobs import leases
from recsys.models import EmbeddingJob, Job
from recsys.runs.readiness import checks
from tests.factories import ItemFactory, UserFactory

pytestmark = pytest.mark.django_db

PAGE = reverse("runs:embeddings")


@pytest.fixture
def operator(client):
    client.force_login(UserFactory(username="operator", roles=["operator"], is_staff=True))
    return client


def test_the_page_says_how_far_the_catalogue_is_embedded(operator):
    assert "There is no item to embed yet." in operator.get(PAGE).text
    ItemFactory.create_batch(2)
    job = embeddings.request()
    embedder.embed(job.pk)
    ItemFactory.create()
    text = operator.get(PAGE).text
    assert "2 of 3 active items have a vector." in text
    assert "2 / 2" in text


def test_the_page_renews_itself_only_while_work_is_open(operator):
    assert "hx-trigger" not in operator.get(PAGE, headers={"HX-Request": "true"}).text
    job = embeddings.request()
    fragment = operator.get(PAGE, headers={"HX-Request": "true"}).text
    assert 'hx-trigger="every 2s"' in fragment
    assert "<html" not in fragment
    embedder.embed(job.pk)
    assert "hx-trigger" not in operator.get(PAGE, headers={"HX-Request": "true"}).text


def test_a_button_asks_for_the_work_in_the_name_of_who_pressed_it(operator):
    assert operator.post(reverse("runs:embed")).headers["Location"] == PAGE
    job = EmbeddingJob.objects.get()
    assert str(job.requested_by) == "operator"
    operator.post(reverse("runs:embed"))
    assert EmbeddingJob.objects.count() == 1


def test_work_that_waits_is_cancelled_at_once_and_work_that_runs_is_told(operator):
    waits = embeddings.request()
    operator.post(reverse("runs:cancel_embedding", args=[waits.pk]))
    waits.refresh_from_db()
    assert waits.state == Job.State.CANCELLED
    runs = embeddings.request()
    leases.claim(EmbeddingJob, runs.pk)
    operator.post(reverse("runs:cancel_embedding", args=[runs.pk]))
    runs.refresh_from_db()
    assert (runs.state, runs.cancel_requested) == (Job.State.RUNNING, True)


def test_the_page_keeps_its_number_of_queries(operator, django_assert_max_num_queries):
    for at in range(5):
        EmbeddingJob.objects.create(encoder=str(at), requested_by=UserFactory.create())
    with django_assert_max_num_queries(12):
        operator.get(PAGE)


def test_content_is_ready_once_items_are_embedded():
    def ready() -> bool:
        return next(check.ok for check in checks("content") if check.code == "embeddings")

    ItemFactory.create()
    assert not ready()
    embedder.embed(embeddings.request().pk)
    assert ready()
    assert not [check for check in checks("ease") if check.code == "embeddings"]


def test_the_command_asks_for_the_work():
    ItemFactory.create()
    said = StringIO()
    call_command("embed_items", "--no-wait", stdout=said)
    assert said.getvalue().startswith("0 of 1 items embedded")
    assert EmbeddingJob.objects.get().state == Job.State.QUEUED


def test_the_command_follows_the_work_to_its_end(monkeypatch, small_encoder):
    ItemFactory.create(title="one", description="", attributes={})

    def worker(_seconds):
        embedder.embed(EmbeddingJob.objects.get(state=Job.State.QUEUED).pk)

    monkeypatch.setattr("recsys.management.commands.embed_items.time.sleep", worker)
    said = StringIO()
    call_command("embed_items", stdout=said)
    assert said.getvalue().splitlines()[-1].startswith("1 of 1 items embedded")
    ItemFactory.create(title="two", description="", attributes={})
    small_encoder.fails_at = "two"
    with pytest.raises(CommandError, match=r"failed\. the encoder ended with status 9"):
        call_command("embed_items", stdout=said)
