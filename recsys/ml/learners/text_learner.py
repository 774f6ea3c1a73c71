"""A convolution over words that gives each item a vector: the half of text models that needs torch.

Dims: K items, n of them, T words of a text, E numbers of a word, D of an item.
"""

from __future__ import annotations

from typing import Final, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from recsys.ml.scorers.texts import NOTHING, STRANGE, Words

AT_ONCE: Final = 2_048
SPREAD: Final = 0.1


class Convolving(Protocol):
    """The settings of a convolution over words (see `configs`)."""

    @property
    def embedding_size(self) -> int: ...
    @property
    def word_size(self) -> int: ...
    @property
    def widths(self) -> int: ...
    @property
    def filters(self) -> int: ...
    @property
    def hidden_words(self) -> float: ...
    @property
    def dropout(self) -> float: ...


class Reader(nn.Module):
    """Words, convolutions of widths 1 to ``widths``, the highest value of each filter, a projection (Kim 2014).

    While it learns some words are hidden, so that it knows what to do with one that it has never met.
    """

    numbers: Tensor

    def __init__(self, words: Words, config: Convolving) -> None:
        super().__init__()
        short = max(0, config.widths - words.numbers.shape[1])
        numbers = functional.pad(torch.from_numpy(words.numbers), (0, short), value=NOTHING)
        self.register_buffer("numbers", numbers, persistent=False)
        self.hidden_words = config.hidden_words
        self.words = nn.Embedding(words.count, config.word_size, padding_idx=NOTHING)
        with torch.no_grad():
            self.words.weight.mul_(SPREAD)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(config.word_size, config.filters, width)
            for width in range(1, config.widths + 1)
        )
        self.out = nn.Linear(config.filters * config.widths, config.embedding_size)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, items: Tensor) -> Tensor:
        """Vectors [n, D] of items [n]."""
        numbers = self.numbers[items]
        if self.training and self.hidden_words:
            hidden = torch.rand(numbers.shape, device=numbers.device) < self.hidden_words
            numbers = numbers.masked_fill(hidden & (numbers != NOTHING), STRANGE)
        read = self.words(numbers).transpose(1, 2)
        highest = [functional.relu(each(read).amax(dim=2)) for each in self.convolutions]
        vectors: Tensor = self.out(self.dropout(torch.cat(highest, dim=1)))
        return vectors

    @torch.no_grad()
    def everything(self) -> Tensor:
        """Vectors [K, D] of all items, as they are scored."""
        self.eval()
        items = torch.arange(len(self.numbers), device=self.numbers.device)
        return torch.cat([self(each) for each in torch.split(items, AT_ONCE)])
