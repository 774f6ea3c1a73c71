"""A small encoder whose answers are known, in the place of the child that runs the language model."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from recsys.embeddings import embedder
from recsys.embeddings.encoder_process import EncoderFailed


class SmallEncoder:
    """Tells texts apart by their hash; keeps what it was asked, and fails at a text where told to."""

    dimension = 4

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails_at = ""
        self.before = lambda: None

    def __call__(self, _encoder):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        pass

    def encode(self, texts):
        self.before()
        if self.fails_at in texts and self.fails_at:
            raise EncoderFailed("the encoder ended with status 9")
        self.asked += texts
        return np.array([vector_of(text) for text in texts], np.float32)


def vector_of(text: str) -> list[float]:
    """The vector that the small encoder gives."""
    return [float(byte) for byte in hashlib.sha256(text.encode()).digest()[:4]]


@pytest.fixture(autouse=True)
def small_encoder(monkeypatch, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    encoder = SmallEncoder()
    monkeypatch.setattr(embedder, "EncoderProcess", encoder)
    return encoder
