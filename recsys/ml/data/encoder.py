"""Texts to vectors by a sentence encoder: the half of `content` that needs torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers.utils import logging

from recsys.ml.data.interactions import Values
from recsys.ml.data.weights import BadEncoder, verify

AT_ONCE: Final = 32


class Encoder:
    """A sentence encoder: mean of the token vectors, to length 1; a long text is cut at `longest` tokens."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model

    @classmethod
    def load(cls, folder: Path, sha256: str, threads: int = 1) -> Self:
        """Load an encoder whose weights have this hash; reads no pickle and asks no network.

        Raises BadEncoder.
        """
        verify(folder, sha256)
        torch.set_num_threads(threads)
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            return cls(
                SentenceTransformer(
                    str(folder),
                    device="cpu",
                    local_files_only=True,
                    trust_remote_code=False,
                    model_kwargs={"use_safetensors": True},
                )
            )
        except (OSError, ValueError, KeyError) as problem:
            raise BadEncoder(f"{folder} holds no encoder: {problem}") from problem

    @property
    def longest(self) -> int:
        """How many tokens of a text count."""
        return int(self._model.max_seq_length or 0)

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str]) -> Values:
        """Vectors of texts [n, D] of length 1; raises ValueError where a text is blank."""
        if not all(text.strip() for text in texts):
            raise ValueError("a blank text has no vector")
        with torch.inference_mode():
            vectors = self._model.encode(
                list(texts),
                batch_size=AT_ONCE,
                show_progress_bar=False,
                normalize_embeddings=True,
                convert_to_numpy=True,
            )
        return np.asarray(vectors, np.float32)
