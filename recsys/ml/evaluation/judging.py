"""Judging the models of a run: what came after each cut, and the live version asked the same.

Dims: I items of the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from recsys.ml import artifact
from recsys.ml.data.interactions import Id, Interactions, Vocabulary
from recsys.ml.data.tables import outside_id
from recsys.ml.evaluation.asking import ALL, LAST, Judged, cases_after, judge
from recsys.ml.evaluation.predicting import Errors, errors
from recsys.ml.evaluation.reports import Comparison, Report, World
from recsys.ml.scorer import Scorer

FOREVER = float("inf")
NOT_COMPARABLE = "not_comparable"
Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rival:
    """The live version of a family: its id, how people call it, and its artifacts, newest first."""

    version: str
    label: str
    artifacts: tuple[Path, ...]

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Self | None:
        """Read a job's description of it; None of an empty one."""
        if not described:
            return None
        folders = tuple(Path(folder) for folder in described["artifacts"])
        return cls(described["version"], described["label"], folders)


@dataclass(frozen=True, eq=False)
class Exam:
    """What the models of a run are asked, and what is known of items (tags [I]) and members (segments)."""

    interactions: Interactions
    catalogue: Vocabulary
    tags: Sequence[Sequence[str]] | None = None
    segments: Mapping[Id, Sequence[str]] = field(default_factory=dict)

    def world(self, cut: float) -> World:
        """What was known when a cut was made; the segments are those of now."""
        before = self.interactions.before(cut)
        return World.of(before, self.catalogue, self.tags, self.segments)

    def ask(
        self, scorer: Scorer, cut: float, until: float = FOREVER, targets: str = LAST
    ) -> Judged:
        """Have a model rank for everybody who did something between two instants."""
        cases = cases_after(self.interactions, cut, until, targets)
        return judge(scorer.score, cases, self.catalogue)

    def reports(self, own: Judged, scorer: Scorer, cut: float, until: float = FOREVER) -> Told:
        """Reports by what counts as target: the last event, as ``ask`` has judged it, and all events."""
        world = self.world(cut)
        judged = {LAST: own, ALL: self.ask(scorer, cut, until, ALL)}
        told = {targets: Report.of(each, world).as_json() for targets, each in judged.items()}
        rated = self._errors(scorer, cut, until)
        return {**told, ALL: {**told[ALL], "ratings": asdict(rated)}} if rated else told

    def _errors(self, scorer: Scorer, cut: float, until: float) -> Errors | None:
        """How well a model predicts the ratings between two instants, if it predicts any."""
        window = self.interactions.before(until)
        return errors(scorer, window.where(window.times < cut), window.where(window.times >= cut))

    def beside(self, own: Judged, rival: Rival, cut: float) -> Told:
        """The live version asked the same after a cut, and the difference to it with its interval.

        Of the live version speaks the newest artifact that learnt nothing from the cut on; where there
        is none, the answer says that it is ``not_comparable``.
        """
        told = {"version": rival.version, "label": rival.label}
        honest = artifact.newest_before(rival.artifacts, cut)
        if honest is None:
            return {**told, NOT_COMPARABLE: True}
        folder, learnt_until = honest
        other = judge(artifact.load(folder).score, own.cases, self.catalogue)
        world = self.world(cut)
        return {
            **told,
            "learnt_until": learnt_until,
            "report": Report.of(other, world).as_json(),
            "difference": Comparison.of(own, other, world).as_json(),
        }


def tags_of(table: pa.Table) -> Sequence[Sequence[str]] | None:
    """The attribute values of a catalogue's items, in its order; None where the table has none."""
    if "tags" not in table.column_names:
        return None
    return [values or () for values in table["tags"].to_pylist()]


def segments_of(table: pa.Table) -> dict[Id, Sequence[str]]:
    """The names of each member's segments, of a table of ``subject`` and ``segments``."""
    subjects = map(outside_id, table["subject"].to_pylist())
    return dict(zip(subjects, table["segments"].to_pylist(), strict=True))
