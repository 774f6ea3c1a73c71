"""A sweep as its page shows it: a drawing of all points, those worth choosing from, and the one that is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from curation.field_words import scorer_called
from feedback.charts.drawing import Chart, Key
from feedback.charts.scatter import Axis, Dot, scatter
from feedback.tables import number, percent
from recsys.models import BlendSweep, Job
from recsys.proposals.cards import changed_since
from recsys.screens import plots

Told = Mapping[str, Any]
PRESENT, PROPOSED, ALONE = "present", "proposed", "alone"
"""The marks as `recsys.ml.blends.lattice` has them: pages are made where neither it nor scipy is loaded."""
MARKS: Final[Mapping[str, str | Promise]] = {
    PRESENT: gettext_lazy("present blend"),
    PROPOSED: gettext_lazy("what choices speak for"),
    ALONE: gettext_lazy("one scorer alone"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One point: its blend as shares of the whole weight, what it reached, and where it leads."""

    number: int
    told: Told
    scorers: Sequence[str]
    page: str = ""

    @property
    def address(self) -> str:
        """The page with this point chosen."""
        return f"{self.page}?point={self.number}#chosen"

    @property
    def shares(self) -> list[str]:
        """Each scorer's share of the weight."""
        weights = [self.told["weights"][name] for name in self.scorers]
        return [percent(weight / sum(weights)) for weight in weights]

    @property
    def blend(self) -> str:
        """The blend in words: the scorers that have weight, heaviest first."""
        weights = self.told["weights"]
        named = sorted((name for name in weights if weights[name]), key=lambda name: -weights[name])
        told = dict(zip(self.scorers, self.shares, strict=True))
        return _(", ").join(f"{scorer_called(name)} {told[name]}" for name in named)

    @property
    def marks(self) -> list[str]:
        """What is remarkable about it."""
        return [str(MARKS[mark]) for mark in self.told["marks"]]

    @property
    def is_present(self) -> bool:
        """Whether it is the blend of the day of the sweep."""
        return PRESENT in self.told["marks"]

    @property
    def verdict(self) -> str:
        """Whether it ranks surely "better" or "worse" than the present blend; empty where it is neither."""
        gain = self.told["gain"]
        return "better" if gain["low"] > 0 else "worse" if gain["high"] < 0 else ""

    @property
    def title(self) -> str:
        """Blend and figures in one line."""
        told = {
            "blend": self.blend,
            "ndcg": number(self.told["ndcg"]["mean"], 4),
            "low": number(self.told["ndcg"]["low"], 4),
            "high": number(self.told["ndcg"]["high"], 4),
            "coverage": percent(self.told["coverage"]),
            "novelty": number(self.told["novelty"], 2),
        }
        words = _(
            "%(blend)s. NDCG@10 %(ndcg)s (%(low)s – %(high)s), coverage %(coverage)s, novelty %(novelty)s bits"
        )
        return _(": ").join([*self.marks, words % told])


@dataclass(frozen=True)
class SweepCard:
    """What a finished sweep says; `changed` names what serves otherwise now than what it is made from."""

    sweep: BlendSweep
    changed: Sequence[str]
    chosen: Row | None = None

    @property
    def scorers(self) -> list[str]:
        """The scorers of every point, in the order of the table's columns."""
        return sorted(self.sweep.report["scales"])

    @cached_property
    def rows(self) -> list[Row]:
        """All points, those that rank best first."""
        points = self.sweep.report["points"]
        page = reverse("blend-sweeps:detail", args=[self.sweep.pk])
        rows = [Row(at, told, self.scorers, page) for at, told in enumerate(points)]
        return sorted(rows, key=lambda row: (-row.told["ndcg"]["mean"], row.number))

    @property
    def front(self) -> list[Row]:
        """The points to choose from, and those with a mark, to compare them with."""
        return [row for row in self.rows if row.told["front"] or row.told["marks"]]

    @property
    def last(self) -> int:
        """The highest number of a point."""
        return len(self.rows) - 1

    @property
    def since(self) -> datetime:
        """From when on the feedback is that it is judged on."""
        return datetime.fromtimestamp(self.sweep.report["cut"], UTC)

    @property
    def finding(self) -> str:
        """How many blends rank surely better than the present one."""
        n = sum(row.verdict == "better" for row in self.rows)
        if not n:
            return _("No blend ranks surely better than the present one")
        words = ngettext(
            "%(n)s of %(all)s blends ranks surely better than the present one",
            "%(n)s of %(all)s blends rank surely better than the present one",
            n,
        )
        return words % {"n": number(n), "all": number(len(self.rows))}

    @property
    def measure(self) -> str:
        """How the drawing is read."""
        least, most = self._newness
        words = _(
            "Each dot is a blend: the higher the better it ranks, the further right the more of the catalogue it "
            "shows, the larger the newer what it shows (%(least)s to %(most)s bits)."
        )
        return words % {"least": number(least, 2), "most": number(most, 2)}

    @property
    def chart(self) -> Chart:
        """Accuracy by coverage; what is dominated lies lowest, what has a mark on top."""
        rows = sorted(
            self.rows, key=lambda row: (row.is_present, bool(row.marks), row.told["front"])
        )
        ticks = [
            plots.ticks([row.told["coverage"] for row in rows]),
            plots.ticks([row.told["ndcg"]["mean"] for row in rows]),
        ]
        keys = [
            Key(_("present blend"), "human"),
            Key(_("on the front: no other is better in one respect and worse in none"), "front"),
            Key(_("another is at least as good in all, and better in one"), "muted"),
        ]
        across = Axis(_("coverage of the catalogue"), ticks[0], percent)
        return scatter(
            [self._dot(row) for row in rows], across, Axis("NDCG@10", ticks[1], _short), keys
        )

    @property
    def _newness(self) -> tuple[float, float]:
        told = [row.told["novelty"] for row in self.rows]
        return min(told), max(told)

    def _dot(self, row: Row) -> Dot:
        least, most = self._newness
        size = (row.told["novelty"] - least) / (most - least) if most > least else 0.5
        style = "front" if row.told["front"] else "muted"
        alone = [name for name, weight in row.told["weights"].items() if weight]
        labels = {PRESENT: _("present"), PROPOSED: _("choices"), ALONE: alone[0]}
        return Dot(
            row.told["coverage"],
            row.told["ndcg"]["mean"],
            row.title,
            "human" if row.is_present else style,
            size,
            row.address,
            " · ".join(str(labels[mark]) for mark in row.told["marks"]),
            ring=self.chosen is not None and self.chosen.number == row.number,
        )

    @property
    def trial(self) -> str:
        """The blend desk with the chosen blend in its form: what is left out of the grid weighs nothing in it."""
        assert self.chosen is not None  # noqa: S101 - asked for where a point is chosen
        report, told = self.sweep.report, self.chosen.told
        weights = {**dict.fromkeys(report["left_out"], 0.0), **told["weights"]}
        typed = {
            "surface": self.sweep.surface_id,
            **{f"weight-{name}": weight for name, weight in weights.items()},
            **{f"scale-{name}": scale for name, scale in report["scales"].items()},
            "beta": told["beta"],
        }
        return f"{reverse('desk:new-blend')}?{urlencode(typed)}"


def card_of(sweep: BlendSweep, point: int | None = None) -> SweepCard | None:
    """The card of a sweep, with one point chosen if there is such; None until it is done."""
    if sweep.state != Job.State.SUCCEEDED:
        return None
    bare = SweepCard(sweep, changed_since(sweep))
    chosen = next((row for row in bare.rows if row.number == point), None)
    return SweepCard(sweep, bare.changed, chosen)


def _short(value: float) -> str:
    return number(value, 3)
