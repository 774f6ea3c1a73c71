"""Proposed decisions in words: what is proposed, and the evidence in one sentence with its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.desk import shown as desk
from feedback.tables import number, percent
from recsys.models import DecisionProposal
from recsys.proposals.opinions import LOOKED_BACK

PER: Final = 100
"""Clicks and likes are told per so many slates."""

Told = Mapping[str, Any]

_FIGURES: Final[Mapping[str, str | Promise]] = {
    "clicks": gettext_lazy("clicks per 100 slates"),
    "likes": gettext_lazy("likes per 100 slates"),
}


def titles(proposals: Iterable[DecisionProposal]) -> dict[Any, str]:
    """What each of these proposes, by its id; decisions that are to end are read in at most two queries."""
    rows = list(proposals)
    ending = {row.decision_id: row.evidence["revision"] for row in rows if row.decision_id}
    words = desk.words_of(ending)
    return {row.pk: _title(row, words) for row in rows}


def _title(row: DecisionProposal, words: Mapping[str, str]) -> str:
    if row.decision:
        decision = words.get(str(row.decision_id), str(row.decision))
        return _("End: %(decision)s") % {"decision": decision}
    told = {"item": row.item, "segment": row.segment}
    if row.kind == DecisionProposal.Kind.BURY:
        return _("Bury “%(item)s” for %(segment)s") % told
    return _("Boost “%(item)s” for %(segment)s") % told


def evidence(row: DecisionProposal) -> str:
    """What speaks for a proposal, in one sentence with its figures."""
    return _SENTENCES[row.kind](row, row.evidence)


def _bury(row: DecisionProposal, told: Told) -> str:
    sentence = _(
        "%(part)s of %(votes)s votes of %(segment)s are against it, surely at least %(low)s; elsewhere "
        "%(part_elsewhere)s of %(votes_elsewhere)s. %(surface)s served it to them %(times)s times in %(days)s days."
    )
    return sentence % _voted(row, told)


def _boost(row: DecisionProposal, told: Told) -> str:
    sentence = _(
        "%(part)s of %(votes)s votes of %(segment)s are for it, surely at least %(low)s; elsewhere "
        "%(part_elsewhere)s of %(votes_elsewhere)s. Of their %(slates)s slates on %(surface)s in %(days)s days "
        "%(times)s held it."
    )
    if not told["votes_elsewhere"]:
        sentence = _(
            "%(part)s of %(votes)s votes of %(segment)s are for it, surely at least %(low)s; nobody else has voted. "
            "Of their %(slates)s slates on %(surface)s in %(days)s days %(times)s held it."
        )
    return sentence % _voted(row, told)


def _voted(row: DecisionProposal, told: Told) -> dict[str, Any]:
    counts = ("part", "votes", "part_elsewhere", "votes_elsewhere", "times", "slates")
    return {
        **{name: number(told[name]) for name in counts},
        "low": percent(told["low"]),
        "segment": row.segment,
        "surface": row.surface,
        "days": LOOKED_BACK.days,
    }


def _end(_row: DecisionProposal, told: Told) -> str:
    day = date_format(date.fromisoformat(told["day"]), "DATE_FORMAT")
    if told["way"] == "idle":
        sentence = _IDLE[told["due"]]
        return str(sentence) % {"day": day, "requests": number(told["requests"])}
    scaled = {
        name: number(told[name] * PER, 2)
        for name in ("reached", "spared", "difference", "low", "high")
    }
    return str(_NIL[told["due"]]) % {"day": day, "figure": _FIGURES[told["name"]], **scaled}


_NIL: Final[Mapping[str, str | Promise]] = {
    "over": gettext_lazy(
        "It was over on %(day)s, and its effect was nil: %(reached)s %(figure)s where it reached, %(spared)s where "
        "it spared; the difference lies between %(low)s and %(high)s."
    ),
    "review": gettext_lazy(
        "Its review was due on %(day)s, and its effect was nil: %(reached)s %(figure)s where it reached, %(spared)s "
        "where it spared; the difference lies between %(low)s and %(high)s."
    ),
}
_IDLE: Final[Mapping[str, str | Promise]] = {
    "over": gettext_lazy(
        "It was over on %(day)s, and changed none of the latest %(requests)s requests."
    ),
    "review": gettext_lazy(
        "Its review was due on %(day)s, and it changed none of the latest %(requests)s requests."
    ),
}
_SENTENCES: Final[Mapping[str, Callable[[DecisionProposal, Told], str]]] = {
    DecisionProposal.Kind.BURY: _bury,
    DecisionProposal.Kind.BOOST: _boost,
    DecisionProposal.Kind.END: _end,
}
