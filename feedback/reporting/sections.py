"""What every page of the report is made of: a question, its answer in a sentence, charts, the table, what counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from feedback.charts.drawing import Chart, Drawing
from feedback.reporting.spans import RAW_DAYS, Span
from feedback.reporting.terms import TERMS
from feedback.tables import PERCENT, Table

Word = str | Promise


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart under its finding, which may be empty where the section's answer says it already."""

    chart: Chart
    finding: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one figure against the comparison period, in a sentence with its small line."""

    sentence: str
    verdict: str
    style: str
    line: Drawing


@dataclass(frozen=True, slots=True)
class Section:
    """One question of a report; `figures` are empty where there is nothing to draw.

    `words` are defined on hover and focus; `blind` names the filters that do not matter here; `note` says
    how much was counted where that is not all. One that is silent has nothing to tell in these days, and is
    left out of the page.
    """

    name: str
    question: str
    answer: str
    measure: str
    table: Table
    definition: str
    figures: Sequence[Figure] = ()
    words: Sequence[str] = ()
    blind: Sequence[str] = ()
    note: str = ""
    changes: Sequence[Change] = ()
    is_silent: bool = False

    @property
    def terms(self) -> list[tuple[str, Word, str]]:
        """The words of this section with what they mean."""
        found = ((name, *TERMS[name]) for name in self.words)
        return [(name, word, unparted(meaning)) for name, word, meaning in found]

    @property
    def defined(self) -> str:
        """The definition as a page sets it."""
        return unparted(self.definition)


def unparted(text: Word) -> str:
    """A text in which no percentage is parted from its sign at the end of a line."""
    return str(text).replace(" %", PERCENT)


Ask = Callable[[Span], Section]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the report: its tab, the address of its tables, its title, its one sentence, its questions."""

    name: str
    url_of_table: str
    title: Word
    lead: Word
    sections: Mapping[str, Ask] = field(default_factory=dict)


def step_words(span: Span) -> str:
    """What one place of a chart over time covers."""
    return {"day": _("per day"), "week": _("per week"), "month": _("per month")}[span.step]


def short(day: date) -> str:
    """A day as charts write it."""
    return date_format(day, _("j M"))


def places(span: Span) -> list[str]:
    """The places of a chart over time."""
    return [short(step) for step in span.steps()]


def before_words(span: Span) -> str:
    """What the comparison period is called in a chart."""
    return _("same days, month before") if span.compare == "month" else _("days before")


def nothing(name: str, question: str, columns: Sequence[str], why: str, **more: str) -> Section:
    """A section without figures, which says why."""
    return Section(
        name=name,
        question=question,
        answer=why,
        measure=more.get("measure", ""),
        table=Table(name, columns, []),
        definition=more.get("definition", ""),
    )


def too_long() -> str:
    """Why a figure that no roll-up knows is not counted."""
    return _("This is counted for at most %(days)s days. Choose fewer.") % {"days": RAW_DAYS}
