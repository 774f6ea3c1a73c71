"""One function for each thing that a person decides; every page, API and command calls these."""

from curation.actions.decisions import (
    add_rule,
    block_item,
    difference,
    end_decision,
    pin_item,
    revise_decision,
    set_blend,
)
from curation.actions.drafts import Draft, Refused, Terms, discard, open_change_set
from curation.actions.publishing import Publication, publish, publish_decision, roll_back

__all__ = [
    "Draft",
    "Publication",
    "Refused",
    "Terms",
    "add_rule",
    "block_item",
    "difference",
    "discard",
    "end_decision",
    "open_change_set",
    "pin_item",
    "publish",
    "publish_decision",
    "revise_decision",
    "roll_back",
    "set_blend",
]
