"""The language model that comes along: its weights are checked, its vectors tell texts apart."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from curation.catalogue.texts import LONGEST
from recsys.embeddings import encoders
from recsys.embeddings.encoder_process import EncoderFailed, EncoderProcess
from recsys.ml.data.weights import BadEncoder, verify


@pytest.fixture(scope="module")
def encoder() -> ModuleType:
    """What loads the language model's libraries: seconds, which nobody else is to spend."""
    return import_module("recsys.ml.data.encoder")


@pytest.fixture(scope="module")
def folder() -> Path:
    found = encoders.current().folder
    assert found is not None
    return found


@pytest.fixture(scope="module")
def model(encoder, folder):
    return encoder.Encoder.load(folder, encoders.WHEEL_SHA256)


def cosine(vectors: np.ndarray) -> float:
    return float(vectors[0] @ vectors[1])


def test_texts_alike_have_vectors_alike(model):
    space = model.encode(["A film about space travel", "Astronauts fly to the moon"])
    other = model.encode(["A film about space travel", "How to bake bread at home"])
    assert cosine(space) > cosine(other) + 0.2


def test_vectors_have_length_one_and_follow_from_the_text_alone(model):
    alone = model.encode(["War and love"])
    beside = model.encode(["War and love", "x" * 50, "Another one, rather longer than the first"])
    np.testing.assert_allclose(np.linalg.norm(beside, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(beside[0], alone[0], atol=1e-5)
    assert alone.shape == (1, 384)
    assert alone.dtype == np.float32


def test_a_text_of_ten_thousand_characters_is_cut_at_what_the_model_reads(model):
    long = ("war and peace " * 1_000)[:LONGEST]
    vectors = model.encode([long, long[: LONGEST // 2], "word" * 2_500])
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)
    assert model.longest == 256


def test_any_writing_has_a_vector(model):
    vectors = model.encode(["电影", "🎬🎬", "\x00\ud7ff", "."])
    assert np.isfinite(vectors).all()


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_blank_text_has_none(model, text):
    with pytest.raises(ValueError, match="a blank text has no vector"):
        model.encode(["words", text])


def test_other_weights_are_refused(folder, tmp_path):
    weights = shutil.copytree(folder, tmp_path / "model") / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    with pytest.raises(BadEncoder, match=f"expected {encoders.WHEEL_SHA256}"):
        verify(weights.parent, encoders.WHEEL_SHA256)


def test_a_folder_without_weights_is_named(tmp_path):
    with pytest.raises(BadEncoder, match=r"model\.safetensors is missing"):
        verify(tmp_path, encoders.WHEEL_SHA256)


def test_the_child_gives_the_vectors_of_the_model_and_tells_of_its_end(model, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    with EncoderProcess(encoders.current()) as child:
        vectors = child.encode(["War and love", "line\nbreak"])
        assert child.encode(["War and love"]).shape == (1, 384)
        child._process.kill()
        with pytest.raises(EncoderFailed, match="ended with status -9"):
            child.encode(["too late"])
    np.testing.assert_allclose(vectors, model.encode(["War and love", "line\nbreak"]), atol=1e-5)


def test_a_child_that_finds_no_encoder_says_so(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    settings.ENCODER_FOLDER, settings.ENCODER_SHA256 = str(tmp_path), "0" * 64
    with (
        pytest.raises(EncoderFailed, match=r"model\.safetensors is missing"),
        EncoderProcess(encoders.current()),
    ):
        pass


def test_an_encoder_that_is_not_installed_is_said(monkeypatch, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(encoders, "find_spec", lambda _name: None)
    with (
        pytest.raises(EncoderFailed, match="all-MiniLM-L6-v2 is not installed"),
        EncoderProcess(encoders.current()),
    ):
        pass
