"""The demo's users, tokens, and the file that tells how to come in."""

from __future__ import annotations

import json
import stat
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from curation import installation
from curation.ids import new_id
from curation.models import Member, Segment, Token
from curation.people.access import roles_of
from feedback.models import Kind
from recsys.demo import (
    first_blend,
    loading,
    people,
    proposals,
    readiness,
    shelves,
    simulation,
    training,
)
from recsys.demo.client import Client, NoAnswer, Refusal
from recsys.embeddings import standing as embeddings
from recsys.models import DecisionProposal, ProposalRound
from recsys.proposals import rounds as proposal_rounds
from tests.factories import ItemFactory, MemberFactory
from tests.recsys.proposals.voters import say, serve

ROLES = {"member", "curator", "operator", "analyst", "client", "administrator"}


@pytest.fixture
def cast(db):
    installation.ensure()
    return people.cast()


def test_each_role_has_a_user_with_its_known_password(cast):
    assert cast.keys() == ROLES
    for role, user in cast.items():
        assert role in roles_of(user)
        assert user.check_password(people.login_of(role).password)
    assert not cast["member"].is_staff


def test_the_member_among_them_is_a_member_of_the_demo(cast):
    member = Member.objects.get(user=cast["member"])
    assert (member.source, member.outside_id) == ("demo", "demo-member")


def test_the_cast_is_made_once_and_a_changed_password_stays(cast):
    cast["curator"].set_password("something else")
    cast["curator"].save()
    again = people.cast()
    assert again == cast
    assert again["curator"].check_password("something else")


def test_each_start_has_tokens_of_its_own_and_the_older_ones_are_gone(cast):
    first, second = people.renew_tokens(cast), people.renew_tokens(cast)
    assert set(first.values()).isdisjoint(second.values())
    assert Token.objects.count() == len(ROLES)
    assert set(Token.objects.values_list("source", flat=True)) == {"demo"}


def test_segments_are_defined_once(cast):
    people.define_segments(cast["curator"])
    Segment.objects.filter(slug="regulars").update(name="Ours")
    people.define_segments(cast["curator"])
    assert Segment.objects.get(slug="regulars").name == "Ours"
    assert Segment.objects.count() == 2


def test_the_file_is_whole_and_readable_by_its_owner_alone(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    readiness.write({"url": "x"})
    assert json.loads(readiness.path().read_text()) == {"url": "x"}
    assert stat.S_IMODE(readiness.path().stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["demo.json"]


@pytest.fixture
def prepared(cast, settings, tmp_path, monkeypatch):
    """A demo whose data, models and blend are there; an earlier start left its file."""
    settings.VAR_DIR, settings.DEMO = tmp_path, True
    for step, question in (
        (loading, "is_wanted"),
        (training, "missing"),
        (first_blend, "is_wanted"),
        (shelves, "are_wanted"),
        (embeddings, "is_behind"),
    ):
        monkeypatch.setattr(step, question, lambda: False)
    monkeypatch.setattr(readiness, "PATIENCE_S", 0)
    readiness.path().write_text("{}")


@pytest.mark.parametrize(
    "answer",
    [
        {"mode": "stale", "placements": ["a film"]},
        {"mode": "fallback", "placements": ["a film"]},
        {"mode": "fresh", "placements": []},
        NoAnswer("nobody listens"),
    ],
    ids=["stale", "not personal", "empty", "no answer"],
)
def test_no_file_says_that_the_demo_is_ready_before_a_fresh_slate_was_served(
    prepared, monkeypatch, answer
):
    def recommend(_client, member, **_more):
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(Client, "recommend", recommend)
    with pytest.raises(CommandError, match="no fresh slate"):
        call_command("demo", stdout=StringIO())
    assert not readiness.path().exists()


def test_the_file_is_there_once_a_fresh_slate_was_served(prepared, monkeypatch):
    slate = {"mode": "fresh", "placements": ["a film"]}
    monkeypatch.setattr(Client, "recommend", lambda *_, **__: slate)
    call_command("demo", stdout=StringIO())
    assert json.loads(readiness.path().read_text())["tokens"].keys() == ROLES


def test_known_logins_are_refused_outside_the_demo(db, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="demo only"):
        call_command("demo")


def test_simulated_members_are_labelled(db):
    import numpy as np

    ItemFactory(source="demo", attributes={"genres": ["War", "Drama", "Comedy"]})
    first = simulation.cast(5, np.random.default_rng(0))
    assert simulation.cast(5, np.random.default_rng(0)) == first
    assert list(Member.objects.values_list("simulated", flat=True)) == [True] * 5


def test_simulating_without_a_running_demo_says_so(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    with pytest.raises(CommandError, match="start the demo first"):
        call_command("simulate_members")


def test_once_simulated_members_were_there_what_the_data_say_is_proposed(cast, settings):
    """Twenty of the data set love a film; forty who are simulated are served another a hundred times."""
    settings.DEMO = True
    loved, other = ItemFactory.create_batch(2)
    proposals.define_segment(cast["curator"])
    fans = [MemberFactory.create(source="demo") for _ in range(20)]
    seen = [MemberFactory.create(source="demo", simulated=True) for _ in range(40)]
    say(fans, loved, Kind.RATING, 5)
    say(seen, other, Kind.CLICK)
    serve(seen, other, 120, simulated=True)
    proposals.ask()
    (waiting,) = ProposalRound.objects.all()
    proposal_rounds.execute(waiting.pk)
    (found,) = DecisionProposal.objects.all()
    assert (found.kind, found.item) == ("boost", loved)
    assert found.segment == Segment.objects.get(slug="active")
    assert (found.evidence["part"], found.evidence["slates"]) == (20, 120)


def test_a_simulation_that_was_cut_short_goes_on_where_it_stood(
    cast, settings, tmp_path, monkeypatch
):
    settings.VAR_DIR, settings.DEMO = tmp_path, True
    asked = []

    def recommend(_client, member, **_more):
        asked.append(member)
        return {"impression": str(new_id()), "placements": []}

    monkeypatch.setattr(Client, "recommend", recommend)
    readiness.write({"url": "http://nowhere", "tokens": {"client": ""}})
    film = ItemFactory(source="demo", attributes={"genres": ["War", "Drama"]})
    seen = MemberFactory(source="demo", simulated=True)
    serve([seen], film, 3, simulated=True)
    often = {"members": 2, "rounds": 3, "once": True, "stdout": StringIO()}
    call_command("simulate_members", **often)
    assert asked == ["simulated-002", "simulated-001", "simulated-002"]
    assert ProposalRound.objects.count() == 1
    serve([seen], film, 3, simulated=True)
    call_command("simulate_members", **often)
    assert len(asked) == 3
    assert ProposalRound.objects.count() == 1


def test_simulated_members_come_back_after_an_outage(db, monkeypatch):
    class Flaky(Client):
        asked = 0

        def recommend(self, member, **more):
            self.asked += 1
            if self.asked == 2:
                raise NoAnswer("the web server restarts")
            return {"impression": str(new_id()), "placements": []}

    monkeypatch.setattr(simulation, "PAUSE_S", 0)
    ItemFactory(source="demo", attributes={"genres": ["War", "Drama"]})
    chance = np.random.default_rng(0)
    visits = simulation.visits(Flaky("http://nowhere", ""), simulation.cast(3, chance), chance)
    assert list(visits) == [0, 0, 0]


def test_simulated_members_do_not_insist_where_they_are_refused(db):
    class Closed(Client):
        def recommend(self, member, **more):
            raise Refusal("403")

    ItemFactory(source="demo", attributes={"genres": ["War", "Drama"]})
    chance = np.random.default_rng(0)
    with pytest.raises(Refusal):
        list(simulation.visits(Closed("http://nowhere", ""), simulation.cast(1, chance), chance))
