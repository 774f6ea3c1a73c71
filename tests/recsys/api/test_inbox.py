"""The inbox of proposals over HTTP: read by staff, decided by curators."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from curation.models import Outbox, Revision, Surface
from recsys.models import BlendProposal, ProposalVerdict, Simulation
from tests.recsys.proposals.voters import disliked, looked, proposal

pytestmark = pytest.mark.django_db
INBOX = "/api/v1/inbox/"


@pytest.fixture
def curator(caller):
    return caller("curator")


@pytest.fixture
def proposed(curator):
    disliked()
    looked()
    return proposal()


def of(row, act=""):
    return f"{INBOX}{row.pk}/{act}"


def test_a_proposal_is_listed_and_read_with_words_and_figures(curator, proposed):
    status, rows = curator.get(INBOX)
    assert status == 200
    (told,) = rows
    assert told["title"] == "Bury “Dull film” for Night owls"
    assert (told["kind"], told["surface"], told["standing"]) == ("bury", "home", "open")
    assert (told["item"], told["segment"]) == (proposed.item.outside_id, proposed.segment.slug)
    assert told["figures"]["part"] == 14
    assert told["evidence"].startswith("14 of 18 votes")
    assert told["verdict"] is None
    assert curator.get(of(proposed)) == (200, told)
    assert curator.get(f"{INBOX}?show=decided") == (200, [])
    assert curator.get(f"{INBOX}?show=all")[0] == 400


def test_accepting_drafts_and_tells_which_decision(curator, proposed):
    status, told = curator.post(of(proposed, "accept/"), {"reason": "so", "change_set": "Autumn"})
    said = ProposalVerdict.objects.get()
    assert (status, told["standing"]) == (200, "accepted")
    assert told["verdict"]["decision"] == str(said.decision_id)
    assert Revision.objects.get(decision=said.decision).change_set.name == "Autumn"
    status, problem = curator.post(of(proposed, "reject/"), {"reason": "no"})
    assert (status, problem["code"]) == (409, "not_possible")


def test_editing_takes_the_body_of_a_decision(curator, proposed):
    body = {
        "kind": "rule", "surface": "home", "effect": "bury_to_bottom", "reason": "rather",
        "where": {"field": "title", "op": "eq", "value": "Dull film"}, "segment": proposed.segment.slug,
    }  # fmt: skip
    status, problem = curator.post(of(proposed, "edit/"), {**body, "kind": "song"})
    assert (status, problem["code"]) == (400, "unknown_kind")
    status, told = curator.post(of(proposed, "edit/"), body)
    assert (status, told["standing"], told["verdict"]["edited"]) == (200, "accepted", True)
    assert Revision.objects.get().spec["effect"] == "bury_to_bottom"


def test_snoozing_waking_rejecting_and_taking_it_back(curator, proposed):
    back = timezone.now() + timedelta(days=7)
    status, told = curator.post(of(proposed, "snooze/"), {"back": back.isoformat()})
    assert (status, told["standing"]) == (200, "snoozed")
    assert curator.get(INBOX) == (200, [])
    assert curator.post(of(proposed, "reopen/"), {})[1]["standing"] == "open"
    told = curator.post(of(proposed, "reject/"), {"reason": "no"})[1]
    assert (told["standing"], told["verdict"]["reason"]) == ("rejected", "no")
    assert curator.post(of(proposed, "reopen/"), {"reason": "rash"})[1]["standing"] == "open"


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [
        ("accept/", {}, 400),
        ("accept/", {"reason": "so", "more": 1}, 400),
        ("reject/", {"reason": ""}, 400),
        ("snooze/", {}, 400),
        ("snooze/", {"back": "tomorrow"}, 400),
        ("snooze/", {"back": "2020-01-01T00:00:00Z"}, 409),
        ("snooze/", {"back": "2150-01-01T00:00:00Z"}, 409),
        ("reopen/", {}, 409),
    ],
)
def test_what_cannot_be_asked_is_refused(curator, proposed, act, body, status):
    answered, problem = curator.post(of(proposed, act), body)
    assert answered == status
    assert problem["code"]
    assert not ProposalVerdict.objects.exists()


def test_a_blend_is_decided_at_the_same_door(curator):
    row = BlendProposal.objects.create(surface=Surface.objects.get(pk="home"), state="succeeded")
    back = timezone.now() + timedelta(days=7)
    assert curator.get(INBOX)[1][0]["kind"] == "blend"
    assert curator.post(of(row, "snooze/"), {"back": back.isoformat()})[1]["standing"] == "snoozed"
    assert curator.post(of(row, "simulate/"))[0] == 404


def test_a_look_and_a_simulation_are_asked_for(curator, proposed):
    status, told = curator.post(f"{INBOX}look/")
    assert (status, told["state"]) == (202, "queued")
    assert Outbox.objects.filter(task="recsys.look_for_proposals", arguments=[told["id"]]).exists()
    status, told = curator.post(of(proposed, "simulate/"))
    assert (status, told["proposal"], told["change_set"]) == (202, str(proposed.pk), None)
    assert Simulation.objects.get().proposal == proposed
    assert curator.get(f"/api/v1/simulations/{told['id']}/")[1]["stale"] is False


def test_analysts_read_and_do_not_decide(caller, proposed):
    analyst = caller("analyst")
    assert analyst.get(of(proposed))[0] == 200
    for act in ("accept/", "edit/", "snooze/", "reject/", "reopen/", "simulate/"):
        assert analyst.post(of(proposed, act), {"reason": "so"})[0] == 403
    assert analyst.post(f"{INBOX}look/")[0] == 403
    assert caller("member").get(INBOX)[0] == 403


def test_an_unknown_one_is_not_found(curator):
    assert curator.get(f"{INBOX}{uuid.uuid4()}/")[0] == 404
    assert curator.post(f"{INBOX}{uuid.uuid4()}/reject/", {"reason": "no"})[0] == 404
