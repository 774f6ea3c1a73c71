"""Worker side of a check of expectations: slates fused for those whom each is about, and held against it.

They are fused as live ones are, with the drafts of a change set, or with a model version in the place of the live one
of its family. Nothing of it is served, and nothing kept but the report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from curation.decisions.specs import make_claim
from curation.desk.viewpoints import first_anchor, picks
from curation.fusion.columns import Schema
from curation.fusion.engine import fuse
from curation.fusion.expectations import Claim, judge
from curation.fusion.matching import Table
from curation.fusion.query import fields_of
from curation.fusion.slate import Placement, Slate
from curation.models import Expectation, ExpectationReport, Revision, Surface
from curation.policies import fulfilment
from curation.policies.fulfilment import Basis, Target
from curation.policies.loading import drafts_of, policy_with, touches
from curation.queries.items import schema
from recsys.expectations import people as expectation_people
from recsys.expectations.people import Person, Picks
from recsys.jobs import stints
from recsys.jobs.stints import Watch
from recsys.live import scorers as live
from recsys.models import ExpectationCheck, ModelVersion
from recsys.slates import gathering
from recsys.slates.catalogue import Catalogue
from recsys.slates.gathering import Reading
from recsys.slates.places import Place

MOST_TOLD: Final = 5
"""So many slates that fail an expectation are told with what stands in them."""


def execute(check_id: UUID) -> None:
    """Do a check from claim to end; returns at once where it is another worker's or over."""
    stints.work(ExpectationCheck, check_id, _made)


def _made(check_id: UUID, watch: Watch) -> dict[str, Any]:
    """The columns of a finished check, its report among them."""
    check = ExpectationCheck.objects.select_related("change_set", "version").get(pk=check_id)
    home = check.change_set
    if home and (home.published_at or home.discarded_at):
        return {}
    watch("reading", 0, 1)
    with gathering.snapshot():
        basis, instant, asked = _read(check)
    report = ExpectationReport.objects.create(
        change_set=check.change_set,
        version=check.version_id,
        checked_at=timezone.now(),
        instant=instant,
        basis=dict(basis.facts),
        results=list(_results(asked, watch)),
    )
    return {"report": report}


@dataclass(frozen=True, eq=False)
class _Asked:
    """One expectation, its claim (None: it cannot be read any more, and why), and a reading for each person.

    All are of one catalogue, so that one `table` answers which items the claim names.
    """

    row: Expectation
    claim: Claim | None
    error: str
    people: Sequence[Person]
    readings: Sequence[Reading]
    table: Table | None = None

    def judged(self, person: Person, reading: Reading, slate: Slate) -> dict[str, Any]:
        """What is found of one slate."""
        # Nothing is fused for one that cannot be read.
        assert self.claim  # noqa: S101
        assert self.table  # noqa: S101
        items = reading.catalogue
        found = judge(self.claim, slate, self.table)
        told = [_told(each, items) for each in found.told]
        return {"whom": person.told(), "met": found.met, "held": found.held, "told": told}

    def result(self, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """What the report says of it: the slates that fail it first, a few of them in full."""
        failed = [each for each in found if not each["met"]]
        for each in failed[MOST_TOLD:]:
            each["told"] = []
        return {
            "expectation": str(self.row.pk),
            "number": self.row.number,
            "name": self.row.name,
            "surface": self.row.surface_id,
            "blocks": self.row.blocks,
            "met": self.claim is not None and bool(found) and not failed,
            "error": self.error,
            "people": len(self.people),
            "slates": [*failed, *(each for each in found if each["met"])],
        }


@dataclass(frozen=True, slots=True)
class _Stand:
    """What slates are made with in the place of what is live, and what items may be asked."""

    instant: datetime
    drafts: Mapping[UUID, Revision]
    version: ModelVersion | None
    schema: Schema
    picks: Picks

    def over(self, readings: Sequence[Reading]) -> list[Reading]:
        """The readings of one surface with it."""
        first = readings[0]
        here = {key: row for key, row in self.drafts.items() if touches(row, first.surface)}
        found = list(readings)
        if here:
            policy = policy_with(first.surface, self.instant, here)
            first.catalogue.columns(policy.fields, first.check.versions["statistics"])
            found = gathering.under(found, policy)
        if self.version:
            scorers = live.with_version(first.live, self.version)
            found = [replace(each, live=scorers) for each in found]
        return found


def _read(check: ExpectationCheck) -> tuple[Basis, datetime, list[_Asked]]:
    """Everything that a check fuses with and asks; to be called in a snapshot."""
    home = check.change_set
    basis = fulfilment.basis_of(Target(home, check.version_id))
    instant = (home.publish_at if home else None) or timezone.now()
    # Who are alike for all expectations on anyone is asked once.
    stand = _Stand(instant, drafts_of(home) if home else {}, check.version, schema(), cache(picks))
    by_surface: dict[Surface, list[Expectation]] = {}
    for row in basis.expectations:
        by_surface.setdefault(row.surface, []).append(row)
    asked = [each for at, rows in by_surface.items() for each in _on(at, rows, stand)]
    return basis, instant, asked


def _on(surface: Surface, rows: Sequence[Expectation], stand: _Stand) -> Iterator[_Asked]:
    """What is asked of one surface; whoever several are about is read once, and all at once."""
    people = [expectation_people.of(row, stand.picks) for row in rows]
    start = _start(surface)
    places = [
        [_place(row, person, start) for person in found]
        for row, found in zip(rows, people, strict=True)
    ]
    apart = list(dict.fromkeys(place for each in places for place in each))
    read = dict(zip(apart, _readings(apart, stand), strict=True))
    for row, found, there in zip(rows, people, places, strict=True):
        yield _asked(row, found, [read[place] for place in there], stand)


def _readings(places: Sequence[Place], stand: _Stand) -> list[Reading]:
    if not places:
        return []
    found = gathering.read_many(places, gathering.look_at(places), stand.instant)
    return stand.over(found)


def _asked(
    row: Expectation, people: Sequence[Person], readings: Sequence[Reading], stand: _Stand
) -> _Asked:
    try:
        claim = make_claim(row.claim, stand.schema)
    except ValueError as error:
        return _Asked(row, None, str(error), people, ())
    table = _table(readings[0], claim) if readings else None
    return _Asked(row, claim, "", people, readings, table)


def _place(row: Expectation, person: Person, start: str) -> Place:
    anchor = str(row.anchor_id) if row.anchor_id else start
    whose = (person.source, person.outside_id)
    return Place(row.surface_id, *whose, row.device, row.language, anchor)


def _start(surface: Surface) -> str:
    """The item that similar items start from where none is named."""
    found = first_anchor() if surface.kind == Surface.Kind.SIMILAR else None
    return str(found.pk) if found else ""


def _results(asked: Sequence[_Asked], watch: Watch) -> Iterator[dict[str, Any]]:
    """What is found of each expectation; a slate that several are about is fused once."""
    slates: dict[int, Slate] = {}
    total, done = sum(len(each.readings) for each in asked), 0
    for each in asked:
        found = []
        for person, reading in zip(each.people, each.readings, strict=False):
            watch("fusing", done, total)
            slate = slates.get(id(reading)) or _fused(reading)
            slates[id(reading)] = slate
            found.append(each.judged(person, reading, slate))
            done += 1
        yield each.result(found)


def _fused(reading: Reading) -> Slate:
    inputs = gathering.gather(reading)
    return fuse(inputs.candidates, inputs.policy, inputs.context, inputs.seed)


def _table(reading: Reading, claim: Claim) -> Table:
    """What a claim reads of the catalogue; to be called in a snapshot."""
    items = reading.catalogue
    columns = items.columns(fields_of(claim.what), reading.check.versions["statistics"])
    return Table(len(items), columns, items.index)


def _told(placement: Placement, items: Catalogue) -> dict[str, Any]:
    shown = items.shown[items.index[placement.item.bytes]]
    return {"slot": placement.slot, "item": str(placement.item), "title": shown["title"]}
