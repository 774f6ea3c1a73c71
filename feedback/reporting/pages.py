"""The pages of the report that feedback itself can answer, with their questions."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from feedback.reporting import (
    activity,
    changes,
    freshness,
    members,
    overview,
    purchases,
    ratings,
    slots,
    tail,
    winners,
)
from feedback.reporting.sections import Page

OVERVIEW: Final = Page(
    "overview",
    "feedback:download",
    _("What came of it"),
    _("What members did in these days, and what changed against the days before."),
    {"changes": changes.section, "trend": overview.section, "active": members.active},
)
ACTIVITY: Final = Page(
    "feedback",
    "feedback:download",
    _("What members did"),
    _(
        "Feedback by kind, by hour and by stars. Only what stands counts: not what was undone or is kept out."
    ),
    {
        "activity": activity.section,
        "stars": ratings.section,
        "good": ratings.good,
        "opinions": ratings.opinions,
        "revenue": purchases.section,
        "hours": activity.hours,
    },
)
ITEMS: Final = Page(
    "items",
    "feedback:download",
    _("What won and what lost"),
    _(
        "Items that members turned to more, or less, than to all others, and those that nobody is shown."
    ),
    {
        "rated": winners.rated,
        "answered": winners.answered,
        "revenue-by-item": purchases.by_item,
        "tenths": tail.tenths,
        "unseen": tail.unseen,
    },
)
SLOTS: Final = Page(
    "slots",
    "feedback:download",
    _("How slots were answered"),
    _("What members did with what was put before them, slot by slot, and how current it was."),
    {
        "slots": slots.section,
        "revenue-by-surface": purchases.by_surface,
        "modes": freshness.modes,
        "explored": freshness.explored,
    },
)
MEMBERS: Final = Page(
    "members",
    "feedback:download",
    _("Who came"),
    _("Active and new members, how much they rate, and what each segment does."),
    {
        "active": members.active,
        "segments": members.each_segment,
        "ratings-per-member": members.ratings,
    },
)

PAGES: Final = (OVERVIEW, ACTIVITY, ITEMS, SLOTS, MEMBERS)


def page_of(table: str) -> Page | None:
    """The page on which a table stands."""
    return next((page for page in PAGES if table in page.sections), None)
