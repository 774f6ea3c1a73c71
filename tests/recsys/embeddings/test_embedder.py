"""Which texts are embedded, and what becomes of a job that is stopped, cancelled or followed by another."""

from __future__ import annotations

import pytest

from curation import actions, counters
from curation.catalogue.texts import LONGEST
from curation.models import Embedding, Item, Outbox
from recsys.embeddings import embedder, encoders
from recsys.embeddings import standing as embeddings
from recsys.jobs import leases
from recsys.models import EmbeddingJob, Job
from tests.factories import AttributeFactory, ItemFactory
from tests.recsys.embeddings.conftest import vector_of

pytestmark = pytest.mark.django_db


def embedded(**changed) -> EmbeddingJob:
    """A job that was asked for and done."""
    job = embeddings.request()
    EmbeddingJob.objects.filter(pk=job.pk).update(**changed)
    embedder.embed(job.pk)
    job.refresh_from_db()
    return job


def titles(*names: str) -> list[Item]:
    return [ItemFactory.create(title=name, description="", attributes={}) for name in names]


def test_every_item_gets_the_vector_of_its_text():
    AttributeFactory.create(key="genres", kind="tags", label="Genres")
    AttributeFactory.create(key="year", kind="number", label="Year")
    item = ItemFactory.create(
        title="Alien", description="In space", attributes={"genres": ["Horror", "SF"], "year": 1979}
    )
    job = embedded()
    assert (job.state, job.done, job.total) == (Job.State.SUCCEEDED, 1, 1)
    row = Embedding.objects.get(item=item)
    text = "Alien\nGenres: Horror, SF\nIn space"
    assert list(row.vector) == vector_of(text)
    assert (row.encoder, row.dimension) == (encoders.current().name, 4)


def test_a_description_of_ten_thousand_characters_is_embedded_as_far_as_texts_are_read():
    long = "In space. " * 1_000
    row = {"item": "alien", "title": "Alien", "description": long}
    actions.put_items([row], source="test")
    assert embedded().state == Job.State.SUCCEEDED
    assert list(Embedding.objects.get().vector) == vector_of(f"Alien\n{long}"[:LONGEST].strip())


def test_only_new_and_changed_texts_are_embedded_again(small_encoder):
    _, second, _ = titles("one", "two", "three")
    embedded()
    small_encoder.asked.clear()
    titles("four")
    Item.objects.filter(pk=second.pk).update(title="zwei", image_url="https://example.org/2.png")
    Item.objects.exclude(pk=second.pk).update(provider="another")
    assert embedded().state == Job.State.SUCCEEDED
    assert sorted(small_encoder.asked) == ["four", "zwei"]
    assert list(Embedding.objects.get(item=second).vector) == vector_of("zwei")


def test_another_attempt_goes_on_where_one_stopped(small_encoder, monkeypatch):
    monkeypatch.setattr(embedder, "BATCH", 1)
    titles("one", "two", "three")
    small_encoder.fails_at = "two"
    job = embedded()
    assert (job.state, job.done) == (Job.State.FAILED, 1)
    assert job.error == "the encoder ended with status 9"
    small_encoder.fails_at = ""
    assert embedded().done == 3
    assert small_encoder.asked == ["one", "two", "three"]


def test_a_job_gives_its_worker_back_after_its_turn(small_encoder, monkeypatch):
    monkeypatch.setattr(embedder, "BATCH", 1)
    monkeypatch.setattr(embedder, "TURN_S", 0.0)
    titles("one", "two")
    job = embeddings.request()
    Outbox.objects.all().delete()
    embedder.embed(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempt, job.done, job.total) == (Job.State.QUEUED, 0, 1, 2)
    assert Outbox.objects.get().arguments == [str(job.pk)]
    embedder.embed(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.SUCCEEDED, 2)


def test_a_cancel_ends_a_job_after_its_batch_and_keeps_what_is_done(small_encoder, monkeypatch):
    monkeypatch.setattr(embedder, "BATCH", 1)
    titles("one", "two")
    job = embeddings.request()
    small_encoder.before = lambda: EmbeddingJob.objects.update(cancel_requested=True)
    embedder.embed(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert Embedding.objects.count() == 1


def test_a_worker_that_lost_its_lease_writes_no_end(small_encoder):
    titles("one")
    job = embeddings.request()
    small_encoder.before = lambda: EmbeddingJob.objects.update(attempt=2, worker="another")
    embedder.embed(job.pk)
    job.refresh_from_db()
    assert (job.state, job.worker) == (Job.State.RUNNING, "another")


def test_an_item_without_text_has_no_vector_and_loses_the_one_it_had():
    first, second = titles("one", "two")
    embedded()
    Item.objects.filter(pk=first.pk).update(title="  ")
    job = embedded()
    assert (job.state, job.total) == (Job.State.SUCCEEDED, 1)
    assert Embedding.objects.get().item_id == second.pk


def test_an_inactive_item_waits_until_it_is_back(small_encoder):
    (item,) = titles("one")
    Item.objects.update(active=False)
    assert embedded().total == 0
    Item.objects.filter(pk=item.pk).update(active=True)
    assert embedded().done == 1


def test_an_item_deleted_meanwhile_is_passed_over(small_encoder):
    _, second = titles("one", "two")
    small_encoder.before = lambda: Item.objects.filter(pk=second.pk).delete()
    assert embedded().state == Job.State.SUCCEEDED
    assert Embedding.objects.count() == 1


def test_vectors_of_another_encoder_stand_beside(settings, tmp_path, small_encoder):
    titles("one")
    embedded()
    settings.ENCODER_FOLDER, settings.ENCODER_SHA256 = str(tmp_path / "other"), "f" * 64
    assert embeddings.coverage().embedded == 0
    embedded()
    assert set(Embedding.objects.values_list("encoder", flat=True)) == {
        f"{encoders.WHEEL_NAME}@{encoders.WHEEL_SHA256[:12]}",
        "other@ffffffffffff",
    }


def test_a_job_of_an_encoder_that_is_no_longer_in_use_is_dropped(settings, tmp_path):
    titles("one")
    job = embeddings.request()
    settings.ENCODER_FOLDER, settings.ENCODER_SHA256 = str(tmp_path / "other"), "f" * 64
    embedder.embed(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.CANCELLED, "the encoder is other@ffffffffffff now")


def test_asking_twice_gives_the_job_that_is_open():
    first = embeddings.request()
    assert embeddings.request() == first
    assert leases.claim(EmbeddingJob, first.pk) is not None
    assert embeddings.request() == first


def test_a_change_of_the_catalogue_is_followed_once_embeddings_are_in_use():
    assert embeddings.follow_catalogue() is None, "nobody asked for embeddings yet"
    job = embedded()
    assert job.catalogue == counters.read()["catalogue"]
    assert embeddings.follow_catalogue() is None, "nothing has changed"
    actions.put_items([{"item": "new", "title": "New"}], source="demo")
    followed = embeddings.follow_catalogue()
    assert followed is not None
    assert followed.pk != job.pk
    assert embeddings.follow_catalogue() is None, "one is open"


def test_a_job_that_failed_is_not_asked_for_again_by_itself(small_encoder):
    titles("one")
    embedded()
    actions.put_items([{"item": "new", "title": "New"}], source="demo")
    small_encoder.fails_at = "New"
    assert embedded().state == Job.State.FAILED
    assert embeddings.follow_catalogue() is None


def test_the_lease_of_a_dead_worker_is_given_to_another():
    titles("one")
    job = embeddings.request()
    leases.claim(EmbeddingJob, job.pk, worker="dead")
    EmbeddingJob.objects.update(lease_until="2020-01-01T00:00Z")
    leases.sweep()
    embedder.embed(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempt) == (Job.State.SUCCEEDED, 2)
