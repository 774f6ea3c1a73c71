"""Every address, method and role against the table that says who may do what."""

from __future__ import annotations

import re
from functools import cache

import pytest
from django.db import transaction
from django.test import Client

from recsys.runs import promotion
from recsys.transport import throttles
from tests.authorization_table import rows, walk
from tests.authorization_world import COLUMNS, World, build, wait_for_nobody

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
STOCK = re.compile(
    r"^admin/(?!desk/|previews/|glossary/|operations/|runs/|proposals/|blend-sweeps/|clusterings/|likenesses/|simulations/|appraisals/|preferences/|people/)"
)


ROWS = rows()


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One world for all rows; each request is taken back."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        wait_for_nobody(patch)
        patch.setattr(promotion, "check", lambda version: None)
        patch.setattr(throttles, "wait_s", lambda name, caller: 0.0)
        yield build()
        transaction.set_rollback(True)


def test_every_route_stands_in_the_table():
    assert set(walk()) == set(ROWS)


def test_every_row_has_a_cell_for_each_column():
    for route, cells in ROWS.items():
        for method, line in cells.items():
            assert method in METHODS, route
            assert len(line) == len(COLUMNS), f"{method} {route}"


@pytest.mark.parametrize("route", ROWS)
def test_a_route_lets_in_whom_the_table_says(world: World, route):
    for method, cells in ROWS[route].items():
        told = [outcome(world, route, method, column) for column in COLUMNS]
        assert told == cells, f"{method} /{route}"


@pytest.mark.parametrize("route", ROWS)
def test_a_method_that_is_not_in_the_table_does_nothing(world: World, route):
    strict = bool(STOCK.match(route))
    for method in sorted(set(METHODS) - ROWS[route].keys()):
        answer = send(world, route, method, "administrator", stranger(strict))
        assert answer.status_code == (403 if strict else 405), f"{method} /{route}"


@cache
def _client(strict):
    return Client(enforce_csrf_checks=strict)


def stranger(strict=False):
    """A client whom nobody knows, the same one each time: a new one would load all middleware again."""
    client = _client(strict)
    client.cookies.clear()
    return client


def outcome(world, route, method, column):
    """How a request ended, in the words of the table."""
    answer = send(world, route, method, column, stranger())
    if answer.status_code in {301, 302}:
        return "login" if "/login/?next=" in answer["Location"] else "yes"
    return "yes" if answer.status_code in {200, 201, 202, 204} else str(answer.status_code)


def send(world, route, method, column, client):
    """Make one request and take back what it did."""
    with transaction.atomic():
        headers = world.enter(client, route, column)
        body = world.body(route, method)
        kind = {"content_type": "application/json"} if route.startswith("api/") else {}
        call = getattr(client, method.lower())
        answer = call(world.path(route), body, headers=headers, **kind)
        transaction.set_rollback(True)
    return answer


def test_nobody_takes_back_what_another_did(world: World):
    with transaction.atomic():
        event = {"event": "hers", "member": "ada", "item": "film", "kind": "like"}
        undo = {"event": "his", "kind": "undo", "undoes": "hers"}
        assert told(world, "member", event) == "accepted"
        assert told(world, "other", undo) == "not_yours"
        assert told(world, "member", undo) == "accepted"
        transaction.set_rollback(True)


def told(world, column, event):
    """What an interaction that a member sends for themselves is answered."""
    client = Client()
    headers = world.enter(client, "api/", column)
    answer = client.post(
        "/api/v1/interactions/", event, headers=headers, content_type="application/json"
    )
    (result,) = answer.json()["results"]
    return result.get("reason") or result["status"]
