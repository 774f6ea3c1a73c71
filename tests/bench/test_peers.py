"""Everybody's lists are judged from files, by one measure."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bench._peers.lists import BadLists, judged, write
from recsys.ml.splits.files import read_folder

HEAD = "user,item,rating,timestamp\n"
FILES = {
    "train.csv": HEAD + "0,0,,1\n1,1,,2\n2,2,,3\n",
    "val.csv": HEAD + "0,1,,4\n",
    "test.csv": HEAD + "0,3,,5\n1,2,,6\n1,4,,7\n2,5,,8\n",
    "meta.json": json.dumps({"n_users": 3, "n_items": 6}),
}


@pytest.fixture
def split(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return read_folder(tmp_path)


def lists(path, members, items):
    write(path, np.array(members), np.array(items))
    return path


def test_lists_are_judged_by_where_their_hits_stand_and_a_member_without_one_has_nothing(
    split, tmp_path
):
    path = lists(tmp_path / "recs.npz", [1, 0], [[0, 2, 3, -1], [5, 4, 3, -1]])
    own = [1 / np.log2(4), (1 / np.log2(3)) / (1 + 1 / np.log2(3)), 0.0]
    error = np.std(own, ddof=1) / np.sqrt(3)
    told = judged(path, split)
    assert (told.ndcg, told.ndcg_se) == pytest.approx((np.mean(own), error))
    assert (told.recall, told.n) == pytest.approx(((1 + 1 / 2 + 0) / 3, 3))


@pytest.mark.parametrize(
    ("members", "items", "told"),
    [
        ([0], [[3, 3]], "an item stands twice in a list"),
        ([0, 0], [[3], [4]], "a member stands twice"),
        ([3], [[3]], "a member is out of range"),
        ([0], [[6]], "an item is out of range"),
        ([0, 1], [[3]], "do not go together"),
    ],
)
def test_lists_that_would_be_judged_wrongly_are_refused(split, tmp_path, members, items, told):
    with pytest.raises(BadLists, match=told):
        judged(lists(tmp_path / "recs.npz", members, items), split)
