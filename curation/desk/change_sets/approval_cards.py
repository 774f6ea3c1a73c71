"""The approval of a change set as its page shows it: what surfaces ask, where it stands, and what the reader can do."""

from __future__ import annotations

from typing import Any

from curation.desk.change_set_forms import AnswerForm, AskForm, PublishForm
from curation.models import ChangeSet, User
from curation.people.access import roles_of
from curation.policies import approvals


def approval_of(user: User, home: ChangeSet) -> dict[str, Any]:
    """What the page of a change set shows of its approval to a user; of a closed one, how it went."""
    standing = approvals.of(home)
    told: dict[str, Any] = {
        "home": home,
        "standing": standing,
        "said": approvals.state_in_words(standing),
        "asks": [(ask, approvals.in_words(ask)) for ask in standing.asks],
    }
    if home.published_at or home.discarded_at:
        return told
    lacking = standing.is_lacking
    if lacking or standing.state == "asked":
        told["who"] = approvals.can_in_words(standing.barred)
    if lacking and "administrator" in roles_of(user):
        told["alone"] = PublishForm(may_override=True)["without_approval"]
    if standing.may_answer(user) and standing.newest:
        told["answer"] = AnswerForm(initial={"request": standing.newest.pk}, auto_id="answer_%s")
    may_ask = standing.state not in ("asked", "approved") and standing.content.drafts
    if may_ask and standing.asks:
        told["ask"] = AskForm(auto_id="ask_%s")
    return {**told, "is_open": True, "may_take_back": standing.may_take_back(user)}
