"""Where proposals stand: open, snoozed or decided; derived from what was said last, and never stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, TypeVar, cast
from uuid import UUID

from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    Model,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from recsys.models import (
    BlendProposal,
    DecisionProposal,
    Job,
    ProposalRound,
    ProposalVerdict,
)

Proposal = BlendProposal | DecisionProposal
Row = TypeVar("Row", bound=Model)
Outcome = ProposalVerdict.Outcome


class Standing(TextChoices):
    """Where a proposal stands at an instant."""

    OPEN = "open", _("open")
    SNOOZED = "snoozed", _("snoozed")
    ACCEPTED = "accepted", _("accepted")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Withdrawal(TextChoices):
    """Why the program withdrew a proposal."""

    GONE = "evidence_gone", _("what spoke for it no longer does")
    DECIDED = "decided", _("somebody has decided on the same")


WAITING: Final = (Standing.OPEN, Standing.SNOOZED)
DECIDED: Final = (Standing.ACCEPTED, Standing.REJECTED, Standing.WITHDRAWN)
LINKS: Final[Mapping[type[Model], str]] = {
    BlendProposal: "proposal",
    DecisionProposal: "of_decision",
}
"""The column by which a verdict names a proposal of each kind."""


_EVER: Final = datetime(1990, 1, 1, tzinfo=UTC)
_HOLD: Final = "SELECT pg_advisory_xact_lock(hashtext('recsys_propose_decisions'))"


def with_standing(rows: QuerySet[Row], at: datetime) -> QuerySet[Row]:
    """Proposals of either kind, each with its `standing` at an instant and all that was said of it, the last first."""
    last = ProposalVerdict.objects.filter(**{LINKS[rows.model]: OuterRef("pk")}).order_by("-pk")
    spoken = ProposalVerdict.objects.select_related("actor", "decision").order_by("-pk")
    told = rows.annotate(
        said=Subquery(last.values("outcome")[:1]),
        back=Subquery(last.values("back")[:1]),
        standing=Case(
            When(said=Outcome.SNOOZED, back__gt=at, then=Value(Standing.SNOOZED)),
            When(said__in=list(DECIDED), then=F("said")),
            default=Value(Standing.OPEN),
            output_field=CharField(),
        ),
    )
    return cast("QuerySet[Row]", told.prefetch_related(Prefetch("verdicts", spoken)))


def standing_in(rows: QuerySet[Row], *standings: Standing) -> QuerySet[Row]:
    """Those of some proposals from `with_standing` that stand in one of these ways."""
    return rows.filter(Q(("standing__in", standings)))


def standing_of(proposal: Proposal) -> Standing:
    """Where a proposal from `with_standing` stands."""
    return Standing(vars(proposal)["standing"])


def last_word(proposal: Proposal) -> ProposalVerdict | None:
    """What was said of it last."""
    return next(iter(proposal.verdicts.all()), None)


def decisions(at: datetime) -> QuerySet[DecisionProposal]:
    """All proposed decisions with where they stand, and with what their words name."""
    related = ("surface", "item", "segment", "decision")
    return with_standing(DecisionProposal.objects.select_related(*related), at)


def blends(at: datetime) -> QuerySet[BlendProposal]:
    """The proposed blends that are made and that no later one of their surface overtook, with where they stand."""
    made = BlendProposal.objects.filter(state=Job.State.SUCCEEDED)
    later = made.filter(surface=OuterRef("surface"), requested_at__gt=OuterRef("requested_at"))
    return with_standing(made.filter(~Exists(later)).select_related("surface"), at)


def hold_targets() -> None:
    """Have whoever else settles what is proposed for which target wait until this transaction ends.

    Before any proposal is locked: a round locks those that wait, and makes new ones, under it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD)


def proposal_named(proposal_id: UUID, at: datetime) -> Proposal | None:
    """The proposal of either kind with this id, made or not."""
    rows = BlendProposal.objects.select_related("surface", "requested_by")
    found = decisions(at).filter(pk=proposal_id).first()
    return found or with_standing(rows.filter(pk=proposal_id), at).first()


def counted(at: datetime) -> Counter[str]:
    """How many proposals are open, by the name of their model; one query, whatever was decided in years."""
    found = [
        standing_in(rows, Standing.OPEN).order_by().values_list(Value(rows.model.__name__))
        for rows in (decisions(at).filter(_may_wait()), blends(at))
    ]
    return Counter(name for (name,) in found[0].union(found[1], all=True))


def _may_wait() -> Q:
    """Beyond which no proposed decision waits: a round counts anew, or withdraws, all that did.

    So what waits was counted by the last round, or reopened since.
    """
    done = ProposalRound.objects.filter(state=Job.State.SUCCEEDED).order_by("-finished_at")
    began = Coalesce(Subquery(done.values("started_at")[:1]), Value(_EVER))
    woken = ProposalVerdict.objects.filter(
        outcome=Outcome.REOPENED, of_decision__isnull=False, at__gte=began
    )
    return Q(counted_at__gte=began) | Q(pk__in=woken.values("of_decision"))
