"""What people decide about simulations; pages, API and command call only these."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from curation.models import ChangeSet, User
from curation.people.access import require
from curation.policies.loading import drafts_of
from recsys.jobs import leases
from recsys.models import DecisionProposal, Job, Simulation
from recsys.runs.promotion import NotPossible

__all__ = ["MOST", "NotPossible", "cancel_simulation", "request_simulation", "simulate_proposal"]

MOST: Final = 10_000
ASKED: Final = 1_000


def request_simulation(
    *,
    change_set: ChangeSet,
    actor: User | None,
    asked: int = ASKED,
    simulated: bool = False,
    by_worker: bool = True,
) -> Simulation:
    """Ask for the drafts of an open change set to be replayed over the latest requests; nothing is published.

    A worker does it unless the caller will (`by_worker` False). Raises NotPossible.
    """
    if actor is not None:
        require(actor, "curator")
    if not 1 <= asked <= MOST:
        raise NotPossible(_("Replay from 1 to %(most)d requests.") % {"most": MOST})
    if change_set.published_at or change_set.discarded_at:
        raise NotPossible(_("This change set is closed; only drafts are simulated."))
    if not drafts_of(change_set):
        raise NotPossible(_("There is no draft in this change set yet."))
    with transaction.atomic():
        made = Simulation.objects.create(
            change_set=change_set, requested_by=actor, asked=asked, simulated=simulated
        )
        if by_worker:
            leases.ring(Simulation, [made.pk])
    return made


def simulate_proposal(
    *, proposal: DecisionProposal, actor: User | None, asked: int = ASKED
) -> Simulation:
    """Ask for what is proposed to be replayed over the latest requests; one that waits or runs is enough.

    Without an actor the round that proposed it asks.
    """
    if actor is not None:
        require(actor, "curator")
    with transaction.atomic():
        DecisionProposal.objects.select_for_update(no_key=True).get(pk=proposal.pk)
        if under_way := proposal.simulations.filter(state__in=Job.OPEN).first():
            return under_way
        made = Simulation.objects.create(
            proposal=proposal, requested_by=actor, asked=asked, simulated=settings.DEMO
        )
        leases.ring(Simulation, [made.pk])
    return made


def cancel_simulation(*, simulation_id: UUID, actor: User) -> None:
    """Cancel a simulation: at once where it waits, within seconds where it runs. Raises NotPossible."""
    require(actor, "curator")
    if not leases.cancel(Simulation, simulation_id):
        raise NotPossible(_("This simulation is over."))
