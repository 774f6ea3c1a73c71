"""What each decision did: how often it had a part in what was served, and how that was answered.

Ended decisions stand here too, as long as a slate that they had a part in is in the sample.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.decisions.lineages import State, named, with_state
from curation.desk.shown import lines
from curation.models import Decision, Revision
from feedback.charts.intervals import Estimate, Reference, intervals
from feedback.reporting.chance import FEWEST, Bounds, newcombe, wilson
from feedback.reporting.sections import Figure, Section, nothing, too_long
from feedback.reporting.spans import Span
from feedback.tables import Cell, Share, Table, number, percent
from recsys.reporting.sampling import Sample, sample

LISTED: Final = 100
DRAWN: Final = 8


@dataclass(slots=True)
class Part:
    """What decisions, or none, had a part in: placements, and how many were clicked and liked."""

    served: int = 0
    clicked: int = 0
    liked: int = 0

    def add(self, *, clicked: bool, liked: bool) -> None:
        """Count a placement."""
        self.served += 1
        self.clicked += clicked
        self.liked += liked


@dataclass(frozen=True, slots=True)
class Account:
    """By decision what it had a part in, the placements of no decision, and the slates it denied items to."""

    by_decision: Mapping[str, Part]
    rest: Part
    denied: Counter[str] = field(default_factory=Counter)


def each(span: Span) -> Section:
    """Per decision: exposure given, clicks and likes against the placements that no decision touched."""
    question = _("What did each decision do?")
    columns = [
        *(
            _("Decision"),
            _("Kind"),
            _("State"),
            _("Served"),
            _("Clicked"),
            _("Liked"),
            _("Click rate"),
        ),
        *(
            _("Against the rest, at least"),
            _("At most"),
            _("Verdict"),
            _("Slates it took items from"),
        ),
    ]
    if not span.is_raw_possible:
        return nothing("decisions", question, columns, too_long())
    taken = sample(span)
    account = _account(taken)
    found = _named()
    most_first = sorted(found, key=lambda pk: -account.by_decision.get(pk, Part()).served)
    order = [_row(pk, found[pk], account) for pk in most_first]
    return Section(
        name="decisions",
        question=question,
        answer=_answer(found, account),
        measure=_("Click rate of the placements that a decision had a part in, with intervals"),
        figures=_figures(found, account),
        table=Table("decisions", columns, order),
        definition=_(
            "A decision has a part in a placement that it pinned, boosted or moved. The rest are the placements "
            "in which none had a part; the difference of the two rates has Newcombe's interval (95 %). Decisions "
            "choose their slots, so a difference is not all theirs: a holdback share tells more. A block gives no "
            "exposure; it takes items from slates."
        ),
        words=["served", "click_rate", "interval"],
        blind=["kind", "compare"],
        note=taken.note,
    )


def _account(taken: Sample) -> Account:
    parts: dict[str, Part] = {}
    rest, denied = Part(), Counter[str]()
    for slate in taken.slates:
        denied.update(slate.trace.denied.keys())
        for item, placed in slate.placements():
            told = {"clicked": item in slate.clicked, "liked": item in slate.liked}
            for decision in placed.decisions:
                parts.setdefault(decision, Part()).add(**told)
            if not placed.decisions:
                rest.add(**told)
    return Account(parts, rest, denied)


@dataclass(frozen=True, slots=True)
class Name:
    """A decision in words."""

    words: str
    kind: str
    state: str


def _named() -> dict[str, Name]:
    """The latest decisions that were ever published, blends aside: these decide every slate."""
    newest = Revision.objects.filter(
        decision=OuterRef("pk"), ends=False, change_set__published_at__isnull=False
    ).order_by("-number")
    published = with_state(timezone.now()).exclude(kind=Decision.Kind.BLEND)
    states = dict(
        published.annotate(newest=Subquery(newest.values("pk")[:1]))
        .filter(newest__isnull=False)
        .order_by("-created_at")
        .values_list("newest", "state")[:LISTED]
    )
    shown = lines(named().filter(pk__in=list(states)))
    return {
        str(each.revision.decision_id): _name(each.words, each.revision, states) for each in shown
    }


def _name(words: str, revision: Revision, states: Mapping[UUID, str]) -> Name:
    kind = revision.decision.get_kind_display()
    return Name(words, str(kind), str(State(states[revision.pk]).label))


def _against(part: Part, rest: Part) -> Bounds | None:
    """How much more the placements of a decision were clicked than the rest; None where there are too few."""
    if min(part.served, rest.served) < FEWEST:
        return None
    return newcombe(part.clicked, part.served, rest.clicked, rest.served)


def _row(pk: str, name: Name, account: Account) -> list[Cell]:
    part = account.by_decision.get(pk, Part())
    bounds = _against(part, account.rest)
    rate = Share(part.clicked / part.served) if part.served else None
    ends = (Share(bounds.low), Share(bounds.high)) if bounds else (None, None)
    counts = (part.served, part.clicked, part.liked)
    said = (name.words, name.kind, name.state)
    return [*said, *counts, rate, *ends, _verdict(bounds), account.denied[pk]]


def _verdict(bounds: Bounds | None) -> str:
    if bounds is None:
        return _("too little to tell")
    if not bounds.is_sure:
        return _("cannot tell")
    return _("clicked more") if bounds.low > 0 else _("clicked less")


def _figures(found: Mapping[str, Name], account: Account) -> list[Figure]:
    parts = [
        (name, account.by_decision[pk]) for pk, name in found.items() if pk in account.by_decision
    ]
    largest = sorted(parts, key=lambda pair: -pair[1].served)[:DRAWN]
    if not largest:
        return []
    drawn = [_estimate(name.words, part) for name, part in largest]
    rest = account.rest
    top = max(one.high for one in drawn)
    reference = Reference(_("the rest"), rest.clicked / rest.served) if rest.served else None
    return [Figure(intervals(drawn, percent, reference, ends=(0.0, top)))]


def _estimate(words: str, part: Part) -> Estimate:
    bounds = wilson(part.clicked, part.served)
    rate = part.clicked / part.served
    return Estimate(words, rate, bounds.low, bounds.high, "human", f"n = {part.served}")


def _answer(found: Mapping[str, Name], account: Account) -> str:
    if not found:
        return _("No pin, block or rule was ever published.")
    parts: Sequence[Part] = [account.by_decision[pk] for pk in found if pk in account.by_decision]
    if not parts:
        return _("No decision had a part in what was served in these days.")
    sure = [_against(part, account.rest) for part in parts]
    words = {"all": number(len(parts))}
    words |= {"more": number(sum(bounds is not None and bounds.low > 0 for bounds in sure))}
    words |= {"less": number(sum(bounds is not None and bounds.high < 0 for bounds in sure))}
    return (
        _(
            "Decisions with a part in what was served: %(all)s. Clicked surely more than the rest: "
            "%(more)s; surely less: %(less)s."
        )
        % words
    )
