"""The comments on an item's page: what may be read there, and the form to write one."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from curation.models import Item
from feedback import comments
from recsys.member import shelves
from recsys.member.feedback_forms import CommentForm
from recsys.member.receipts import Receipt


def of(
    request: HttpRequest,
    item: Item,
    *,
    form: CommentForm | None = None,
    receipt: Receipt | None = None,
) -> dict[str, Any]:
    """What the pane shows: comments with a way back for their author, the form, and a receipt."""
    nonce = secrets.token_urlsafe(9)
    return {
        "comments": comments.of_item(item.id, shelves.subject_of(request)),
        "comment_form": form or CommentForm(initial={"nonce": nonce}, label_suffix=""),
        "comment_receipt": receipt,
        "item_id": item.id,
        "title": item.title,
        "own_source": settings.DEFAULT_SOURCE,
    }
