"""The gate in front of a promotion, and the flip of the pointer that says which version of a family is live."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from curation import counters
from curation.models import Counter, Scorer, Surface, User
from curation.outbox import announce
from curation.policies import fulfilment
from curation.policies.fulfilment import Fulfilment, Target
from recsys.expectations import checks as expectation_checks
from recsys.live.artifacts import artifact_path
from recsys.ml import artifact
from recsys.models import LiveModel, ModelVersion, Promotion
from recsys.runs.version_cards import is_worse_than_live


class NotPossible(Exception):
    """A decision that the present state does not allow; the message is for people."""


def check(version: ModelVersion) -> None:
    """The gate: raises NotPossible where the artifact is not what was saved, or was never evaluated."""
    _check_kept(version)
    try:
        described = artifact.read_folder(artifact_path(version), version.digest)
    except artifact.CorruptArtifact as damage:
        raise NotPossible(
            _("The artifact is damaged: %(why)s. Train the family again.") % {"why": damage}
        ) from damage
    if described["family"] != version.family:
        raise NotPossible(_("The artifact is of another family: %(family)s.") % described)
    if not version.report.get("test"):
        raise NotPossible(_("The version was never evaluated. Train the family again."))


def check_not_worse(version: ModelVersion) -> None:
    """The gate that a person may pass knowingly: raises NotPossible where it ranked worse than the live one."""
    if is_worse_than_live(version):
        raise NotPossible(
            _(
                "%(version)s ranked worse than the live version on the same cases, beyond the interval. "
                "To promote it all the same, say so and give the reason."
            )
            % {"version": version}
        )


def check_expected(version: ModelVersion) -> None:
    """The gate that an administrator may pass: raises NotPossible where slates would not hold what stops it.

    Where that is not known yet, it is found out.
    """
    stopping = expected_of(version).stopping
    if not stopping:
        return
    told = " ".join(fulfilment.in_words(each) for each in stopping)
    if any(each.is_wanting for each in stopping):
        raise NotPossible(told)
    expectation_checks.request_for_version(version.pk)
    hint = _("A worker checks it within seconds; promote it then.")
    raise NotPossible(f"{told} {hint}")


def expected_of(version: ModelVersion) -> Fulfilment:
    """What is known of the expectations with a version in the place of the live one."""
    return fulfilment.of(Target(version=version.pk))


def _check_kept(version: ModelVersion) -> None:
    if ModelVersion.objects.filter(pk=version.pk, pruned_at__isnull=False).exists():
        told = _("The artifact of %(version)s was deleted by retention. Train the family again.")
        raise NotPossible(told % {"version": version})


@transaction.atomic
def give_up(version: ModelVersion, at: datetime) -> bool:
    """Note that the files of a version go; False where somebody has promoted it meanwhile."""
    take_turn()
    unused = ModelVersion.objects.filter(pk=version.pk, live__isnull=True, pruned_at__isnull=True)
    return bool(unused.update(pruned_at=at))


def take_turn() -> None:
    """Wait for whoever promotes just now, and have others wait until the transaction ends."""
    Counter.objects.select_for_update().get(name="models")


@transaction.atomic
def flip(version: ModelVersion, *, actor: User, reason: str, rolls_back: bool) -> Promotion:
    """Point the family to a version: pointer, record, counter and doorbells in one transaction.

    Raises NotPossible where it is live already.
    """
    counters.bump("models")  # first: its row lock puts promotions one after the other
    _check_kept(version)
    live = LiveModel.objects.filter(family=version.family).first()
    if live and live.version_id == version.id:
        raise NotPossible(_("%(version)s is live already.") % {"version": version})
    LiveModel.objects.update_or_create(
        family=version.family,
        defaults={"version": version, "promoted_by": actor, "reason": reason},
    )
    Scorer.objects.update_or_create(name=version.family, defaults={"live": True})
    for surface in Surface.objects.order_by("slug"):
        announce("recsys.refuse_surface", surface.slug)
    fulfilment.follow()
    return Promotion.objects.create(
        family=version.family,
        version=version,
        replaced=live.version if live else None,
        rolls_back=rolls_back,
        actor=actor,
        reason=reason,
    )


def versions_before(live: Iterable[LiveModel]) -> dict[str, ModelVersion]:
    """By family, the version that the live one replaced when it was promoted; the first has none."""
    promoted = Promotion.objects.filter(
        rolls_back=False, version__in=[each.version_id for each in live], replaced__isnull=False
    )
    latest = promoted.order_by("at").select_related("replaced")
    return {each.family: each.replaced for each in latest if each.replaced}
