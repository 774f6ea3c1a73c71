"""What fields are called: of every item and member, how they are compared, and of what curators decide.

Attributes are called as they were declared.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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

EFFECT_WORDS: Final = {
    "boost": _("boost"),
    "bury": _("bury"),
    "bury_to_bottom": _("bury to the bottom"),
    "exclude": _("exclude"),
    "only": _("only these"),
    "cap": _("cap: at most … in the first …"),
    "quota": _("quota: at least … in the first …"),
    "pin_match": _("pin the best match to a slot"),
}

FALLBACK_WORDS: Final = {
    "organic": _("show the usual slate"),
    "list": _("show the listed items"),
    "empty": _("show nothing"),
}

DEVICES: Final = {
    "mobile": pgettext_lazy("device", "phone"),
    "tablet": pgettext_lazy("device", "tablet"),
    "desktop": pgettext_lazy("device", "computer"),
    "tv": pgettext_lazy("device", "television"),
}
"""The devices that slates are asked for, and what they are called."""

SCORERS: Final = {
    "popularity": _("Popularity"),
    "item_knn": _("Nearest items"),
    "user_knn": _("Nearest members"),
    "context": _("Popularity by time"),
    "cluster": _("Clusters"),
    "transitions": _("Transitions"),
    "ease": _("EASE"),
    "svd": _("Singular values"),
    "als": _("Alternating least squares"),
    "dot": _("Dot product"),
    "ncf": _("Neural filtering"),
    "rating": _("Ratings"),
    "gru": _("Recurrent network"),
    "sasrec": _("Self-attention"),
    "content": _("Content"),
    "textcnn": _("Text convolution"),
    "joint": _("Joint network"),
}
"""What scorers are called, as the operators' screens call their families."""


def scorer_called(name: str) -> str:
    """What a scorer is called; one that the product does not know by its name."""
    return str(SCORERS.get(name, name))


SCALES: Final = {
    "log_z": _("Damped z-score"),
    "z": _("Z-score"),
    "percentile": _("Percentile"),
    "min_max": _("From the least to the most"),
    "none": _("As it is"),
}
"""What the scales of scorers are called."""


def scale_called(key: str) -> str:
    """What a scale is called; one that the product does not know by its key."""
    return str(SCALES.get(key, key))


DECISION_WORDS: Final = {
    "item": _("Item"),
    "segment": _("Segment"),
    "member": _("Member (id)"),
    "slot": _("Slot"),
    "safety": _("Safety block"),
    "beta": _("β"),
    "effect": _("Effect"),
    "strength": _("Strength"),
    "at_most": _("At most"),
    "at_least": _("At least"),
    "first": _("In the first"),
    "attribute": _("Of each value of"),
    "fallback": _("If none is left"),
    "fallback_items": _("Items shown then"),
    "where": _("Which items"),
    "devices": _("Devices"),
    "languages": _("Languages"),
    "anchors": _("Beside the items"),
    "members": _("Members for whom"),
    "hours": _("Hours"),
    "priority": _("Priority"),
    "from": _("In force from"),
    "until": _("In force until"),
    "review_on": _("Review on"),
    "holdback": _("Holdback share"),
    "traffic": _("Share of traffic"),
    "reason": _("Reason"),
    "ends": _("Ends the decision"),
}
"""The fields of a revision as the forms call them; `differences.fields_of` names them."""
