"""API tokens: a user's, for one source of outside ids."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from curation.models.audit import audited


@audited("token_key", "user", "source", "created", "expiry", obj=False)
class Token(AbstractAuthToken):  # type: ignore[misc]
    """An API token. Only its digest is stored; outside ids that it sends belong to its source."""

    source = models.CharField(_("source"), max_length=64, default="api")

    class Meta(AbstractAuthToken.Meta):  # type: ignore[misc]
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
