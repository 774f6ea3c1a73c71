"""One function for each thing that a person decides; every page, API and command calls these."""

from curation.actions.bulk import MOST_ROWS, RowResult, declare, put_items, put_members
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
from curation.actions.people import check_segment, set_segment
from curation.actions.publishing import (
    Publication,
    change_surface,
    publish,
    publish_decision,
    roll_back,
)

__all__ = [
    "MOST_ROWS",
    "Draft",
    "Publication",
    "Refused",
    "RowResult",
    "Terms",
    "add_rule",
    "block_item",
    "change_surface",
    "check_segment",
    "declare",
    "difference",
    "discard",
    "end_decision",
    "open_change_set",
    "pin_item",
    "publish",
    "publish_decision",
    "put_items",
    "put_members",
    "revise_decision",
    "roll_back",
    "set_blend",
    "set_segment",
]
