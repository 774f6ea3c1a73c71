"""What every request passes, and what is answered where no view answers."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.http import HttpResponse, QueryDict
from django.test import Client, RequestFactory
from django.utils import timezone, translation

from curation import installation
from recsys.config.middleware import preferences
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen(settings):
    """Runs the middleware for a user; answers the language and the zone that the view then has."""

    def _seen(user, **cookies):
        request = RequestFactory().get("/")
        request.user = user
        request.COOKIES = {settings.SESSION_COOKIE_NAME: "x", **cookies}
        found = []

        def view(_request):
            found.extend([translation.get_language(), timezone.get_current_timezone_name()])
            return HttpResponse()

        with translation.override("en"):
            preferences(view)(request)
        return found

    return _seen


def test_a_page_speaks_the_user_s_language_and_tells_the_time_of_their_zone(seen):
    user = UserFactory(language="zh-hans", time_zone="Asia/Shanghai")
    assert seen(user) == ["zh-hans", "Asia/Shanghai"]


def test_a_language_that_the_browser_chose_here_wins(seen, settings):
    user = UserFactory(language="zh-hans")
    assert seen(user, **{settings.LANGUAGE_COOKIE_NAME: "en"})[0] == "en"


def test_a_zone_that_no_longer_exists_is_taken_for_utc(seen):
    assert seen(UserFactory(time_zone="Mars/Olympus_Mons"))[1] == "UTC"


def test_one_request_s_zone_is_not_the_next_one_s(seen):
    seen(UserFactory(time_zone="Asia/Shanghai"))
    assert timezone.get_current_timezone_name() == "UTC"


def test_pages_answer_faults_as_pages(client):
    answer = client.get("/nowhere/")
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (404, "text/html")


def test_a_page_s_body_is_limited_too(client):
    answer = client.post("/login/", b"x" * 6_000_000, content_type="text/plain")
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (413, "text/html")


def test_a_form_without_its_token_is_refused_as_a_page():
    answer = Client(enforce_csrf_checks=True).post("/login/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert answer["Content-Type"].startswith("text/html")


def test_an_address_that_takes_a_form_alone_is_no_blank_page(client):
    installation.ensure()
    client.force_login(UserFactory.create(roles=["curator"], is_staff=True))
    answer = client.get("/logout/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "This is not a page" in answer.content.decode()


@pytest.fixture
def form():
    """Where a form of the desk is sent, and the page that holds it."""
    return "/admin/runs/schedules/new/", "/admin/runs/schedules/new/?family=als"


def test_who_is_signed_out_in_the_middle_of_an_act_is_told_and_led_back_to_its_page(client, form):
    action, page = form
    answer = client.post(action, headers={"referer": f"http://testserver{page}"}, follow=True)
    address, query = answer.redirect_chain[0][0].split("?")
    assert (address, QueryDict(query)["next"]) == ("/login/", page)
    assert "the last step was not taken" in answer.content.decode()


def test_no_other_site_says_where_a_sign_in_leads_to(client, form):
    answer = client.post(form[0], headers={"referer": "https://evil.example/"})
    assert QueryDict(answer["Location"].split("?")[1])["next"] == "/"


def test_a_part_of_a_page_is_never_the_sign_in(client):
    answer = client.get("/admin/desk/counts/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (401, b"")


def test_a_host_that_is_not_ours_is_refused_in_the_words_of_the_place(client):
    assert client.get("/login/", headers={"host": "evil.example"}).status_code == 400
    answer = client.get("/api/v1/runs/", headers={"host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_health_says_that_the_database_answers(client):
    assert client.get("/livez").content == b"live\n"
    assert client.get("/readyz").status_code == 200


def test_every_page_is_sent_with_the_strict_policy(client):
    installation.ensure()
    for path in ("/", "/login/", "/api/docs/"):
        policy = client.get(path)["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/api/v1/models/", "/login/"])
def test_while_the_database_is_away_a_caller_is_told_to_ask_again(monkeypatch, path):
    def away(*_arguments: object, **_words: object) -> None:
        raise OperationalError("connection refused")

    client = Client(raise_request_exception=False)
    client.force_login(UserFactory.create(roles=["operator"]))
    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", away)
    answer = client.get(path)
    assert answer.status_code == 503
    if path.startswith("/api/"):
        assert answer["Retry-After"] == "2"
        assert answer.json()["code"] == "unavailable"
