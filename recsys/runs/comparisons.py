"""Up to five runs beside each other: their curves, their scores, and the settings in which they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from feedback.charts.intervals import Estimate
from recsys.models import Run
from recsys.runs import charts as run_charts
from recsys.runs.cards import RunCard
from recsys.runs.setting_words import label_of, plain
from recsys.screens.plots import Chart

MOST: Final = 5
ABSENT: Final = "–"


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting in which runs differ, with its value in each; families that lack it have a dash."""

    name: str
    values: Sequence[str]

    @property
    def cells(self) -> list[tuple[str, bool]]:
        """The values, each with whether it stands out from the commonest."""
        told = [value for value in self.values if value != ABSENT]
        usual = max(told, key=told.count)
        return [(value, value not in {usual, ABSENT}) for value in self.values]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs in the order in which they were chosen."""

    cards: Sequence[RunCard]
    names: Sequence[str]

    @property
    def differences(self) -> list[Difference]:
        """The settings and options that are not the same in all of them."""
        told = [{**card.run.parameters, **card.run.options} for card in self.cards]
        names = dict.fromkeys(name for each in told for name in each)
        rows = [
            Difference(label_of(name), [plain(each.get(name, ABSENT)) for each in told])
            for name in names
        ]
        return [row for row in rows if len(set(row.values)) > 1]

    @property
    def curves(self) -> list[Chart]:
        """The loss of their final fits, a chart for each family: losses of two families are not alike."""
        families = dict.fromkeys(card.run.family for card in self.cards)
        drawn = (run_charts.overlay(self._curves(family), "loss", family) for family in families)
        return [chart for chart in drawn if chart]

    @property
    def scores(self) -> Chart | None:
        """NDCG@10 of each with its interval."""
        spans = [
            Estimate(
                name, card.score.value, card.score.interval["low"], card.score.interval["high"]
            )
            for name, card in self._named()
            if card.score and card.score.interval
        ]
        if not spans:
            return None
        best = max(spans, key=lambda span: span.value)
        finding = _("%(name)s ranks highest: NDCG@10 %(value)s") % {
            "name": best.name,
            "value": f"{best.value:.4f}",
        }
        measure = _("NDCG@10 on the test, from 0 to 1, with the 95 % interval of each.")
        return run_charts.intervals("scores", finding, measure, spans, signed=False)

    @property
    def gains(self) -> Chart | None:
        """What each gains over the version that was live when it was trained."""
        spans = [
            run_charts.span_of(
                card.score, _("%(name)s over %(live)s") % {"name": name, "live": card.beside}
            )
            for name, card in self._named()
            if card.score and card.score.change
        ]
        if not spans:
            return None
        sure = sum(span.style == "good" for span in spans)
        finding = _("%(sure)s of %(n)s rank surely better than what was live") % {
            "sure": sure,
            "n": len(spans),
        }
        measure = _(
            "NDCG@10 minus that of the live version of that day, on the same members, 95 % interval."
        )
        return run_charts.intervals("gains", finding, measure, spans)

    @property
    def are_alike(self) -> bool:
        """Whether all that were judged answered the same test: only then do their values stand side by side."""
        tests = {
            (card.run.snapshot.get("digest"), str(card.run.report.get("cuts")))
            for card in self.cards
            if card.score
        }
        return len(tests) <= 1

    def _named(self) -> list[tuple[str, RunCard]]:
        return list(zip(self.names, self.cards, strict=True))

    def _curves(self, family: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        return {
            name: card.run.progress.curve
            for name, card in self._named()
            if card.run.family == family and hasattr(card.run, "progress")
        }


def comparison(cards: Sequence[RunCard]) -> Comparison:
    """Runs beside each other, each under a name that no other has."""
    return Comparison(cards, _names([card.run for card in cards]))


def _names(runs: Sequence[Run]) -> list[str]:
    names = [str(run.version) if hasattr(run, "version") else run.family for run in runs]
    return [
        f"{name} ({chr(ord('a') + at)})" if names.count(name) > 1 else name
        for at, name in enumerate(names)
    ]
