from __future__ import annotations

import uuid

import numpy as np
import pyarrow as pa
import pytest

from recsys.ml import artifact
from recsys.ml.configs import PopularityConfig
from recsys.ml.evaluation.judging import Exam, Rival, segments_of, tags_of
from recsys.ml.scorers.popularity import Popularity
from recsys.ml.splits.temporal import temporal_cuts
from tests.recsys.ml.two_tastes import CATALOGUE, ITEMS, world

ROWS = world()
CUT = temporal_cuts(ROWS).test
EXAM = Exam(ROWS, CATALOGUE, segments={ROWS.member_ids.ids[0]: ["regulars"]})


def saved(folder, order, *, until):
    """A version that ranks items in this order and learnt until an instant."""
    strengths = np.arange(len(order), 0, -1, dtype=np.float32)
    items = type(CATALOGUE).of(order)
    facts = artifact.Facts("2026-01-01T00:00:00+00:00", "test", learnt_until=until)
    artifact.save(folder, Popularity(PopularityConfig(), items, strengths), facts)
    return folder


def rival(*folders):
    return Rival("id", "popularity 1", tuple(folders))


def test_the_live_version_answers_the_same_cases(tmp_path):
    folder = saved(tmp_path / "model", ITEMS, until=CUT - 1)
    asked = EXAM.ask(artifact.load(folder), CUT)
    told = EXAM.beside(asked, rival(folder), CUT)
    assert told["learnt_until"] == CUT - 1
    assert (
        told["report"]["members"]
        == EXAM.reports(asked, artifact.load(folder), CUT)["last"]["members"]
    )
    assert told["difference"]["members"]["ndcg"] == {
        "n": told["report"]["members"]["n"],
        "mean": 0.0,
        "low": 0.0,
        "high": 0.0,
    }


def test_what_learnt_from_the_answers_does_not_speak(tmp_path):
    cheat = saved(tmp_path / "model", ITEMS, until=CUT)
    honest = saved(tmp_path / "test", ITEMS[::-1], until=CUT - 1)
    asked = EXAM.ask(artifact.load(honest), CUT)
    told = EXAM.beside(asked, rival(cheat, tmp_path / "gone", honest), CUT)
    assert told["difference"]["members"]["ndcg"]["mean"] == 0.0
    assert EXAM.beside(asked, rival(cheat), CUT)["not_comparable"]


@pytest.mark.parametrize("damage", [b"", b"{}"])
def test_a_damaged_artifact_is_passed_over(tmp_path, damage):
    folder = saved(tmp_path / "model", ITEMS, until=CUT - 1)
    asked = EXAM.ask(artifact.load(folder), CUT)
    (folder / artifact.ARRAYS).write_bytes(damage)
    assert EXAM.beside(asked, rival(folder), CUT)["not_comparable"]


def test_nothing_is_compared_without_a_live_version():
    assert Rival.of({}) is None


def test_tags_and_segments_come_from_the_snapshot():
    table = pa.table({"item_id": ["a", "b"], "tags": pa.array([["genres:war"], None])})
    assert tags_of(table) == [["genres:war"], ()]
    assert tags_of(table.drop_columns("tags")) is None
    subject = uuid.UUID(int=10_000)
    members = pa.table(
        {"subject": pa.array([subject.bytes], pa.binary(16)), "segments": [["regulars"]]}
    )
    assert segments_of(members) == {subject: ["regulars"]}
