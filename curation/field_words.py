"""What the fields are called that every item and every member has, and how they are compared.

Attributes are called as they were declared.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

_FIGURES: Final = {
    "mean_rating": _("mean rating"),
    "ratings": _("number of ratings"),
    "likes": _("number of likes"),
    "dislikes": _("number of dislikes"),
    "favourites": _("number of favourites"),
    "not_interested": _("times not interested"),
    "clicks": _("number of clicks"),
    "shares": _("number of shares"),
    "views": _("number of views"),
    "purchases": _("number of purchases"),
    "shown": _("times shown"),
    "click_rate": _("clicks per showing"),
    "like_rate": _("likes per showing"),
    "rating_rate": _("ratings per showing"),
    "positive_share": _("likes among thumbs"),
    "night": _("share at night"),
    "morning": _("share in the morning"),
    "afternoon": _("share in the afternoon"),
    "evening": _("share in the evening"),
    "weekend": _("share at weekends"),
}

ITEM_WORDS: Final = {
    "title": _("title"),
    "provider": _("provider"),
    "source": _("source"),
    "published_on": _("publication date"),
    **{f"stats.{name}": words for name, words in _FIGURES.items()},
    "stats.favourite_rate": _("favourites per showing"),
    "stats.share_rate": _("shares per showing"),
    "stats.view_rate": _("views per showing"),
    "stats.purchase_rate": _("purchases per showing"),
    "stats.last_on": _("day of the last interaction"),
}

MEMBER_WORDS: Final = {
    "language": _("language"),
    "time_zone": _("time zone"),
    "source": _("source"),
    "joined_on": _("day of joining"),
    "simulated": _("simulated"),
    "idle_days": _("days since the last feedback"),
    "interactions": _("number of interactions"),
    "comments": _("number of comments"),
    **_FIGURES,
}

OPERATOR_WORDS: Final = {
    "eq": _("is"),
    "ne": _("is not"),
    "lt": _("is below"),
    "le": _("is at most"),
    "gt": _("is above"),
    "ge": _("is at least"),
    "in": _("is one of"),
    "has": _("has"),
    "contains": _("contains"),
    "starts": _("starts with"),
    "exists": _("is given"),
    "missing": _("is missing"),
}
