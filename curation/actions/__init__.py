"""One function for each thing that a person decides; every page, API and command calls these."""

from curation.actions.accounts import join, make_token, revoke_token
from curation.actions.approvals import approve, ask_approval, send_back, take_back_approval
from curation.actions.bulk import MOST_ROWS, RowResult, declare, put_items, put_members
from curation.actions.catalogue import (
    MOST_AT_ONCE,
    Bulk,
    block_items,
    rule_over_items,
    set_active,
    undo_bulk,
)
from curation.actions.change_sets import move, publish_due, schedule, unschedule, withdraw
from curation.actions.decisions import (
    add_rule,
    block_item,
    end_decision,
    pin_item,
    revise_decision,
    set_blend,
)
from curation.actions.drafts import Draft, Refused, Terms, discard, open_change_set
from curation.actions.expectations import (
    Expected,
    add_expectation,
    change_expectation,
    read_claim,
    retire_expectation,
)
from curation.actions.imports import Imported, import_decisions
from curation.actions.publishing import (
    Publication,
    change_surface,
    publish,
    publish_decision,
    roll_back,
)
from curation.actions.segments import (
    MOST_LISTED,
    Listed,
    archive_segment,
    check_segment,
    edit_list,
    keep_learned,
    make_list,
    rename_segment,
    set_segment,
    written_segment,
)

__all__ = [
    "MOST_AT_ONCE",
    "MOST_LISTED",
    "MOST_ROWS",
    "Bulk",
    "Draft",
    "Expected",
    "Imported",
    "Listed",
    "Publication",
    "Refused",
    "RowResult",
    "Terms",
    "add_expectation",
    "add_rule",
    "approve",
    "archive_segment",
    "ask_approval",
    "block_item",
    "block_items",
    "change_expectation",
    "change_surface",
    "check_segment",
    "declare",
    "discard",
    "edit_list",
    "end_decision",
    "import_decisions",
    "join",
    "keep_learned",
    "make_list",
    "make_token",
    "move",
    "open_change_set",
    "pin_item",
    "publish",
    "publish_decision",
    "publish_due",
    "put_items",
    "put_members",
    "read_claim",
    "rename_segment",
    "retire_expectation",
    "revise_decision",
    "revoke_token",
    "roll_back",
    "rule_over_items",
    "schedule",
    "send_back",
    "set_active",
    "set_blend",
    "set_segment",
    "take_back_approval",
    "undo_bulk",
    "unschedule",
    "withdraw",
    "written_segment",
]
