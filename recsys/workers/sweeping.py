"""What is tidied up every half minute."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models.functions import Now

from recsys.embeddings import standing as embeddings
from recsys.jobs import leases
from recsys.models import Fallback, Slate
from recsys.operations import heartbeats
from recsys.slates import refusing
from recsys.transport import mail

MOST_AT_ONCE: Final = 5_000


def sweep() -> None:
    """Free the jobs of dead workers, ring for what waits too long, renew fallbacks, embed new texts, drop old rows."""
    leases.sweep()
    refusing.announce_outdated()
    embeddings.follow_catalogue()
    heartbeats.forget()
    mail.ring()
    drop_old_slates()


def drop_old_slates() -> int:
    """Delete slates beyond their retention, but those that fallbacks stand on; counts them."""
    until = Now() - timedelta(days=settings.SLATE_RETENTION_DAYS)
    old = Slate.objects.filter(fused_at__lt=until).exclude(pk__in=Fallback.objects.values("slate"))
    ids = list(old.values_list("pk", flat=True)[:MOST_AT_ONCE])
    return Slate.objects.filter(pk__in=ids).delete()[0]
