"""What settings of several families say of themselves: their help texts and units."""

from __future__ import annotations

from typing import Final

from recsys.ml.configuration import gettext_noop

COUNTS: Final = gettext_noop("What counts: the reward of an interaction, or every event alike.")
DECAY: Final = gettext_noop("Each later interaction makes an earlier one weigh this much less.")
DAILY: Final = gettext_noop(
    "Each day before the newest interaction makes an earlier one weigh this much less."
)
DISLIKE: Final = gettext_noop("How strongly a dislike speaks against similar items; 0 ignores it.")
LEAST: Final = gettext_noop("Items with fewer interactions than this are not learnt.")
DAYS: Final = gettext_noop("days")
HOURS: Final = gettext_noop("hours")
INTERACTIONS: Final = gettext_noop("interactions")
ITEMS: Final = gettext_noop("items")
MEMBERS: Final = gettext_noop("members")
PASSES: Final = gettext_noop("passes")
STEPS: Final = gettext_noop("steps")
FACTORS: Final = gettext_noop("Numbers in each embedding.")
SHRINK: Final = gettext_noop("Pulls the similarity of rarely seen pairs towards 0.")
HALF_LIFE: Final = gettext_noop("After so many days an interaction counts half.")
NEVER: Final = 36_500.0
"""A half-life of so many days, a century, is as good as none."""
DAMPING: Final = gettext_noop("How much less a popular item counts: 0 not at all, 1 as any other.")
TEACHES: Final = gettext_noop("An interaction so many days before the newest teaches half as much.")
SAMPLED: Final = gettext_noop("Sampled items that each step compares with.")
LATEST: Final = gettext_noop("Latest interactions of a member that count.")
STEP: Final = gettext_noop("Size of a step.")
BATCH: Final = gettext_noop("Interactions in one step.")
REG: Final = gettext_noop("Weight decay of the embeddings.")
EPOCHS: Final = gettext_noop("Passes over the interactions.")
VOCABULARY: Final = gettext_noop("Words that are told apart at most, the frequent first.")
RARE: Final = gettext_noop("Words that stand in fewer texts than this are taken as one.")
READ: Final = gettext_noop("Words of a text that are read, its first.")
WORD_SIZE: Final = gettext_noop("Numbers in the embedding of a word.")
WIDTHS: Final = gettext_noop(
    "Words in a row that a filter sees at most; there are filters of each width up to it."
)
FILTERS: Final = gettext_noop("Filters of each width.")
HIDDEN: Final = gettext_noop("Share of words that are hidden while it learns.")
LEFT_OUT: Final = gettext_noop("Share of numbers left out while it learns.")
WORDS: Final = gettext_noop("words")
TEXTS: Final = gettext_noop("texts")
AT_MOST: Final = gettext_noop("Passes at most.")
SAMPLED_OR_ALL: Final = gettext_noop(
    "Sampled items that each step compares with; as many as there are: with all of them."
)
