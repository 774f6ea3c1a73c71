"""A small world whose right answers are known: two tastes that never mix, and a fashion.

Members of the left taste only like left items, those of the right taste only right ones; nobody sees
everything, so each member has exactly the rest of their own half to come.
"""

from __future__ import annotations

import uuid

import numpy as np

from recsys.ml.data.interactions import History, Id, Interactions, Vocabulary

DAY = 86_400.0
NOW = 1_700_000_000.0
ITEMS = tuple(uuid.UUID(int=number + 1) for number in range(12))
LEFT, RIGHT = ITEMS[:6], ITEMS[6:]
UNSEEN = uuid.UUID(int=999)
CATALOGUE = Vocabulary.of((UNSEEN, *reversed(ITEMS)))


def world(members: int = 60, seed: int = 3) -> Interactions:
    """Each member likes four items of their half, a day apart, and dislikes one of the other."""
    chance = np.random.default_rng(seed)
    rows = []
    for member in range(members):
        own, other = (LEFT, RIGHT) if member % 2 == 0 else (RIGHT, LEFT)
        liked = chance.choice(6, 4, replace=False)
        start = NOW - DAY * (6 + member % 5)
        name = uuid.UUID(int=10_000 + member)
        rows += [(name, own[at], 1.0, start + DAY * day) for day, at in enumerate(liked)]
        rows.append((name, other[int(liked[0])], 0.0, start + DAY * 4))
    return Interactions.of(*zip(*rows, strict=True))


def history(*items: uuid.UUID, reward: float = 1.0) -> History:
    """A history of these items, the last one newest."""
    return History.of((item, reward, NOW + DAY * day) for day, item in enumerate(items))


def best(row: np.ndarray, *seen: uuid.UUID) -> Id:
    """The best scored item not seen."""
    ranked = np.where(np.isnan(row), -np.inf, row)
    ranked[CATALOGUE.indexes(seen)] = -np.inf
    return CATALOGUE.ids[int(ranked.argmax())]
