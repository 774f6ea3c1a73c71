"""Lists of items as files, and the one measure by which everybody's are judged.

Dims: B members asked, n places of a list, k = 10 of them judged. A file (npz) holds ``users`` [B] and ``items`` [B, n],
best first, padded with -1: what `manage.py benchmark --recs` writes, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from recsys.ml.data.interactions import Indexes
from recsys.ml.evaluation import metrics
from recsys.ml.evaluation.asking import Case, hits_of
from recsys.ml.splits.files import Split

DEPTH: Final = 10
PLACES: Final = 100


class BadLists(ValueError):
    """A file of lists is malformed, or its lists cannot be judged; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Mean NDCG@10 with its standard error and mean recall@10, over n members; one without a list has 0."""

    ndcg: float
    ndcg_se: float
    recall: float
    n: int

    @classmethod
    def of(cls, lists: Indexes, split: Split, cases: Sequence[Case]) -> Self:
        """Of the lists of these cases [B, n], in their order."""
        hits = hits_of(lists[:, :DEPTH], cases, split.catalogue)
        targets = np.array([len(case.targets) for case in cases])
        ndcg = metrics.ndcg(hits, targets)
        recall = metrics.recall(hits, targets)
        return cls(
            float(ndcg.mean()), metrics.standard_error(ndcg), float(recall.mean()), len(cases)
        )


def write(path: Path, members: NDArray[Any], lists: NDArray[Any]) -> None:
    """Write the lists of these members."""
    with path.open("wb") as file:
        np.savez_compressed(file, users=members.astype(np.int32), items=lists.astype(np.int32))


def judged(path: Path, split: Split) -> Quality:
    """What the lists in a file are worth on the test of a split; raises BadLists."""
    with np.load(path) as file:
        members, lists = file["users"], file["items"]
    _check(path, members, lists, split)
    cases = split.test_cases()
    asked = split.train.member_ids.indexes(case.member for case in cases)
    rows = np.full(len(split.train.member_ids), -1, np.int64)
    rows[members] = np.arange(len(members))
    found = np.full((len(cases), max(lists.shape[1], DEPTH)), -1, np.int32)
    told = rows[asked] >= 0
    found[told, : lists.shape[1]] = lists[rows[asked[told]]]
    return Quality.of(found, split, cases)


def _check(path: Path, members: NDArray[Any], lists: NDArray[Any], split: Split) -> None:
    """A list that names an item twice would count a hit twice."""
    if lists.ndim != 2 or members.shape != lists.shape[:1]:
        raise BadLists(f"{path}: users {members.shape} and items {lists.shape} do not go together")
    if len(np.unique(members)) != len(members):
        raise BadLists(f"{path}: a member stands twice")
    if members.size and not 0 <= members.min() <= members.max() < len(split.train.member_ids):
        raise BadLists(f"{path}: a member is out of range")
    if lists.size and not -1 <= lists.min() <= lists.max() < len(split.catalogue):
        raise BadLists(f"{path}: an item is out of range")
    ordered = np.sort(lists, axis=1)
    if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any():
        raise BadLists(f"{path}: an item stands twice in a list")
