"""What draws a member, in words: features with the odds that they bring, how sure these are, and interests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.field_words import ITEM_WORDS
from curation.fusion.columns import Kind
from curation.models import Member
from curation.queries.items import labels
from feedback.charts.drawing import Chart
from feedback.charts.intervals import Estimate, Reference, intervals
from feedback.models import MemberState
from feedback.reporting.chance import Z
from feedback.tables import Cell, Table, number
from recsys.models import Preference, PreferenceFit
from recsys.profiles.item_features import POPULARITY, SLOT, Feature

MOST: Final = 6
"""Features that are told on either side, the strongest first."""
WIDEST: Final = math.log(20.0)
"""Where the chart ends at most: odds beyond it are written, and drawn at its edge."""

WORDS: Final = {**ITEM_WORDS, POPULARITY: gettext_lazy("popularity")}


class State(StrEnum):
    """What may be said of what draws a member."""

    SIMULATED = "simulated"
    NEVER = "not_learned"
    FEW = "too_few"
    LEARNED = "learned"


@dataclass(frozen=True, slots=True)
class Draw:
    """One feature: how many times as often an item with it (or more of it) is chosen as one without, all else alike.

    `low` and `high` bound it at 95 %; `everyone` is the same of members on the whole.
    """

    feature: Feature
    words: str
    odds: float
    low: float
    high: float
    everyone: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out that the feature makes no difference."""
        return self.low > 1 or self.high < 1

    @property
    def strength(self) -> float:
        """How far the nearer end of the interval lies from no difference, as a logarithm."""
        return max(math.log(self.low), -math.log(self.high))


@dataclass(frozen=True)
class Card:
    """What a pane tells of a member. `rest` counts features of which nothing is clear."""

    state: State
    impressions: int = 0
    choices: int = 0
    likes: int = 0
    interests: Sequence[Mapping[str, Any]] = ()
    draws: Sequence[Draw] = ()
    fit: PreferenceFit | None = None
    slot: float | None = None
    has_news: bool = False

    @property
    def least(self) -> int:
        """Choices that it takes."""
        return Preference.LEAST

    @property
    def drawn(self) -> list[Draw]:
        """What clearly draws, the strongest first."""
        return [draw for draw in self._clear if draw.odds > 1][:MOST]

    @property
    def put_off(self) -> list[Draw]:
        """What clearly puts off, the strongest first."""
        return [draw for draw in self._clear if draw.odds < 1][:MOST]

    @property
    def drawn_words(self) -> str:
        """What clearly draws, as a list in words."""
        return _listed(self.drawn)

    @property
    def put_off_words(self) -> str:
        """What clearly puts off, as a list in words."""
        return _listed(self.put_off)

    @property
    def rest(self) -> int:
        """Of how many features nothing is clear."""
        return len(self.draws) - len(self._clear)

    @property
    def _clear(self) -> list[Draw]:
        clear = [draw for draw in self.draws if draw.is_clear]
        return sorted(clear, key=lambda draw: (-draw.strength, draw.words))

    @property
    def chart(self) -> Chart | None:
        """What is clear as intervals on one scale of odds; None where nothing is."""
        told = [*self.drawn, *self.put_off]
        if not told:
            return None
        ends = [abs(math.log(end)) for draw in told for end in (draw.low, draw.high)]
        most = min(max(*ends, math.log(2)), WIDEST)
        drawn = [
            Estimate(
                draw.words, math.log(draw.odds), math.log(draw.low), math.log(draw.high), "machine"
            )
            for draw in told
        ]
        return intervals(drawn, _times, Reference(_("no difference"), 0.0), ends=(-most, most))

    @property
    def table(self) -> Table:
        """What is clear, in figures."""
        columns = [
            *(_("Feature"), _("Times as often"), _("Lower end"), _("Upper end")),
            _("Members on the whole"),
        ]
        rows: list[list[Cell]] = [
            [draw.words, draw.odds, draw.low, draw.high, draw.everyone]
            for draw in (*self.drawn, *self.put_off)
        ]
        return Table("preference", columns, rows)


def card_of(member: Member) -> Card:
    """What draws a member, as it was learned last; of one who was merged it is the other's."""
    if member.simulated:
        return Card(State.SIMULATED)
    subject = _subject(member)
    row = Preference.objects.select_related("fit").filter(member=subject).first()
    version = MemberState.objects.filter(subject=subject).values_list("version", flat=True).first()
    if row is None:
        fit = PreferenceFit.objects.order_by("-made_at").first()
        return Card(State.FEW if fit else State.NEVER, fit=fit, has_news=bool(version))
    return Card(
        state=State.LEARNED if row.theta else State.FEW,
        impressions=row.impressions,
        choices=row.choices,
        likes=row.likes,
        interests=row.interests,
        draws=_draws(row),
        fit=row.fit,
        slot=_slot(row.fit),
        has_news=(version or 0) > row.covers,
    )


@dataclass(frozen=True)
class Interests:
    """A member's interest tags, and when they were counted; None where that was never done."""

    tags: Sequence[str] = ()
    counted_at: datetime | None = None


def interests_of(subject: UUID | None) -> Interests:
    """The interest tags of whoever looks, the strongest first."""
    known = Preference.objects.select_related("fit").filter(member=subject) if subject else None
    row = known.first() if known else None
    if row is None:
        return Interests()
    return Interests([each["tag"] for each in row.interests], row.fit.made_at)


def _subject(member: Member) -> UUID:
    root = Member.objects.get(pk=member.merged_into_id) if member.merged_into_id else member
    return root.subject


def _draws(row: Preference) -> list[Draw]:
    """Every feature of items; of a measure that puts off it is told that less of it draws."""
    called = labels() if row.theta else {}
    rows = zip(row.fit.features, row.theta, row.deviation, row.fit.mean, strict=bool(row.theta))
    found = []
    for told, theta, deviation, mean in rows:
        feature = Feature.of_json(told)
        if feature.is_taste:
            sign = -1 if theta < 0 and _is_measure(feature) else 1
            ends = (theta - sign * Z * deviation, theta + sign * Z * deviation)
            odds, low, high, everyone = (math.exp(sign * each) for each in (theta, *ends, mean))
            found.append(Draw(feature, _words(feature, called, sign), odds, low, high, everyone))
    return found


def _slot(fit: PreferenceFit) -> float | None:
    """How many times as often the second slot is chosen as the first, the item being the same."""
    at = [Feature.of_json(told).field for told in fit.features]
    return math.exp(fit.mean[at.index(SLOT)] * math.log(2)) if fit.choices else None


def _is_measure(feature: Feature) -> bool:
    return feature.kind in {Kind.NUMBER, Kind.DATE}


def _words(feature: Feature, called: Mapping[str, str], sign: int) -> str:
    """What a feature is called: `genre: War`, `year: higher by 12`."""
    name = called.get(feature.field) or str(WORDS.get(feature.field, feature.field))
    if feature.field == POPULARITY:
        return _("more popular than others") if sign > 0 else _("less popular than others")
    told = {"name": name, "by": number(feature.scale, 1), "value": feature.value}
    if feature.kind == Kind.DATE:
        text = _("%(name)s: later by %(by)s years"), _("%(name)s: earlier by %(by)s years")
        return text[sign < 0] % told
    if feature.kind == Kind.NUMBER:
        return (_("%(name)s: higher by %(by)s"), _("%(name)s: lower by %(by)s"))[sign < 0] % told
    if feature.kind == Kind.BOOLEAN:
        return _("%(name)s: yes") % told
    return _("%(name)s: %(value)s") % told


def _listed(draws: Sequence[Draw]) -> str:
    return _("; ").join(draw.words for draw in draws)


def _times(log_odds: float) -> str:
    """A logarithm of odds as people read it: ×2.4."""
    return f"×{number(math.exp(log_odds), 2)}"
