"""The words for the reasons of a placement, in the language of the request."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

SCORERS: Final = {
    "popularity": gettext_lazy("Popular lately"),
    "context": gettext_lazy("Popular at this time of the day and week"),
    "item_knn": gettext_lazy("Close to items that you liked"),
    "user_knn": gettext_lazy("Liked by people who like what you like"),
    "cluster": gettext_lazy("Popular lately with people of your taste"),
    "transitions": gettext_lazy("What people turn to after what you chose last"),
    "ease": gettext_lazy("Liked by people whose likes are like yours"),
    "svd": gettext_lazy("Has much in common with what you liked"),
    "als": gettext_lazy("Close to your taste as a whole"),
    "dot": gettext_lazy("Fits your taste as the model learned it"),
    "ncf": gettext_lazy("Fits your taste as a network learned it"),
    "rating": gettext_lazy("You would rate it highly, as we expect"),
    "gru": gettext_lazy("Follows what you turned to one after the other"),
    "sasrec": gettext_lazy("Comes next for people who went your way"),
    "content": gettext_lazy("Described much like what you liked"),
    "textcnn": gettext_lazy("Its words are like those of what you liked"),
    "joint": gettext_lazy("Follows what you did, by what is said of it"),
}
"""What it means that a scorer spoke most for an item."""

TEXTS: Final = {
    "pinned": gettext_lazy("Chosen by our curators"),
    "pinned_best_match": gettext_lazy("The best match for a place that our curators keep"),
    "explored": gettext_lazy("Something different, to learn what you like"),
    "quota": gettext_lazy("Here for variety, by a rule of our curators"),
    "boosted": gettext_lazy("Raised by a rule of our curators"),
    "buried": gettext_lazy("Lowered by a rule of our curators"),
    "to_bottom": gettext_lazy("Sent to the end by a rule of our curators"),
    "unscored": gettext_lazy("New: no model knows it yet"),
}


def text_of(reason: Mapping[str, Any], language: str | None = None) -> str:
    """One reason, as bodies or traces hold it, in words; a code that has none here is named as it is.

    `language` is the one that is active, from a caller who has many reasons and looked it up once.
    """
    parameters = reason.get("parameters", reason)
    active = (get_language() or "") if language is None else language
    return _words(reason["code"], parameters.get("scorer", ""), active)


@lru_cache(maxsize=1024)
def _words(code: str, scorer: str, language: str) -> str:
    """The words in the language that is active; kept, since every placement of every slate asks."""
    if code == "scorer":
        return str(SCORERS.get(scorer) or _("Recommended by %(scorer)s") % {"scorer": scorer})
    return str(TEXTS.get(code, code))
