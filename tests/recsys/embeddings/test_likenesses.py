"""Texts that rules ask the like of: written once, read by a worker, asked by rules that replay."""

from __future__ import annotations

import orjson
import pytest
from django.db import DatabaseError, transaction

from curation import actions, counters
from curation.models import ChangeSet, Likeness, Outbox
from curation.policies.files import export
from curation.problems import Invalid
from curation.queries import likeness_keys
from recsys.embeddings import embedder, encoders
from recsys.embeddings import standing as embeddings
from recsys.likenesses import actions as likeness_actions
from recsys.models import EmbeddingJob, Job
from recsys.workers import tasks
from tests.curation.test_api import Caller, problem
from tests.factories import ItemFactory, UserFactory
from tests.recsys.embeddings.conftest import vector_of

pytestmark = pytest.mark.django_db
PATH = "/api/v1/likenesses/"


@pytest.fixture
def curator(db):
    return UserFactory.create(username="curator", roles=["curator"])


@pytest.fixture
def desk(client, curator):
    return Caller(client, curator)


def work():
    """Do the embedding that waits."""
    embedder.embed(EmbeddingJob.objects.get(state__in=Job.OPEN).pk)


def test_a_text_is_written_once_and_read_by_a_worker(desk):
    first = desk.send("POST", PATH, {"text": " A heist\n in space "})
    assert first.status_code == 201
    told = first.json()
    assert told["field"].startswith("like.a-heist-in-space-")
    assert (told["text"], told["ready"], told["current"]) == ("A heist in space", False, True)
    work()
    assert desk.send("POST", PATH, {"text": "A heist in space"}).json() == {**told, "ready": True}
    assert desk.get(PATH).json() == [{**told, "ready": True}]
    assert list(Likeness.objects.get().vector) == vector_of("A heist in space")


def test_a_file_brings_the_texts_that_its_rules_ask_the_like_of(curator):
    encoder, text = encoders.current().name, "A heist in space"
    key = likeness_keys.key_of(text, encoder)
    where = {"all": [{"field": f"like.{key}", "op": "ge", "value": 0.4}]}
    row = {"kind": "rule", "surface": None, "content": {"effect": "exclude", "where": where}}
    told = {"key": key, "text": text, "encoder": encoder}
    file = {"format": "tandem.decisions", "version": 2, "decisions": [row], "likenesses": [told]}
    common = {"actor": curator, "document": file, "change_set": "In"}
    with pytest.raises(Invalid) as refused:
        actions.try_decisions(file)
    assert refused.value.errors[0]["code"] == "unread_text"
    actions.import_decisions(**common, dry_run=True)
    assert not Likeness.objects.exists()
    done = actions.import_decisions(**common)
    assert [each["code"] for each in done.findings if each["field"] == "likenesses[0]"] == [
        "no_item_read"
    ]
    assert Outbox.objects.filter(task="recsys.read_texts").count() == 1
    tasks.read_texts()
    work()
    assert list(Likeness.objects.get().vector) == vector_of(text)
    first = export(change_set=ChangeSet.objects.get(name="In"))
    assert orjson.loads(first)["likenesses"] == [told]
    again = actions.import_decisions(actor=curator, document=first, change_set="Again")
    assert export(change_set=again.change_set) == first, "round and round it stays the same"
    assert len(actions.try_decisions(first).drafts) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "Another text"}, "key"),
        ({"encoder": "another"}, "key"),
        ({"text": "A heist\nin space"}, "text"),
        ({"vector": [1.0]}, "vector"),
    ],
)
def test_a_text_of_a_file_that_is_not_what_its_key_says_is_refused(curator, change, field):
    encoder, text = encoders.current().name, "A heist in space"
    told = {"key": likeness_keys.key_of(text, encoder), "text": text, "encoder": encoder}
    file = {"format": "tandem.decisions", "version": 2, "decisions": []}
    with pytest.raises(Invalid) as refused:
        actions.try_decisions({**file, "likenesses": [told | change]})
    assert refused.value.errors[0]["field"] == f"likenesses[0].{field}"


def test_what_is_not_a_text_is_refused(desk):
    for text in ("", "x" * (likeness_keys.MOST + 1), 7):
        problem(desk.send("POST", PATH, {"text": text}), 400, "invalid")
    assert not Likeness.objects.exists()


def test_a_text_in_another_script_has_a_key_too(curator):
    row = likeness_actions.write_likeness(actor=curator, text="太空劫案")
    assert row.key.startswith("text-")


def test_what_is_held_of_the_catalogue_is_read_anew_when_vectors_have_come(curator):
    likeness_actions.write_likeness(actor=curator, text="A heist in space")
    before = counters.read()["catalogue"]
    work()
    assert counters.read()["catalogue"] > before
    ItemFactory.create()
    job, before = embeddings.request(), counters.read()["catalogue"]
    embedder.embed(job.pk)
    assert counters.read()["catalogue"] > before
    assert embeddings.follow_catalogue() is None, "what was read covers that"
    job, before = embeddings.request(), counters.read()["catalogue"]
    embedder.embed(job.pk)
    assert counters.read()["catalogue"] == before


def test_a_text_alone_is_read_without_a_look_at_all_items(curator, small_encoder, monkeypatch):
    ItemFactory.create()
    embedder.embed(embeddings.request().pk)
    small_encoder.asked.clear()
    monkeypatch.setattr(embedder, "_waiting", lambda _encoder: pytest.fail("it looked"))
    likeness_actions.write_likeness(actor=curator, text="A heist in space")
    work()
    assert small_encoder.asked == ["A heist in space"]
    assert embeddings.follow_catalogue() is None


def test_by_another_encoder_it_is_another_text(desk, settings, tmp_path):
    told = desk.send("POST", PATH, {"text": "A heist in space"}).json()
    settings.ENCODER_FOLDER = tmp_path / "large"
    settings.ENCODER_SHA256 = "0" * 64
    assert desk.get(PATH).json()[0]["current"] is False
    again = desk.send("POST", PATH, {"text": "A heist in space"}).json()
    assert again["field"] != told["field"]
    assert again["encoder"] == encoders.current().name


def test_a_text_never_changes(curator):
    row = likeness_actions.write_likeness(actor=curator, text="A heist in space")
    rows = Likeness.objects.filter(pk=row.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(text="another")
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()


def test_a_text_that_nobody_asks_is_removed_and_one_that_is_not_there_is_told(desk):
    told = desk.send("POST", PATH, {"text": "A heist in space"}).json()
    one = f"{PATH}{told['field'].removeprefix('like.')}/"
    assert desk.send("DELETE", one).status_code == 204
    assert desk.get(PATH).json() == []
    problem(desk.send("DELETE", one), 404, "unknown_likeness")
