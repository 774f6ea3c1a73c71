"""Search by meaning: the nearest texts of the encoder in use, and a worker that never waits for it to start."""

from __future__ import annotations

import threading
from uuid import uuid4

import numpy as np
import pytest

from curation.models import Embedding, Item
from recsys.embeddings import encoders, meaning, query_encoder
from recsys.transport import cache
from tests.factories import ItemFactory
from tests.processes import wait_until
from tests.recsys.embeddings.conftest import SmallEncoder, vector_of


class Slow(SmallEncoder):
    """Starts when it is let, and notes that it was ended."""

    def __init__(self) -> None:
        super().__init__()
        self.may_start = threading.Event()
        self.ended = threading.Event()

    def __enter__(self):
        self.may_start.wait(10)
        return self

    def close(self) -> None:
        self.ended.set()


@pytest.fixture
def slow(monkeypatch):
    encoder = Slow()
    monkeypatch.setattr(query_encoder, "EncoderProcess", encoder)
    monkeypatch.setattr(query_encoder, "_warm", query_encoder._Warm())
    monkeypatch.setattr(query_encoder, "LOOK_S", 0.01)
    yield encoder
    encoder.may_start.set()
    monkeypatch.setattr(query_encoder, "IDLE_S", 0.0)
    assert encoder.ended.wait(10)


def embedded(title, vector, *, encoder=""):
    item = ItemFactory.create(title=title)
    Embedding.objects.create(
        item=item,
        encoder=encoder or encoders.current().name,
        dimension=len(vector),
        text_hash="x",
        vector=vector,
    )
    return item


def said(reply):
    told = cache.ask(lambda client: client.blpop([reply], 2))
    assert told is not None
    return told[1]


def test_the_nearest_text_stands_first_and_a_far_one_not_at_all(db):
    embedded("Near", [1.0, 0.1, 0.0])
    embedded("Nearer", [1.0, 0.0, 0.0])
    embedded("Far", [-1.0, 0.0, 0.0])
    found = meaning.nearest(Item.objects.all(), [1.0, 0.0, 0.0])
    assert [item.title for item in found] == ["Nearer", "Near"]


def test_vectors_of_another_encoder_are_not_compared(db):
    embedded("Other", [1.0, 0.0, 0.0], encoder="another")
    embedded("Wider", [1.0, 0.0, 0.0, 0.0])
    assert not meaning.nearest(Item.objects.all(), [1.0, 0.0, 0.0]).exists()
    assert meaning.is_offered()


def test_who_asks_before_the_encoder_has_started_is_told_at_once_and_finds_it_later(slow):
    words, reply = f"query {uuid4()}", f"reply-{uuid4()}"
    query_encoder.answer(words, reply)
    assert said(reply) == b""
    slow.may_start.set()
    wait_until(lambda: meaning.vector_of(words, 0.01) is not None, "the vector of the query")
    assert meaning.vector_of(words, 0.01) == vector_of(words)


def test_a_warm_encoder_answers_and_its_answer_is_kept(slow):
    slow.may_start.set()
    query_encoder.answer("warm up", f"reply-{uuid4()}")
    wait_until(lambda: query_encoder._warm.child is not None, "the encoder")
    words, reply = f"query {uuid4()}", f"reply-{uuid4()}"
    query_encoder.answer(words, reply)
    assert np.frombuffer(said(reply), "<f4").tolist() == vector_of(words)
    assert meaning.vector_of(words, 0.01) == vector_of(words)


def test_without_a_worker_there_is_no_vector_and_no_error(db):
    assert meaning.vector_of(f"query {uuid4()}", 0.01) is None
