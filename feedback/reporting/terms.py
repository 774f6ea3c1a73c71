"""The words of reports, defined once: shown on hover and focus wherever a figure uses them."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

TERMS: Final = {
    "interaction": (
        _("interaction"),
        _("One thing that a member did, on the day it occurred. What was undone or is kept out does not count."),
    ),
    "active": (_("active member"), _("A member with at least one interaction on that day.")),
    "new": (_("new member"), _("A member whose first interaction of all lies in these days.")),
    "served": (
        _("served"),
        _("A placement in a slate that was sent. Whether it was seen is known only where the page or client says so."),
    ),
    "click_rate": (
        _("click rate"),
        _("Of the placements served, the share that the same member clicked, citing that impression."),
    ),
    "like_rate": (
        _("like rate"),
        _("Of the placements served, the share that the same member liked, citing that impression."),
    ),
    "good": (_("good rating"), _("A rating of 4 stars or more.")),
    "interval": (
        _("interval"),
        _("Where the true figure lies with a confidence of 95 %: the fewer were counted, the wider it is."),
    ),
    "curated": (_("decided by curators"), _("A decision put the item into the slot, or moved it there.")),
    "mode": (
        _("mode"),
        _("Fresh: made from today's versions. Stale: from earlier ones. Fallback: not personal, since none was ready."),
    ),
    "explored": (
        _("explored"),
        _("Chance had a part in which item got the slot: its propensity is below 1."),
    ),
    "coverage": (_("coverage"), _("The share of the active catalogue that was served at least once.")),
    "utility": (
        _("utility"),
        _("What an item is worth for a member before decisions: the sum of the parts that the scorers give."),
    ),
    "agreement": (
        _("agreement"),
        _("How often a scorer gives a liked item more than another of its slate that was not liked; 50 % is chance."),
    ),
}  # fmt: skip
