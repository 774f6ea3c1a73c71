"""Surfaces over HTTP: when a second person approves a publish, read by staff and set by administrators."""

from __future__ import annotations

import pytest

from curation.models import Surface
from tests.curation.test_api import Caller, problem
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
HOME = "/api/v1/surfaces/home/"


@pytest.fixture
def chief(client, db):
    Surface.objects.get_or_create(slug="home", defaults={"name": "Home"})
    return Caller(client, UserFactory.create(roles=["administrator"]))


def test_when_a_second_person_approves_is_read_and_set(chief):
    before = chief.get(HOME).json()
    assert (before["approval"], before["approval_share"]) == ("never", 0.2)
    version = Surface.objects.get(slug="home").policy_version
    answer = chief.send("PATCH", HOME, {"approval": "above", "approval_share": 0.5})
    assert answer.status_code == 200, answer.json()
    after = {**before, "approval": "above", "approval_share": 0.5, "version": version + 1}
    assert answer.json() == after
    assert after in chief.get("/api/v1/surfaces/").json()
    assert Surface.objects.get(slug="home").policy_version == version + 1
    kept = chief.send("PATCH", HOME, {"approval": "always", "reason": "a festival"}).json()
    assert kept["approval_share"] == 0.5, "what is not named stays"


def test_who_has_not_seen_what_stands_overwrites_nothing(chief):
    seen = chief.get(HOME).json()["version"]
    asked = {"approval": "always", "version": seen}
    assert chief.send("PATCH", HOME, asked).json()["version"] == seen + 1
    problem(chief.send("PATCH", HOME, asked | {"approval": "never"}), 409, "stale_version")
    assert chief.get(HOME).json()["approval"] == "always"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "nothing_to_change"),
        ({"reason": "so"}, "nothing_to_change"),
        ({"approval": "sometimes"}, "invalid"),
        ({"approval_share": 1.1}, "invalid"),
        ({"approval_share": "0.2"}, "invalid"),
        ({"approval": "never", "version": "1"}, "invalid"),
        ({"approval": "never", "depth": 3}, "invalid"),
    ],
)
def test_what_cannot_be_set_is_refused(chief, body, code):
    problem(chief.send("PATCH", HOME, body), 400, code)
    assert Surface.objects.get(slug="home").approval == "never"


def test_an_unknown_surface_is_not_found(chief):
    problem(chief.get("/api/v1/surfaces/moon/"), 404, "unknown_surface")
    problem(
        chief.send("PATCH", "/api/v1/surfaces/moon/", {"approval": "never"}), 404, "unknown_surface"
    )
