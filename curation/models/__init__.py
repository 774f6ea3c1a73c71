"""People, the catalogue and what curators decided: data only."""

from curation.models.access import Token
from curation.models.catalogue import Attribute, Counter, Item, ItemStats, Scorer, Surface
from curation.models.decisions import (
    Block,
    ChangeSet,
    Decision,
    Inspection,
    PolicyEntry,
    PolicyVersion,
    Revision,
    Withdrawal,
)
from curation.models.outbox import Outbox
from curation.models.people import Member, MemberStats, Segment, SegmentMembership, User, UserRole

__all__ = [
    "Attribute",
    "Block",
    "ChangeSet",
    "Counter",
    "Decision",
    "Inspection",
    "Item",
    "ItemStats",
    "Member",
    "MemberStats",
    "Outbox",
    "PolicyEntry",
    "PolicyVersion",
    "Revision",
    "Scorer",
    "Segment",
    "SegmentMembership",
    "Surface",
    "Token",
    "User",
    "UserRole",
    "Withdrawal",
]
