"""Likeness of texts: items near what a member liked, by what texts mean (Rocchio 1971) or by the taste this tells of.

Dims: K items, E numbers of an embedding, D of what is compared, n items of a profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from recsys.ml import folding
from recsys.ml.configs import ContentConfig
from recsys.ml.data.interactions import History, Interactions, Values, Vocabulary
from recsys.ml.scorer import Arrays, Profile, Training, Untrainable
from recsys.ml.scorers import svd
from recsys.ml.scorers.heads import Floats, Taught, projected
from recsys.ml.scorers.personal import Personal

NO_EMBEDDINGS = "no item of the catalogue has an embedding: embed the items first"


@dataclass(frozen=True, eq=False)
class Content(Personal):
    """Score of item i = v_i · Σ_j w_j v_j / Σ_j |w_j|, w by recency; what was disliked pulls away.

    ``vectors`` v [K, D] are meanings of length 1, or factors with them beside. It knows items that nobody
    has touched yet.
    """

    family: ClassVar[str] = "content"
    vectors: Values

    def fold_in(self, history: History) -> Profile:
        """Weigh a history by recency; weights sum to 1 in size."""
        profile = folding.by_recency(self.config, history, self.items)
        return Profile(profile.rows, profile.weights / max(np.abs(profile.weights).sum(), 1e-9))

    def row(self, profile: Profile) -> Values:
        """Scores [K] of one profile."""
        return np.asarray(self.vectors @ (profile.weights @ self.vectors[profile.rows]), np.float32)

    def shares(self, profile: Profile, index: int) -> Values:
        """w_j v_j · v_i."""
        return np.asarray(profile.weights * (self.vectors[profile.rows] @ self.vectors[index]))

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {"vectors": self.vectors}

    @classmethod
    def restore(cls, config: ContentConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        vectors = arrays["vectors"]
        if vectors.ndim != 2 or len(vectors) != len(items):
            raise ValueError(f"{len(items)} items have vectors of shape {vectors.shape}")
        return cls(config, items, vectors)


def fit(
    config: ContentConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Content:
    """Take the meanings of the catalogue's items and, where that is asked, teach them what members like alike.

    Raises Untrainable where no item has one.
    """
    training.progress("reading embeddings", 0, 1)
    folding.known_items(interactions, catalogue, config.counts, 1)
    items, meaning = meanings(catalogue, training, centre=config.centre)
    if config.compares == "taste" and config.mix < 1:
        taste = _taste(config, interactions, items, meaning, training)
        parts = [taste * (1 - config.mix) ** 0.5, meaning * config.mix**0.5]
        meaning = np.hstack(parts if config.mix else parts[:1])
    training.progress("reading embeddings", 1, 1)
    return Content(config, items, meaning.astype(np.float32))


def meanings(
    catalogue: Vocabulary, training: Training, *, centre: bool
) -> tuple[Vocabulary, Floats]:
    """The catalogue's items that have an embedding, and these [K, E], less their mean, to length 1.

    What all texts share says nothing of taste; with it every cosine is high. Raises Untrainable where
    there is none.
    """
    given = training.vectors
    if given is None or not len(given):
        raise Untrainable(NO_EMBEDDINGS, reason="no_embeddings")
    kept = np.flatnonzero(folding.catalogue_flags(given.items, catalogue)).astype(np.int32)
    if not len(kept):
        raise Untrainable(NO_EMBEDDINGS, reason="no_embeddings")
    values = given.values[kept].astype(np.float64)
    if centre:
        values -= values.mean(axis=0)
    values /= np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)
    return Vocabulary.of(given.items.at(kept)), values


def _taste(
    config: ContentConfig,
    interactions: Interactions,
    items: Vocabulary,
    meaning: Floats,
    training: Training,
) -> Floats:
    """Factors [K, D] of items with an embedding, one in the mean of length 1; a decomposition teaches them.

    Zeros where nobody liked any of them: then there is no taste to be told.
    """
    try:
        met, likes = folding.likes(config, interactions, items)
    except Untrainable:
        return np.zeros((len(items), config.factors))
    factors = svd.factors_of(likes, config, training).astype(np.float64)
    events = np.diff(likes.tocsc().indptr).astype(np.float64)
    taught = Taught(items.indexes(met.ids), factors, events)
    taste = projected(meaning, taught, config.ridge, config.trust)
    return taste / max(float(np.linalg.norm(taste, axis=1).mean()), 1e-9)
