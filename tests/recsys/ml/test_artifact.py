from __future__ import annotations

import json
import uuid

import numpy as np
import pytest

from recsys.ml import artifact
from recsys.ml.artifact import CorruptArtifact, Facts
from recsys.ml.configs import EaseConfig, PopularityConfig
from recsys.ml.data.interactions import Vocabulary
from recsys.ml.scorer import Training
from recsys.ml.scorers import ease
from recsys.ml.scorers.popularity import Popularity
from tests.recsys.ml.two_tastes import CATALOGUE, world

FACTS = Facts.of(world(), "2024-05-01T00:00:00+00:00", "abc123", {"seed": 7})


@pytest.fixture
def folder(tmp_path):
    scorer = ease.fit(EaseConfig(), world(), CATALOGUE, Training())
    artifact.save(tmp_path / "model", scorer, FACTS)
    return tmp_path / "model"


def test_the_manifest_says_where_a_model_comes_from(folder):
    told = artifact.manifest(folder)
    assert told["family"] == "ease"
    assert told["config"]["regularization"] == 100.0
    assert told["facts"]["interactions"] == len(world())
    assert told["facts"]["members"] == 60
    assert told["facts"]["data"] == world().digest()
    assert set(told["sha256"]) == {"items.json", "arrays.safetensors"}


def test_no_member_is_in_an_artifact(folder):
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    for member in world().member_ids.ids:
        assert str(member).encode() not in content
        assert isinstance(member, uuid.UUID)
        assert member.bytes not in content


@pytest.mark.parametrize("name", ["items.json", "arrays.safetensors"])
def test_a_changed_file_is_named(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[-3] ^= 1
    (folder / name).write_bytes(bytes(content))
    with pytest.raises(CorruptArtifact, match=f"{name} is not what was saved"):
        artifact.load(folder)


@pytest.mark.parametrize("name", ["items.json", "arrays.safetensors"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(CorruptArtifact, match=f"{name} is missing"):
        artifact.load(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"sha256": 3}'])
def test_a_broken_manifest_is_named(folder, content):
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(CorruptArtifact, match=r"manifest\.json"):
        artifact.load(folder)


@pytest.mark.parametrize(
    ("field", "value"),
    [("format", 99), ("family", "svd"), ("config", {"regularization": -1}), ("items", {})],
)
def test_a_manifest_that_describes_no_model_is_named(folder, field, value):
    told = artifact.manifest(folder) | {field: value}
    (folder / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(CorruptArtifact, match=r"manifest\.json"):
        artifact.load(folder)


def test_a_manifest_other_than_the_recorded_one_is_refused(folder):
    told = artifact.manifest(folder)
    (folder / "manifest.json").write_text(json.dumps(told))
    artifact.load(folder)
    with pytest.raises(CorruptArtifact, match="is not the one that was saved"):
        artifact.load(folder, expected="0" * 64)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CorruptArtifact, match=r"nowhere/manifest\.json cannot be read"):
        artifact.load(tmp_path / "nowhere")


def test_an_artifact_is_never_overwritten(folder):
    with pytest.raises(FileExistsError):
        artifact.save(folder, artifact.load(folder), FACTS)


def test_a_save_that_fails_leaves_nothing(tmp_path):
    mixed = Vocabulary.of(["a", 1])
    scorer = Popularity(PopularityConfig(), mixed, np.ones(2, np.float32))
    with pytest.raises(ValueError, match="ids of kinds int, str cannot be saved"):
        artifact.save(tmp_path / "model", scorer, FACTS)
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_breaks_off_leaves_nothing(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(artifact, "save_file", full)
    scorer = Popularity(PopularityConfig(), Vocabulary.of("ab"), np.ones(2, np.float32))
    with pytest.raises(OSError, match="No space left"):
        artifact.save(tmp_path / "model", scorer, FACTS)
    assert list(tmp_path.iterdir()) == []


def test_arrays_are_mapped_and_cannot_be_written(folder):
    weights = artifact.load(folder).arrays()["weights"]
    assert isinstance(weights.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        weights[0, 0] = 1.0
