"""People, the catalogue and what curators decided: data only."""

from curation.models.access import Scope, SignOut, Token
from curation.models.approvals import Approval, SimulatedChange
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
from curation.models.embeddings import Embedding, Likeness
from curation.models.expectations import Expectation, ExpectationReport
from curation.models.outbox import Mail, Outbox
from curation.models.people import Member, MemberAttribute, MemberStats, User, UserRole
from curation.models.segments import (
    Segment,
    SegmentChange,
    SegmentMembership,
    SegmentState,
    SegmentVersion,
)

__all__ = [
    "Approval",
    "Attribute",
    "Block",
    "ChangeSet",
    "Counter",
    "Decision",
    "Embedding",
    "Expectation",
    "ExpectationReport",
    "Inspection",
    "Item",
    "ItemStats",
    "Likeness",
    "Mail",
    "Member",
    "MemberAttribute",
    "MemberStats",
    "Outbox",
    "PolicyEntry",
    "PolicyVersion",
    "Revision",
    "Scope",
    "Scorer",
    "Segment",
    "SegmentChange",
    "SegmentMembership",
    "SegmentState",
    "SegmentVersion",
    "SignOut",
    "SimulatedChange",
    "Surface",
    "Token",
    "User",
    "UserRole",
    "Withdrawal",
]
