"""API tokens: a user's, for one source of outside ids and for some of what that user may do."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from curation.ids import new_id
from curation.models.audit import audited
from curation.models.people import User


class Scope(models.TextChoices):
    """What a token may be used for, within what its user may do."""

    READ = "read", _("read slates, decisions, runs and models")
    INGEST = "ingest", _("send interactions, items and members")
    CURATE = "curate", _("write and publish decisions")
    TRAIN = "train", _("launch runs, promote and roll back models")


EVERY_SCOPE = ["read", "ingest", "curate", "train"]


def every_scope() -> list[str]:
    """All scopes: what a token has unless its maker says less."""
    return list(EVERY_SCOPE)


@audited("token_key", "user", "source", "name", "scopes", "created", "expiry", obj=False)
class Token(AbstractAuthToken):  # type: ignore[misc]
    """An API token. Only its digest is stored; outside ids that it sends belong to its source."""

    source = models.CharField(_("source"), max_length=64, default="api")
    name = models.CharField(_("name"), max_length=120, blank=True, default="", db_default="")
    scopes = ArrayField(
        models.CharField(max_length=10, choices=Scope.choices),
        verbose_name=_("scopes"),
        default=every_scope,
        db_default=EVERY_SCOPE,
    )

    class Meta(AbstractAuthToken.Meta):  # type: ignore[misc]
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")


@audited("user", "sessions", obj=False)
class SignOut(models.Model):
    """An administrator signed a user out of so many sessions; who did and why stands in the audit."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="sign_outs", verbose_name=_("user")
    )
    sessions = models.PositiveIntegerField(_("sessions"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("sign-out")
        verbose_name_plural = _("sign-outs")

    def __str__(self) -> str:
        return f"{self.user_id}: {self.sessions}"
