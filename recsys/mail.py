"""Mail: written as rows in the transaction that asks for it, handed over by a worker until it is taken."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from curation import outbox
from curation.models import Mail

log = logging.getLogger(__name__)

TASK: Final = "recsys.send_mail"
MOST_ATTEMPTS: Final = 12
FIRST_PAUSE: Final = timedelta(seconds=30)
TIMEOUT_S: Final = 20


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
        except OSError as trouble:  # smtplib's errors are OSErrors, too
            _put_off(mail, trouble)
        else:
            mail.delete()


def _hand_over(mail: Mail) -> None:
    message = EmailMultiAlternatives(
        mail.subject, mail.text, mail.sender, mail.to, connection=get_connection(**transport())
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    message.send()


def _put_off(mail: Mail, trouble: OSError) -> None:
    log.warning("mail %s was not taken: %s", mail.pk, trouble)
    pause = FIRST_PAUSE * 2**mail.attempts
    Mail.objects.filter(pk=mail.pk).update(
        attempts=F("attempts") + 1, next_at=Now() + pause, problem=str(trouble)[:500]
    )


def ring() -> None:
    """Announce again what is due; what was refused too often stays, with the last error."""
    due = Mail.objects.filter(next_at__lt=Now() - FIRST_PAUSE, attempts__lt=MOST_ATTEMPTS)
    for mail_id in due.values_list("pk", flat=True)[:100]:
        outbox.announce(TASK, str(mail_id))


def transport() -> Mapping[str, Any]:
    """Django's connection for `settings.MAIL_TRANSPORT`: `console`, or smtp://, smtp+tls:// or smtps://user:word@host:port."""
    if settings.MAIL_TRANSPORT == "console":
        return {"backend": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(settings.MAIL_TRANSPORT)
    return {
        "backend": "django.core.mail.backends.smtp.EmailBackend",
        "host": parts.hostname,
        "port": parts.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": parts.scheme == "smtp+tls",
        "use_ssl": parts.scheme == "smtps",
        "timeout": int(dict(parse_qsl(parts.query)).get("timeout", TIMEOUT_S)),
    }
