"""What people did and said, what was served to them, and what is added up of it: data only."""

from feedback.models.corrections import Comment, Mark, Merge
from feedback.models.remnants import Decided, Remnant
from feedback.models.rewards import RewardTable
from feedback.models.rollups import Arrival, ItemShown, ItemTally, SlotTally, Tally
from feedback.models.told import (
    EventKey,
    Impression,
    Interaction,
    Kind,
    MemberState,
    Rating,
    Rule,
    Undo,
)

__all__ = [
    "Arrival",
    "Comment",
    "Decided",
    "EventKey",
    "Impression",
    "Interaction",
    "ItemShown",
    "ItemTally",
    "Kind",
    "Mark",
    "MemberState",
    "Merge",
    "Rating",
    "Remnant",
    "RewardTable",
    "Rule",
    "SlotTally",
    "Tally",
    "Undo",
]
