"""Mail: written as rows in the transaction that asks for it, handed over by a worker until it is taken."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from curation import outbox
from curation.models import Mail
from recsys.transport import transports

log = logging.getLogger(__name__)

TASK: Final = "recsys.send_mail"
MOST_ATTEMPTS: Final = 12
FIRST_PAUSE: Final = timedelta(seconds=30)
_TROUBLES: Final = (OSError, ValueError, ImproperlyConfigured)
"""Of the server (smtplib's errors are OSErrors), of what the message holds, of the settings."""


class OutboxBackend(BaseEmailBackend):
    """Django's mail goes into the outbox: nothing waits for a mail server, and a roll back takes the mail along."""

    @transaction.atomic
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the messages to be sent; counts them."""
        for message in email_messages:
            mail = Mail.objects.create(**_row(message))
            outbox.announce(TASK, str(mail.pk))
        return len(email_messages)


def _row(message: EmailMessage) -> dict[str, Any]:
    alternatives = getattr(message, "alternatives", [])
    return {
        "sender": message.from_email,
        "to": message.recipients(),
        "subject": str(message.subject),
        "text": str(message.body),
        "html": next((str(body) for body, kind in alternatives if kind == "text/html"), ""),
    }


def send(mail_id: UUID) -> None:
    """Hand one message over; a trouble is kept with it, and it is tried again later, ever more rarely."""
    with transaction.atomic():
        mail = Mail.objects.select_for_update(skip_locked=True).filter(pk=mail_id).first()
        if mail is None:
            return
        try:
            _hand_over(mail)
        except _TROUBLES as trouble:
            log.warning("mail %s was not taken: %s", mail.pk, trouble)
            _put_off(mail, trouble)
        except Exception as fault:  # uncounted, it would be tried again and again
            log.exception("mail %s met a fault of ours", mail.pk)
            _put_off(mail, fault)
        else:
            mail.delete()


def _hand_over(mail: Mail) -> None:
    message = EmailMultiAlternatives(mail.subject, mail.text, mail.sender, mail.to)
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    with closing(get_connection(**transport())) as message.connection:
        message.send()


def _put_off(mail: Mail, trouble: Exception) -> None:
    pause = FIRST_PAUSE * 2**mail.attempts
    Mail.objects.filter(pk=mail.pk).update(
        attempts=F("attempts") + 1,
        next_at=Now() + pause,
        problem=(str(trouble) or repr(trouble))[:500],
    )


def ring() -> None:
    """Announce again what is due; what was refused too often stays, with the last error."""
    due = Mail.objects.filter(next_at__lt=Now() - FIRST_PAUSE, attempts__lt=MOST_ATTEMPTS)
    for mail_id in due.values_list("pk", flat=True)[:100]:
        outbox.announce(TASK, str(mail_id))


def transport() -> Mapping[str, Any]:
    """Django's connection for `settings.MAIL_TRANSPORT`; raises ImproperlyConfigured."""
    return transports.connection(settings.MAIL_TRANSPORT)
