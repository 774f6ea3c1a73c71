"""Two ranks learn what one process learns, take the same decisions, and keep one checkpoint."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from recsys.ml.scorer import Untrainable
from recsys.ml.training import ranks
from tests.recsys.ml import ranked

CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """What two ranks learnt in each lesson: {lesson: [of rank 0, of rank 1]}."""
    folder = tmp_path_factory.mktemp("ranks")
    subprocess.run([sys.executable, "-m", ranked.__name__, str(folder)], check=True, timeout=120)
    return {
        name: [dict(np.load(folder / f"{name}-{rank}.npz")) for rank in range(ranked.SIZE)]
        for name in ranked.LESSONS
    }


@pytest.mark.parametrize("lesson", ["dot", "sasrec", "straight"])
def test_two_ranks_learn_what_one_process_learns(taught, lesson, tmp_path):
    alone = ranked.LESSONS[lesson](tmp_path)
    for name, numbers in alone.items():
        np.testing.assert_allclose(taught[lesson][0][name], numbers, **CLOSE, err_msg=name)


@pytest.mark.parametrize("lesson", ["dot", "sasrec", "early", "resumed"])
def test_all_ranks_hold_the_same_model(taught, lesson):
    first, second = taught[lesson]
    for name, numbers in first.items():
        np.testing.assert_array_equal(second[name], numbers, err_msg=name)


def test_what_the_first_rank_measures_ends_all_of_them(taught, tmp_path):
    alone = ranked.early(tmp_path)
    for each in taught["early"]:
        assert len(each["losses"]) == len(alone["losses"]) == 4
        assert each["rate"] == alone["rate"]
        np.testing.assert_allclose(each["weight"], alone["weight"], **CLOSE)


def test_ranks_that_resume_end_as_if_never_stopped_with_one_checkpoint(taught):
    for resumed, straight in zip(taught["resumed"], taught["straight"], strict=True):
        np.testing.assert_array_equal(resumed["weight"], straight["weight"])
        np.testing.assert_array_equal(resumed["losses"], straight["losses"])
        assert resumed["kept"] == 1


def test_each_rank_drops_other_inputs(taught):
    first, second = taught["dropped"]
    assert not np.array_equal(first["left"], second["left"])


def test_a_process_that_nobody_started_as_a_rank_is_alone(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    batch = [torch.ones(3, 2), torch.ones(5)]
    with ranks.joined("cpu") as here:
        assert here is ranks.here() is ranks.ALONE
        assert here.part(batch, 1) is batch
        assert here.share(batch, batch, len) == 1.0


@pytest.mark.parametrize("rows", [1, 2, 3, 7])
def test_the_parts_of_a_batch_are_its_rows_once_each(rows):
    batch = [torch.arange(rows), torch.arange(rows * 2).view(rows, 2), torch.arange(5)]
    parts = [(each, each.part(batch, 1)) for each in (ranks.Ranks(at, 3) for at in range(3))]
    shares = [each.share(batch, part, lambda some: len(some[0])) for each, part in parts]
    counted = [part[0] for (_, part), share in zip(parts, shares, strict=True) if share]
    assert sorted(torch.cat(counted).tolist()) == list(range(rows))
    assert sum(shares) == pytest.approx(3)
    assert all(len(part[0]) and len(part[0]) == len(part[1]) for _, part in parts)
    assert all(torch.equal(part[2], batch[2]) for _, part in parts)


def test_ranks_that_have_no_gpu_of_their_own_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    for name, value in {"WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2, "LOCAL_RANK": 0}.items():
        monkeypatch.setenv(name, str(value))
    with (
        pytest.raises(Untrainable, match="2 were asked for and there are 1 GPUs"),
        ranks.joined("auto"),
    ):
        pass
    with pytest.raises(Untrainable, match="choose auto or cpu"), ranks.joined("mps"):
        pass
