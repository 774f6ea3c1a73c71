"""What items say of themselves, and its words as numbers. Dims: K items, T words of a text that are read."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from recsys.ml import folding
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.data.vectors import Texts
from recsys.ml.scorer import Untrainable

NO_TEXTS: Final = "no item of the catalogue has a text: give the items titles or descriptions"
NOTHING, STRANGE, FIRST = 0, 1, 2
"""Numbers of no word, of a word that the vocabulary lacks, and of its first one."""
LONGEST: Final = 10_000
"""Characters of a text that are looked at."""
_ALONE: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD: Final = re.compile(rf"[{_ALONE}]|[^\W_{_ALONE}]{{1,40}}")


class Reading(Protocol):
    """The settings by which a family reads texts (see `configs`)."""

    @property
    def counts(self) -> str: ...
    @property
    def least(self) -> int: ...
    @property
    def words(self) -> int: ...
    @property
    def rare(self) -> int: ...
    @property
    def length(self) -> int: ...


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The items that have words, those as numbers [K, T], padded with 0, and how many numbers there are."""

    items: Vocabulary
    numbers: NDArray[np.int64]
    count: int

    def digest(self) -> str:
        """SHA-256 of what is read."""
        shape = str((*self.numbers.shape, self.count)).encode()
        return hashlib.sha256(shape + self.numbers.tobytes()).hexdigest()


def words_of(text: str, most: int) -> list[str]:
    """The first words of a text, in small letters; each Chinese or Japanese character stands for itself.

    Without marks and spaces; a word longer than 40 letters is cut.
    """
    plain = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    return [each.group() for each in islice(_WORD.finditer(plain), most)]


def read(
    config: Reading, interactions: Interactions, catalogue: Vocabulary, texts: Texts | None
) -> tuple[Words, Interactions]:
    """The words of the catalogue's items, and what members did with these, indexed by them.

    The vocabulary is of items that members turned to: of other words nothing can be learnt. Items
    that nobody touched are among those with words. Raises Untrainable.
    """
    _, known = folding.known_items(interactions, catalogue, config.counts, config.least)
    spoken = {} if texts is None else dict(zip(texts.items.ids, texts.values, strict=True))
    said = {
        item: first
        for item, text in spoken.items()
        if item in catalogue and (first := words_of(text, config.length))
    }
    if not said:
        raise Untrainable(NO_TEXTS, reason="no_texts")
    numbers = _numbered([said[each] for each in known.item_ids.ids if each in said], config)
    words = Words(Vocabulary.of(said), _laid(said.values(), numbers), FIRST + len(numbers))
    return words, folding.over(known, words.items)


def _numbered(learnt: Iterable[Sequence[str]], config: Reading) -> dict[str, int]:
    """Words that stand in enough texts, the frequent first, ties by the alphabet."""
    texts = Counter(word for words in learnt for word in set(words))
    kept = [word for word, count in texts.items() if count >= config.rare]
    ordered = sorted(kept, key=lambda word: (-texts[word], word))[: config.words]
    return {word: FIRST + place for place, word in enumerate(ordered)}


def _laid(said: Iterable[Sequence[str]], numbers: dict[str, int]) -> NDArray[np.int64]:
    rows = [[numbers.get(word, STRANGE) for word in words] for words in said]
    laid = np.full((len(rows), max(map(len, rows))), NOTHING, np.int64)
    for place, row in enumerate(rows):
        laid[place, : len(row)] = row
    return laid
