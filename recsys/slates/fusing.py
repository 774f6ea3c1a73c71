"""The worker side of a slate: gather, fuse, keep what explains and replays it, and answer whoever waits."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction

from curation.fusion import codec
from curation.fusion.engine import fuse
from curation.fusion.policy import Policy
from curation.fusion.slate import Placement
from curation.fusion.slate import Slate as Fused
from curation.ids import new_id
from curation.models import ChangeSet, Member, Revision, Surface
from curation.policies import loading as policies
from recsys.models import Slate
from recsys.slates import doorbell, gathering
from recsys.slates.bodies import Whole
from recsys.slates.gathering import Gathered, Reading
from recsys.slates.places import Place
from recsys.transport import cache, telemetry

log = logging.getLogger(__name__)

LEVEL: Final = 1


@dataclass(frozen=True, slots=True)
class Made:
    """A slate that was fused and kept: its row, and the body that serves it."""

    slate: Slate
    body: Whole


def fuse_now(place: Place) -> None:
    """Fuse a place's slate, store it and answer all whom it satisfies."""
    token = uuid4().hex
    try:
        with telemetry.FUSES.labels(place.surface).time():
            with gathering.snapshot():
                check = gathering.look(place)
                doorbell.departed(place, check.versions, token)
                reading = gathering.read(place, check)
            doorbell.landed(place, make(reading).body, token)
    except cache.Unavailable as trouble:
        log.warning("a slate of %s reached nobody: %s", place.surface, trouble)
    except BaseException:
        doorbell.abandoned(place, token)
        raise


def read(place: Place) -> Reading:
    """Read what fusing for a place asks, in one snapshot."""
    with gathering.snapshot():
        return gathering.read(place, gathering.look(place))


def read_many(places: Sequence[Place]) -> list[Reading]:
    """What `read` says of places of one surface, all in one snapshot and as many statements as of one."""
    with gathering.snapshot():
        return gathering.read_many(places, gathering.look_at(places))


def make(reading: Reading) -> Made:
    """Fuse what was read and keep the slate, with its inputs where they are to be kept."""
    return make_many([reading])[0]


def make_many(readings: Iterable[Reading]) -> list[Made]:
    """What `make` makes of each; all are kept together."""
    made = [_made(reading) for reading in readings]
    _keep([each.slate for each in made])
    return made


def _made(reading: Reading) -> Made:
    inputs = gathering.gather(reading)
    fused = _fused(inputs)
    trace, body = codec.encode_both(fused)
    slate = Slate(
        id=new_id(),
        surface_id=fused.surface,
        subject=fused.subject,
        context=_situation(reading.place),
        versions=dict(fused.versions),
        engine=fused.engine_version,
        trace=zlib.compress(trace, LEVEL),
        arms=_arms(fused, inputs.policy),
        fused_at=fused.instant,
    )
    if keeps_inputs(slate.id, reading.surface):
        slate.inputs = _encoded(inputs)
    return Made(slate, _served(slate.id, fused, reading, body))


def preview(
    surface: str,
    subject: UUID | None,
    at: datetime | None = None,
    change_set: ChangeSet | None = None,
    situation: Mapping[str, str] | None = None,
) -> Fused:
    """Fuse without keeping: a surface for a member (None: nobody) at an instant, with drafts if given.

    `situation` may name a device, a language and an anchor. Raises Surface.DoesNotExist, Member.DoesNotExist.
    """
    place = _place(surface, subject, situation or {})
    with gathering.snapshot():
        reading = gathering.read(place, gathering.look(place), at, change_set)
    return _fused(gathering.gather(reading))


def side_by_side(
    surface: str,
    subject: UUID | None,
    at: datetime | None,
    situation: Mapping[str, str],
    drafts: Mapping[UUID, Revision],
) -> tuple[Fused, Fused | None]:
    """What `preview` gives without and with drafts, read and scored once; the second is None without any.

    `drafts` by decision; they need not be saved. On either side stands what is planned to be published by then.
    """
    place = _place(surface, subject, situation)
    with gathering.snapshot():
        reading = gathering.read(place, gathering.look(place), at)
        planned = policies.planned_drafts(reading.surface, at) if at else {}
        drafted = _under(reading, {**planned, **drafts}) if drafts else None
        reading = _under(reading, planned) if planned else reading
    scores = gathering.scores_of(reading)
    now = _fused(gathering.gather(reading, scores))
    return now, _fused(gathering.gather(drafted, scores)) if drafted else None


def _under(reading: Reading, drafts: Mapping[UUID, Revision]) -> Reading:
    """A reading with the policy that drafts make; to be called in its snapshot."""
    policy = policies.policy_with(reading.surface, reading.instant, drafts)
    reading.catalogue.columns(policy.fields, reading.check.versions["statistics"])
    (found,) = gathering.under([reading], policy)
    return found


def _place(surface: str, subject: UUID | None, situation: Mapping[str, str]) -> Place:
    member = Member.objects.get(subject=subject) if subject else None
    source, outside_id = (member.source, member.outside_id) if member else ("", "")
    return Place(surface, source, outside_id, **situation)


def _fused(inputs: Gathered) -> Fused:
    return fuse(inputs.candidates, inputs.policy, inputs.context, inputs.seed)


def keeps_inputs(slate: UUID, surface: Surface) -> bool:
    """Whether a slate's inputs are kept: all of them in demo mode, the surface's share elsewhere."""
    return settings.DEMO or slate.int % 10_000 < surface.replay_share * 10_000


def _served(slate: UUID, fused: Fused, reading: Reading, body: dict[str, Any]) -> Whole:
    """A fused slate as the web serves it: what the engine says of it, how items are shown, who decided."""
    catalogue = reading.catalogue
    told = [*body["placements"], *body["reserve"]]
    for each, placement in zip(told, [*fused.placements, *fused.reserve], strict=True):
        each.update(_decided(placement))
        each["reasons"] = [_reason(reason) for reason in each["reasons"]]
        each["shown"] = catalogue.shown[catalogue.index[placement.item.bytes]]
    return {
        **body,
        "slate": str(slate),
        "subject": str(fused.subject) if fused.subject else None,
        "fused_at": fused.instant.timestamp(),
        "valid_until": fused.valid_until.timestamp() if fused.valid_until else None,
        "reads_statistics": reading.reads_statistics,
        "reads_profile": reading.reads_profile,
    }


def _encoded(inputs: Gathered) -> bytes:
    return codec.encode_inputs(inputs.candidates, inputs.policy, inputs.context, inputs.seed)


def _keep(slates: Sequence[Slate]) -> None:
    """Write the rows before anyone is answered, so that their traces can be read at once; a crash may cost them."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
        Slate.objects.bulk_create(slates)


def _arms(fused: Fused, policy: Policy) -> dict[str, list[Any]]:
    """Of each decision that held and spares a share of members: its revision and its outcome, by id."""
    found = chain(policy.pins, policy.rules, policy.blends)
    sparing = {each.lineage for each in found if each.holdback > 0 or each.traffic < 1}
    return {
        str(each.decision): [each.revision, each.outcome]
        for each in fused.verdicts
        if each.decision in sparing
    }


def _situation(place: Place) -> dict[str, str | None]:
    return {
        "device": place.device,
        "language": place.language,
        "anchor": place.anchor or None,
    }


def _decided(placement: Placement) -> dict[str, Any]:
    """What decisions had to do with a placement; it is curated where one put it there or moved it."""
    decisions = {
        "fired": placement.fired,
        "withheld": placement.withheld,
        "lost": placement.lost,
    }
    named = {name: [str(each) for each in found] for name, found in decisions.items() if found}
    return {"curated": bool(placement.fired), **named}


def _reason(flat: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {name: value for name, value in flat.items() if name != "code"}
    return {"code": flat["code"], "parameters": parameters}
