"""Scorers that see what members turn to through noise of their own."""

from __future__ import annotations

import numpy as np

from recsys.ml.data.interactions import History, Vocabulary
from recsys.ml.evaluation.asking import Case

CATALOGUE = Vocabulary.of(range(40))


def cases(count: int = 120) -> list[Case]:
    """Each member is known by the one item of their history, and wants one of two items by it."""
    chance, made = np.random.default_rng(11), []
    for member in range(count):
        target = int(chance.integers(40))
        made.append(Case(member, History.of([(("id", member), 1.0, 0.0)]), (target,)))
    return made


class Noisy:
    """Sees each target through its own noise: two of them together see more than one."""

    def __init__(self, asked: list[Case], seed: int, clear: float) -> None:
        chance = np.random.default_rng(seed)
        self.rows = {}
        for case in asked:
            row = chance.normal(size=40)
            row[CATALOGUE.places[case.targets[0]]] += clear
            self.rows[case.history.items[0]] = row

    def __call__(self, histories, items):
        return np.stack([self.rows[history.items[0]] for history in histories])
