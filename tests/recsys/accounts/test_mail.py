"""Mail on its way: addresses of servers, what servers answer, and what becomes of mail that is not taken."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings as real
from django.core.exceptions import ImproperlyConfigured
from django.db.models.functions import Now

from curation.models import Mail, Outbox
from recsys.operations import doctor
from recsys.transport import mail, transports
from tests.recsys.accounts.conftest import sign_in
from tests.recsys.accounts.mail_server import serving

SECRET = "p/ss:w@rd"
FRESH = {"password1": "quite another word", "password2": "quite another word"}


@pytest.fixture
def _a_list_for_a_mail_server():
    """Here the transports are real."""


@pytest.fixture
def nobody_listens():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"smtp://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def letter(db):
    return Mail.objects.create(
        sender="Tandem <tandem@localhost>", to=["ada@example.org"], subject="Grüße", text="一行字"
    )


def hand_over(letter, settings, address):
    settings.MAIL_TRANSPORT = address
    mail.send(letter.pk)
    return Mail.objects.filter(pk=letter.pk).first()


@pytest.mark.parametrize(
    ("address", "place", "signs_in", "tls", "timeout_s"),
    [
        ("smtp://mail", ("mail", 25), ("", ""), (False, False), 20),
        ("smtp://mail.example:2525", ("mail.example", 2525), ("", ""), (False, False), 20),
        ("smtp+tls://a:b@mail", ("mail", 587), ("a", "b"), (True, False), 20),
        ("smtps://a:b@mail/?timeout=3", ("mail", 465), ("a", "b"), (False, True), 3),
        ("smtps://a%40b:p%2Fss%3Aw%40rd@[::1]", ("::1", 465), ("a@b", SECRET), (False, True), 20),
    ],
)
def test_an_address_of_a_server_says_all_that_it_takes(address, place, signs_in, tls, timeout_s):
    told = transports.connection(address)
    assert (told["host"], told["port"]) == place
    assert (told["username"], told["password"]) == signs_in
    assert (told["use_tls"], told["use_ssl"]) == tls
    assert told["timeout"] == timeout_s


@pytest.mark.parametrize(
    "address",
    [
        "",
        "mail.example",
        "Console",
        "ftp://mail",
        "smtp+ssl://mail",
        "smtp://",
        "smtp://:25",
        "smtp://mail:http",
        "smtp://mail:70000",
        "smtp://mail/box",
        "smtp://mail#box",
        "smtp://[::1",
        "smtps://ada:p/s[w@rd]x@mail",
        "smtp://ada:w@rd\u2100@mail",
        "smtp://a@mail",
        f"smtp://ada:{SECRET}@mail",
        "smtp://mail?timeout=soon",
        "smtp://mail?timeout=0",
        "smtp://mail?timeout=",
        "smtp://mail?time=3",
    ],
)
def test_any_other_is_refused_in_words_that_repeat_no_password(address):
    with pytest.raises(
        ImproperlyConfigured, match=r"^TANDEM_MAIL: .* It takes console, or smtp:"
    ) as no:
        transports.connection(address)
    assert not re.search(r"p/s|ss:w|w@rd", str(no.value))


def test_with_an_address_that_cannot_be_nothing_starts_and_the_reason_is_said():
    told = {"PATH": "/usr/bin:/bin", "TANDEM_MAIL": "ftp://mail"}
    words = [sys.executable, "manage.py", "check"]
    ended = subprocess.run(
        words, cwd=real.BASE_DIR, env=told, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("TANDEM_MAIL: the kind of server is not known.")
    assert "Traceback" not in ended.stderr


def test_a_server_that_takes_a_message_has_it_whole_and_the_row_is_gone(letter, settings):
    with serving({}) as server:
        assert hand_over(letter, settings, f"smtp://{server.address}") is None
    [message] = server.messages
    assert (message["To"], message["Subject"]) == ("ada@example.org", "Grüße")
    assert message.get_content().strip() == "一行字"
    assert server.signed_in == []


def test_a_name_and_a_word_sign_in_at_the_server_as_they_were_meant(letter, settings):
    with serving({}) as server:
        hand_over(letter, settings, f"smtp://a%40b.org:p%2Fss%3Aw%40rd@{server.address}")
    assert server.signed_in == [("a@b.org", SECRET)]


@pytest.mark.parametrize(
    ("verb", "reply"),
    [
        ("MAIL", "451 later"),
        ("RCPT", "450 box is busy"),
        ("RCPT", "550 nobody"),
        ("DATA", "421 closing"),
        (".", "452 no space"),
        ("EHLO", "nonsense"),
    ],
)
def test_what_a_server_does_not_take_stays_with_its_words_and_goes_when_it_does(
    letter, settings, verb, reply
):
    told = {verb: reply} | ({"HELO": reply} if verb == "EHLO" else {})
    with serving(told) as server:
        waiting = hand_over(letter, settings, f"smtp://{server.address}")
    assert (server.messages, waiting.attempts) == ([], 1)
    assert reply.partition(" ")[2] in waiting.problem
    with serving({}) as server:
        assert hand_over(letter, settings, f"smtp://{server.address}") is None
    assert len(server.messages) == 1


def test_a_server_without_tls_gets_nothing_where_tls_was_asked_for(letter, settings):
    with serving({}) as server:
        waiting = hand_over(letter, settings, f"smtp+tls://{server.address}")
    assert (server.messages, waiting.attempts) == ([], 1)


def test_a_refused_connection_is_counted(letter, settings, nobody_listens):
    waiting = hand_over(letter, settings, nobody_listens)
    assert (waiting.attempts, "refused" in waiting.problem) == (1, True)


@pytest.mark.parametrize(
    "fault",
    [
        {"subject": "two\nlines"},
        {"sender": "two\nlines <a@example.org>"},
        {"to": ["ada@exa mple..org"]},
        {"to": [f"ada@{'x' * 70}.example"]},
    ],
    ids=str,
)
def test_a_message_that_cannot_be_written_is_counted_too(letter, settings, fault):
    Mail.objects.filter(pk=letter.pk).update(**fault)
    with serving({"RCPT": "501 syntax"}) as server:
        waiting = hand_over(letter, settings, f"smtp://{server.address}")
    assert waiting.attempts == 1
    assert waiting.problem


def test_a_fault_of_ours_is_counted_and_logged_with_where_it_was(
    letter, settings, monkeypatch, caplog
):
    def broken():
        raise KeyError("host")

    monkeypatch.setattr(mail, "transport", broken)
    assert hand_over(letter, settings, "console").attempts == 1
    [line] = [each for each in caplog.records if each.name == "recsys.transport.mail"]
    assert line.exc_info


def test_mail_that_nobody_takes_is_tried_twelve_times_ever_more_rarely(
    letter, settings, nobody_listens
):
    pauses = []
    for _turn in range(mail.MOST_ATTEMPTS):
        hand_over(letter, settings, nobody_listens)
        [pause] = Mail.objects.annotate(now=Now()).values_list("next_at", "now")
        pauses.append(round((pause[0] - pause[1]).total_seconds()))
    assert pauses == [30 * 2**turn for turn in range(12)]


@pytest.mark.parametrize(
    ("attempts", "overdue_s", "rung"),
    [(0, 29, False), (0, 31, True), (3, -60, False), (11, 31, True), (12, 31, False)],
)
def test_mail_is_rung_for_when_it_is_due_and_not_given_up(letter, attempts, overdue_s, rung):
    due = Now() - timedelta(seconds=overdue_s)
    Mail.objects.filter(pk=letter.pk).update(attempts=attempts, next_at=due)
    mail.ring()
    assert Outbox.objects.filter(task=mail.TASK, arguments=[str(letter.pk)]).exists() is rung


def test_a_letter_that_is_gone_is_no_trouble(db):
    mail.send(uuid4())


@pytest.mark.parametrize("place", ["console", "server"])
def test_a_link_to_a_new_password_arrives(browser, ada, settings, capsys, place):
    settings.EMAIL_BACKEND = "recsys.transport.mail.OutboxBackend"
    browser.post("/account/password/reset/", {"email": ada.email})
    waiting = Mail.objects.get()
    if place == "console":
        hand_over(waiting, settings, "console")
        text = capsys.readouterr().out.replace("=\n", "")
    else:
        with serving({}) as server:
            hand_over(waiting, settings, f"smtp://{server.address}")
        [text] = [
            part.get_content()
            for part in server.messages[0].walk()
            if part.get_content_type() == "text/plain"
        ]
    [link] = re.findall(r"http://testserver(/\S+)", text)
    form = browser.get(link, follow=True)
    browser.post(form.redirect_chain[-1][0], FRESH)
    assert sign_in(browser, ada, FRESH["password1"])["Location"] == "/"


def finding():
    return [each for each in doctor.examine() if each.subject == "mail"]


def test_the_doctor_says_where_mail_goes(db, settings):
    settings.MAIL_TRANSPORT = "console"
    [found] = finding()
    assert (found.ok, "log" in found.text) == (True, True)
    with serving({}) as server:
        settings.MAIL_TRANSPORT = f"smtp://{server.address}"
        [found] = finding()
    assert (found.ok, server.address in found.text) == (True, True)


@pytest.mark.parametrize("address", ["ftp://mail", "smtp://nowhere.invalid", ""])
def test_the_doctor_names_a_server_that_takes_nothing(db, settings, nobody_listens, address):
    settings.MAIL_TRANSPORT = address or nobody_listens
    [found] = finding()
    assert "TANDEM_MAIL" in found.remedy


def test_the_doctor_names_mail_that_was_given_up(letter, settings):
    settings.MAIL_TRANSPORT = "console"
    Mail.objects.filter(pk=letter.pk).update(attempts=12, problem="550 nobody")
    told = finding()[-1]
    assert (told.ok, "550 nobody" in told.text) == (False, True)
