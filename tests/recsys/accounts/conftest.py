"""People who sign up, sign in and look after their account; each test from an address of its own."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client

from curation.models import Mail
from recsys.transport.mail import send
from tests.factories import UserFactory

PASSWORD = "a long enough word"


@pytest.fixture
def browser():
    """A browser at an address that no other test uses."""
    return Client(REMOTE_ADDR=f"10.{uuid4().int % 250}.{uuid4().int % 250}.{uuid4().int % 250}")


@pytest.fixture
def ada(db):
    user = UserFactory.create(
        username=f"ada-{uuid4().hex[:8]}", email="ada@example.org", roles=["member"]
    )
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def post(settings):
    """The mail server is a list: hands over what waits and returns the messages."""

    def deliver():
        for waiting in Mail.objects.all():
            send(waiting.pk)
        return mail.outbox

    settings.EMAIL_BACKEND = "recsys.transport.mail.OutboxBackend"
    return deliver


@pytest.fixture(autouse=True)
def _a_list_for_a_mail_server(monkeypatch):
    told = {"backend": "django.core.mail.backends.locmem.EmailBackend"}
    monkeypatch.setattr("recsys.transport.mail.transport", lambda: told)
    mail.outbox = []


def sign_in(browser, user, password=PASSWORD):
    return browser.post("/login/", {"username": user.username, "password": password})
