"""What an implementation has to say to be measured, and how it is tuned: as ours are, one setting after the other.

Dims: B members asked, n = 100 places of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench._peers.lists import Quality
from recsys.ml.data.interactions import Indexes, Interactions
from recsys.ml.evaluation.asking import Case, spread
from recsys.ml.splits.files import Split

MOST_CASES: Final = 1_500
"""How many members validation asks at most: the same share of them that our own tuning asks."""
Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The questions of a split's validation or test."""

    cases: Sequence[Case]
    split: Split

    @property
    def members(self) -> Indexes:
        """The members asked [B], as the files number them."""
        return self.split.train.member_ids.indexes(case.member for case in self.cases)


@dataclass(frozen=True, slots=True)
class Implementation:
    """One model of one library: how it is fitted and asked, where its settings start and what is tried.

    ``prepare`` makes the library's own data of a part (not timed); ``fit`` the model; ``lists`` the best unseen items
    of those asked [B, n], padded with -1, from model, data and question.
    """

    prepare: Callable[[Interactions], Any]
    fit: Callable[[Any, Settings], Any]
    lists: Callable[[Any, Any, Asked], Indexes]
    start: Settings = field(default_factory=dict)
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Settings that validation chose, and after how many trials."""

    settings: Settings
    trials: int
    ndcg: float


def search(own: Implementation, split: Split, trials: int) -> Chosen:
    """Settings by NDCG@10 on validation, with the train part only; a value has to rank better to be taken."""
    known = [case for case in split.validation_cases() if len(case.history)]
    asked = Asked(spread(known, MOST_CASES), split)
    data = own.prepare(split.train)
    best = Chosen(own.start, 0, -1.0)
    tried = 0
    for changed in _trials(own):
        if tried == trials:
            break
        settings = {**best.settings, **changed}
        lists = own.lists(own.fit(data, settings), data, asked)
        tried += 1
        reached = Quality.of(lists, split, asked.cases).ndcg
        if reached > best.ndcg:
            best = Chosen(settings, tried, reached)
    return Chosen(best.settings, tried, best.ndcg)


def _trials(own: Implementation) -> Iterator[Settings]:
    """The start, then every other value of each setting."""
    yield {}
    for name, values in own.grid.items():
        yield from ({name: value} for value in values if value != own.start[name])
