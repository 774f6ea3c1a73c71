"""The two pages of the report that read traces, under the same tabs and filters as the others."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from feedback.reporting import slots
from feedback.reporting.sections import Page
from recsys.reporting import decisions, scorers

SCORERS: Final = Page(
    "scorers",
    "report-scorers-table",
    _("What scorers contributed"),
    _(
        "How much each scorer had to say in the slates that were served, and whether members then agreed."
    ),
    {"shares": scorers.shares, "agreement": scorers.agreement},
)
DECISIONS: Final = Page(
    "decisions",
    "report-decisions-table",
    _("What decisions did"),
    _(
        "How much of what was served curators decided, and how each decision was answered; ended ones too."
    ),
    {"curated": slots.curated, "decisions": decisions.each},
)
