"""Traces and replays over HTTP."""

from __future__ import annotations

import uuid

import pytest

from curation.models import Member, Surface
from recsys.models import Slate
from tests.recsys.api.cast import SOURCE

pytestmark = pytest.mark.django_db


@pytest.fixture
def slate(fuse):
    """Ada's slate, its inputs kept."""
    Surface.objects.update(replay_share=1)
    Member.objects.get_or_create(source=SOURCE, outside_id="ada")
    return f"/api/v1/slates/{fuse('ada')['slate']}/"


def test_a_trace_names_items_as_the_api_does(client_api, slate):
    status, trace = client_api.get(slate)
    assert status == 200
    assert {"placements", "denials", "verdicts", "blend", "versions", "models"} <= trace.keys()
    first = trace["placements"][0]
    assert first["item"].startswith("film-")
    assert first["title"].startswith("Film ")
    assert all(reason["text"] for reason in first["reasons"])


def test_a_stored_slate_replays_to_the_same_bytes(client_api, slate):
    status, replay = client_api.get(slate, replay=1)
    assert (status, replay["identical"]) == (200, True)
    assert client_api.get(slate, replay="0")[1].keys() >= {"placements"}


def test_a_replay_needs_inputs_that_are_whole(client_api, slate):
    Slate.objects.update(inputs=b"rubbish")
    assert client_api.get(slate, replay=1)[1]["code"] == "inputs_damaged"
    Slate.objects.update(inputs=None)
    status, body = client_api.get(slate, replay=1)
    assert (status, body["code"]) == (404, "inputs_not_kept")


def test_a_slate_that_never_was_is_not_there(client_api):
    status, body = client_api.get(f"/api/v1/slates/{uuid.uuid4()}/")
    assert (status, body["code"]) == (404, "unknown_slate")


@pytest.mark.parametrize("query", [{"replay": "maybe"}, {"colour": "red"}, {"replay": ["1", "1"]}])
def test_parameters_that_cannot_be_are_refused(client_api, slate, query):
    assert client_api.get(slate, **query)[0] == 400


def test_members_read_their_own_slates_only(caller, slate):
    assert caller("member", "ada").get(slate)[0] == 200
    assert caller("member", "bob").get(slate)[0] == 404
