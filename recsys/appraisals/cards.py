"""An appraisal as its page shows it: one question a section, each with its answer, chart, table and definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from curation.models import Revision
from feedback.charts.bars import Part, ranked_bars
from feedback.charts.intervals import Estimate, Reference, intervals
from feedback.reporting.sections import Figure, Section
from feedback.tables import Cell, Table, number
from recsys.models import Appraisal

Told = Mapping[str, Any]
Words = Mapping[str | None, str | Promise]

DRAWN: Final = 8
PER: Final = 100
"""Clicks, likes and ratings are told per so many slates."""

NAMES: Final[Words] = {
    "clicks": gettext_lazy("Clicks per 100 slates"),
    "likes": gettext_lazy("Likes per 100 slates"),
    "ratings": gettext_lazy("Ratings per 100 slates"),
    "stars": gettext_lazy("Stars per rating"),
}
VERDICTS: Final[Words] = {
    "more": gettext_lazy("surely more"),
    "fewer": gettext_lazy("surely fewer"),
    "unsure": gettext_lazy("no sure difference"),
    "cannot_tell": gettext_lazy("cannot tell"),
}
WHYS: Final[Words] = {
    None: "",
    "nobody_spared": gettext_lazy("nobody was spared"),
    "few_members": gettext_lazy("too few members"),
    "few_answers": gettext_lazy("too few answers"),
}
SUMS: Final[Words] = {
    "more": gettext_lazy("Members whom it reaches answer surely better than those whom it spares."),
    "fewer": gettext_lazy("Members whom it reaches answer surely worse than those whom it spares."),
    "unsure": gettext_lazy("It makes no sure difference to how members answer."),
    "cannot_tell": gettext_lazy("Cannot tell what it brings yet."),
}


@dataclass(frozen=True)
class Card:
    """What a finished appraisal says; `is_stale` once the decision is at another revision."""

    report: Told
    is_stale: bool

    @cached_property
    def sections(self) -> list[Section]:
        """What it brought, then whose exposure it gave and took, and its price."""
        price = self.report["price"]
        return [self._brought(), *([_exposure(price)] if price else [])]

    def _brought(self) -> Section:
        report = self.report
        members, slates = report["members"], report["slates"]
        columns = [
            *(_("Figure"), _("Reached"), _("Spared"), _("Difference")),
            *(_("At least"), _("At most"), _("Verdict")),
        ]
        words = {
            "reached": number(members["reached"]),
            "slates": number(slates["reached"]),
            "spared": number(members["spared"]),
            "others": number(slates["spared"]),
            "fired": number(report["fired"]),
        }
        measured = _(
            "Reached: %(reached)s members in %(slates)s slates, in %(fired)s of which it had something to do. "
            "Spared: %(spared)s members in %(others)s slates."
        )
        return Section(
            name="lift",
            question=_("What did it bring?"),
            answer=self._answer(),
            measure=_("Difference per 100 slates, reached less spared, with intervals"),
            figures=_drawn(report["lifts"]),
            table=Table("lift", columns, [_row(each) for each in report["lifts"]]),
            definition=_definition(),
            words=["served", "interval"],
            note=measured % words,
        )

    def _answer(self) -> str:
        if self.report["exempt"]:
            return _("An exclusion holds for everybody, so there is nobody to compare with.")
        if not self.report["holdback"] and self.report["traffic"] == 1:
            return _(
                "It spares nobody, so nobody can tell what it brings. Give it a holdback share to find out."
            )
        return str(SUMS[self.report["verdict"]])

    @property
    def price(self) -> str:
        """What it costs in relevance, in a sentence; empty where nothing was replayed."""
        price = self.report["price"]
        if not price or not price["requests"]:
            return ""
        if not price["changed"]:
            return _("It changed none of the slates replayed, and cost nothing.")
        cost = price["given_up"]
        words = {"cost": number(cost["mean"], 3)}
        if cost["low"] is None:
            return _("Where it changes a slate, it gives up %(cost)s of relevance.") % words
        words |= {"low": number(cost["low"], 3), "high": number(cost["high"], 3)}
        sentence = _(
            "Where it changes a slate, it gives up %(cost)s of relevance (between %(low)s and %(high)s)."
        )
        return sentence % words


def card_of(appraisal: Appraisal, newest: Revision) -> Card:
    """The card of an appraisal that is done; `newest` is the revision that stands for the decision now."""
    return Card(appraisal.report, appraisal.report["revision"] != newest.number)


def _definition() -> str:
    return _(
        "A hash of decision and member draws who is spared; both sides are counted in the slates in which it held, "
        "whether or not it had something to do there (intention to treat), as long as slates are kept. Variances are "
        "over members (delta method), intervals Welch's (95 %). With fewer than 30 members on either side, or fewer "
        "than 10 answers, nothing is said. Likes are likes, favourites and ratings of 4 stars and more."
    )


def _scale(name: str) -> int:
    return 1 if name == "stars" else PER


def _scaled(told: Told, end: str) -> float | None:
    value = told[end]
    return None if value is None else value * _scale(told["name"])


def _row(told: Told) -> list[Cell]:
    ends = ("reached", "spared", "difference", "low", "high")
    verdict = str(VERDICTS[told["verdict"]])
    if told["why"]:
        verdict = _("%(verdict)s: %(why)s") % {"verdict": verdict, "why": WHYS[told["why"]]}
    return [str(NAMES[told["name"]]), *(_scaled(told, end) for end in ends), verdict]


def _drawn(lifts: Sequence[Told]) -> list[Figure]:
    """The differences that may be told, on one scale; stars are on another and stand in the table."""
    known = [each for each in lifts if each["low"] is not None and each["name"] != "stars"]
    if not known:
        return []
    drawn = [
        Estimate(
            str(NAMES[each["name"]]),
            each["difference"] * PER,
            each["low"] * PER,
            each["high"] * PER,
            "human",
        )
        for each in known
    ]
    most = max(max(abs(one.low), abs(one.high)) for one in drawn) or 1.0
    chart = intervals(drawn, _say, Reference(_("no difference"), 0.0), ends=(-most, most))
    return [Figure(chart)]


def _say(value: float) -> str:
    return number(value, 1)


def _exposure(price: Told) -> Section:
    columns = [_("Item"), _("Slots without it"), _("Slots with it"), _("Given or taken")]
    changes = [*price["winners"], *price["losers"]]
    won = [(each["title"], each["after"] - each["before"]) for each in price["winners"]]
    lost = [(each["title"], each["before"] - each["after"]) for each in price["losers"]]
    rows = [
        (_("gained"), _("Slots given to items"), won, "human"),
        (_("lost"), _("Slots taken from items"), lost, "machine"),
    ]
    figures = [
        Figure(
            ranked_bars([(title, [Part(name, n, style)]) for title, n in found[:DRAWN]], number),
            finding,
        )
        for name, finding, found, style in rows
        if found
    ]
    return Section(
        name="exposure",
        question=_("Whose exposure did it give and take?"),
        answer=_exposed(price),
        measure=_("Slots of the requests replayed, with it less without it"),
        figures=figures,
        table=Table("exposure", columns, [_change(each) for each in changes]),
        definition=_(
            "The latest requests are replayed with it and without it: models, members and their histories are those "
            "of each request, so nothing differs but the decision. Relevance is what the blend alone makes of the "
            "items in the slots that were served, in utility: an item of 1 more has e times the odds."
        ),
        words=["utility"],
        note=_bare(price["bare"]),
    )


def _exposed(price: Told) -> str:
    words = {"changed": number(price["changed"]), "requests": number(price["requests"])}
    if not price["requests"]:
        return _("No request could be replayed.")
    return _("It changes %(changed)s of the %(requests)s requests replayed.") % words


def _bare(bare: int) -> str:
    if not bare:
        return ""
    sentence = ngettext(
        "%(n)d more request of that time kept no inputs and is not counted.",
        "%(n)d more requests of that time kept no inputs and are not counted.",
        bare,
    )
    return sentence % {"n": bare}


def _change(told: Told) -> list[Cell]:
    return [told["title"], told["before"], told["after"], told["after"] - told["before"]]
