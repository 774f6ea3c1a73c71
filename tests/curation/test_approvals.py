"""A second person before a publish: when one is asked for, who that can be, and what makes an approval void."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from curation import actions
from curation.actions import Terms, gates
from curation.models import Approval, ChangeSet, PolicyVersion, Surface
from curation.policies import approvals
from curation.policies.files import FORMAT, VERSION
from curation.problems import Conflict, Denied, Invalid
from tests.curation.test_api import Caller, problem
from tests.factories import SOURCE, ItemFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db):
    """A surface whose every publish is approved."""
    Surface.objects.filter(slug="home").update(approval="always")
    return Surface.objects.get(slug="home")


@pytest.fixture
def bob(db):
    return UserFactory.create(username="bob", roles=["curator"])


@pytest.fixture
def spring(curator):
    return actions.open_change_set(actor=curator, name="Spring")


@pytest.fixture
def draft(curator, home, spring):
    def draft(slot=1, actor=None, into=None):
        item, terms = ItemFactory.create(), Terms(change_set=into or spring, reason="spring")
        where = {"surface": home, "item": item, "slot": slot}
        return actions.pin_item(actor=actor or curator, terms=terms, **where)

    return draft


@pytest.fixture
def asked(curator, spring, draft):
    """A request for approval by whoever wrote the draft."""
    draft()
    return actions.ask_approval(actor=curator, change_set=spring, reason="please look")


def approved(bob, spring, request):
    told = {"change_set": spring, "request": request.pk, "reason": "it is fine"}
    return actions.approve(actor=bob, **told)


def refused(actor, change_set, **more):
    with pytest.raises(Conflict) as refusal:
        actions.publish(actor=actor, change_set=change_set, **more)
    return refusal.value


def above(share=0.2):
    Surface.objects.filter(slug="home").update(approval="above", approval_share=share)


def simulated(spring, changed, requests=100, asked=1000):
    """What a simulation of the set as it stands would note."""
    row = Surface.objects.get(slug="home")
    approvals.note_simulation(
        spring,
        asked=asked,
        drafts=approvals.contents([spring])[spring.pk].drafts,
        versions={"home": [row.policy_version, row.blocks_version]},
        slates={"home": [requests, changed]} if requests else {},
    )


def state(spring):
    return approvals.of(spring).state


# When it is asked for -----------------------------------------------------------------------------------


def test_where_nobody_is_asked_for_a_publish_is_one_persons(curator, home, spring, draft):
    Surface.objects.update(approval="never")
    draft()
    assert actions.publish(actor=curator, change_set=spring).versions == {"home": 1}


def test_where_every_publish_is_approved_it_says_who_can(curator, bob, spring, draft):
    draft()
    told = refused(curator, spring)
    assert told.code == "approval_needed"
    assert "bob" in str(told)
    assert "curator" not in str(told).replace("curators", "")
    assert [(row["code"], row["surface"]) for row in told.errors] == [("always", "home")]


def test_a_decision_for_everywhere_is_asked_about_by_any_surface(curator, home, spring):
    where: dict[str, Any] = {"surface": None, "item": ItemFactory.create(), "slot": 1}
    actions.pin_item(actor=curator, terms=Terms(change_set=spring), **where)
    assert refused(curator, spring).code == "approval_needed"


def test_another_surface_asks_nothing(curator, home, similar, spring):
    where = {"surface": similar, "item": ItemFactory.create(), "slot": 1}
    actions.pin_item(actor=curator, terms=Terms(change_set=spring), **where)
    actions.publish(actor=curator, change_set=spring)


@pytest.mark.parametrize(
    ("changed", "why"), [(0, "below"), (20, "below"), (21, "above"), (100, "above")]
)
def test_the_share_of_slates_that_change_decides(curator, spring, draft, changed, why):
    above()
    draft()
    simulated(spring, changed)
    (ask,) = approvals.of(spring).asks
    assert (ask.why, ask.share) == (why, changed / 100)
    if why == "below":
        actions.publish(actor=curator, change_set=spring)
    else:
        assert refused(curator, spring).code == "approval_needed"


def test_without_a_simulation_of_the_set_as_it_stands_nobody_knows(curator, home, spring, draft):
    above()
    draft()
    assert refused(curator, spring).code == "simulation_needed"
    simulated(spring, 0)
    draft(2)
    told = refused(curator, spring)
    assert (told.code, told.errors[0]["code"]) == ("simulation_needed", "unsimulated")
    simulated(spring, 0)
    Surface.objects.filter(slug="home").update(blocks_version=7)
    assert refused(curator, spring).code == "simulation_needed"
    simulated(spring, 0, asked=approvals.LEAST - 1)
    assert refused(curator, spring).code == "simulation_needed"
    simulated(spring, 0, asked=approvals.LEAST)
    actions.publish(actor=curator, change_set=spring)


def test_a_surface_that_nobody_asked_for_needs_a_person(curator, spring, draft):
    above()
    draft()
    simulated(spring, 0, requests=0)
    assert refused(curator, spring).errors[0]["code"] == "unasked"


def test_so_few_replayed_requests_of_a_surface_do_not_tell_either(curator, spring, draft):
    above()
    draft()
    simulated(spring, 0, requests=approvals.LEAST - 1)
    told = refused(curator, spring)
    assert (told.code, told.errors[0]["code"]) == ("approval_needed", "thin")
    assert f"only {approvals.LEAST - 1} of its requests" in str(told)


def test_an_approval_does_for_what_is_not_simulated(curator, bob, spring, asked):
    above()
    approved(bob, spring, asked)
    actions.publish(actor=curator, change_set=spring)


def test_what_was_simulated_alone_is_published_alone(curator, home, spring, draft):
    above()
    summer = actions.open_change_set(actor=curator, name="Summer")
    for slot, each in enumerate((spring, summer), 1):
        draft(slot, into=each)
        simulated(each, 0)
    with pytest.raises(Conflict, match="one by one"):
        actions.publish(actor=curator, surface=home)
    actions.publish(actor=curator, change_set=spring)


def test_blocks_endings_and_roll_backs_never_wait(curator, administrator, home, spring, draft):
    Surface.objects.update(approval="never")
    first = draft()
    actions.publish(actor=curator, change_set=spring)
    Surface.objects.update(approval="always")
    for actor, safety in ((curator, False), (administrator, True)):
        bad = ItemFactory.create()
        block = actions.block_item(
            actor=actor, item=bad, safety=safety, terms=Terms(reason="it is bad")
        )
        actions.publish_decision(actor=actor, draft=block)
    ended = actions.end_decision(actor=curator, decision=first.decision, reason="over")
    actions.publish_decision(actor=curator, draft=ended)
    actions.roll_back(actor=curator, surface=home)


# Who asks and who answers -------------------------------------------------------------------------------


def test_what_another_has_approved_is_published_as_it_stands(curator, bob, home, spring, asked):
    assert state(spring) == "asked"
    approved(bob, spring, asked)
    assert state(spring) == "approved"
    actions.publish(actor=curator, change_set=spring)
    assert PolicyVersion.objects.filter(surface=home, number=1).exists()


def test_neither_who_asked_nor_who_changed_it_last_can_approve(
    curator, bob, administrator, spring, draft
):
    draft()
    draft(2, actor=bob)
    asked = actions.ask_approval(actor=curator, change_set=spring)
    for each in (curator, bob):
        with pytest.raises(Denied, match="administrator"):
            approved(each, spring, asked)
    assert approved(administrator, spring, asked).actor == administrator


def test_an_administrator_cannot_approve_what_is_their_own(administrator, home, spring, draft):
    draft(actor=administrator)
    asked = actions.ask_approval(actor=administrator, change_set=spring)
    with pytest.raises(Denied, match="cannot approve"):
        approved(administrator, spring, asked)


def test_whoever_took_a_draft_out_last_cannot_approve_what_is_left(curator, bob, spring, draft):
    draft()
    goes = draft(2)
    actions.withdraw(actor=bob, draft=goes.revision, reason="not this")
    asked = actions.ask_approval(actor=curator, change_set=spring)
    with pytest.raises(Denied):
        approved(bob, spring, asked)


def test_only_curators_ask_and_answer(stranger, spring, asked):
    told = {"actor": stranger, "change_set": spring}
    answer = {**told, "request": asked.pk, "reason": "fine"}
    for act in (
        lambda: actions.ask_approval(**told),
        lambda: actions.take_back_approval(**told),
        lambda: actions.approve(**answer),
        lambda: actions.send_back(**answer),
    ):
        with pytest.raises(Denied):
            act()


def test_what_is_sent_back_says_why_and_is_asked_for_again(curator, bob, spring, asked):
    told = {"actor": bob, "change_set": spring, "request": asked.pk}
    with pytest.raises(Invalid):
        actions.send_back(reason=" ", **told)
    actions.send_back(reason="slot 1 is taken", **told)
    assert "slot 1 is taken" in str(refused(curator, spring))
    with pytest.raises(Conflict) as late:
        actions.approve(reason="fine", **told)
    assert late.value.code == "not_asked"
    again = actions.ask_approval(actor=curator, change_set=spring)
    approved(bob, spring, again)
    actions.publish(actor=curator, change_set=spring)


def test_the_second_to_answer_is_told_that_somebody_has(curator, bob, administrator, spring, asked):
    approved(bob, spring, asked)
    with pytest.raises(Conflict, match="bob has approved it already"):
        approved(administrator, spring, asked)
    with pytest.raises(Conflict):
        actions.ask_approval(actor=curator, change_set=spring)


def test_a_request_is_taken_back_by_who_asked_and_an_approval_by_who_gave_it(
    curator, bob, spring, asked
):
    told = {"change_set": spring}
    with pytest.raises(Denied):
        actions.take_back_approval(actor=bob, **told)
    actions.take_back_approval(actor=curator, **told)
    assert state(spring) == "none"
    approved(bob, spring, actions.ask_approval(actor=curator, **told))
    with pytest.raises(Denied):
        actions.take_back_approval(actor=curator, **told)
    actions.take_back_approval(actor=bob, **told)
    assert refused(curator, spring).code == "approval_needed"
    with pytest.raises(Conflict):
        actions.take_back_approval(actor=bob, **told)


def test_nothing_is_asked_for_an_empty_or_a_closed_set(curator, home, spring, draft):
    with pytest.raises(Conflict, match="no draft"):
        actions.ask_approval(actor=curator, change_set=spring)
    draft()
    actions.discard(actor=curator, change_set=spring, reason="no")
    with pytest.raises(Conflict) as closed:
        actions.ask_approval(actor=curator, change_set=spring)
    assert closed.value.code == "change_set_closed"


# What makes it void -------------------------------------------------------------------------------------


def changes(curator, spring, draft):
    """The ways in which a set changes."""
    first = draft(3)
    yield lambda: draft(4)
    yield lambda: actions.withdraw(actor=curator, draft=first.revision, reason="no")
    other = draft(5)
    yield lambda: actions.revise_decision(
        actor=curator,
        decision=other.decision,
        base=1,
        spec={"slot": 6},
        terms=Terms(change_set=spring),
    )
    away = draft(7)
    autumn = actions.open_change_set(actor=curator, name="Autumn")
    yield lambda: actions.move(actor=curator, draft=away.revision, to=autumn, reason="later")
    yield lambda: imported(curator)


def imported(curator, *, live=False, change_set="Spring"):
    pin = {"kind": "pin", "surface": "home", "item": {"source": SOURCE, "id": "film"}}
    row = {**pin, "content": {"slot": 9}, "reason": "so"}
    document = {"format": FORMAT, "version": VERSION, "decisions": [row]}
    ItemFactory.create(outside_id="film")
    told = {"document": document, "change_set": change_set, "live": live}
    return actions.import_decisions(actor=curator, **told)


def test_any_change_of_the_set_makes_request_and_approval_void(curator, bob, spring, draft):
    for change in changes(curator, spring, draft):
        asked = actions.ask_approval(actor=curator, change_set=spring)
        approved(bob, spring, asked)
        change()
        told = refused(curator, spring)
        assert (state(spring), told.code) == ("void", "approval_void")
        assert "bob approved it, and it has changed since" in str(told)
    asked = actions.ask_approval(actor=curator, change_set=spring)
    draft(8)
    with pytest.raises(Conflict) as void:
        approved(bob, spring, asked)
    assert void.value.code == "approval_void"


def test_an_answer_is_to_the_request_that_was_seen(curator, bob, spring, draft, asked):
    draft(2)
    actions.ask_approval(actor=curator, change_set=spring)
    with pytest.raises(Conflict) as stale:
        approved(bob, spring, asked)
    assert stale.value.code == "stale_request"


def plan(actor, spring, at):
    actions.schedule(actor=actor, change_set=spring, at=timezone.now() + timedelta(days=1))
    ChangeSet.objects.filter(pk=spring.pk).update(publish_at=at)


def test_a_planned_set_whose_approval_became_void_stays_and_says_why(
    curator, bob, spring, draft, asked
):
    approved(bob, spring, asked)
    now = timezone.now()
    plan(curator, spring, now)
    draft(2)
    (done,) = actions.publish_due(now)
    assert (done.published_at, done.publish_at) == (None, None)
    told = done.refusal or {}
    assert told["code"] == "approval_void"
    assert "changed since" in told["detail"]
    approved(bob, spring, actions.ask_approval(actor=curator, change_set=spring))
    plan(curator, spring, now)
    (done,) = actions.publish_due(now)
    assert done.published_at is not None


def test_an_import_that_is_to_go_live_keeps_nothing_without_approval(curator, home):
    with pytest.raises(Conflict) as refusal:
        imported(curator, live=True)
    assert refusal.value.code == "approval_needed"
    assert not ChangeSet.objects.exists()


# Passing it over ----------------------------------------------------------------------------------------


def test_an_administrator_publishes_without_approval_for_a_reason_that_is_kept(
    curator, administrator, spring, asked
):
    told = {"change_set": spring, "despite": [gates.APPROVAL]}
    with pytest.raises(Denied):
        actions.publish(actor=curator, reason="I want it", **told)
    with pytest.raises(Invalid):
        actions.publish(actor=administrator, reason=" ", **told)
    told_other = {**told, "despite": [gates.EXPECTATIONS]}
    with pytest.raises(Conflict):
        actions.publish(actor=administrator, reason="it is urgent", **told_other)
    done = actions.publish(actor=administrator, reason="it is urgent", **told)
    assert "Spring" in done.unmet[0]
    row = approvals.newest_acts([spring])[spring.pk]
    assert (row.act, row.actor, row.reason) == ("passed_over", administrator, "it is urgent")
    event = apps.get_model("curation", "ChangeSetEvent")._default_manager.latest("pgh_id")
    assert event.pgh_context["action"] == "publish_without_approval"


def test_acts_are_audited_and_never_changed(bob, spring, asked):
    approved(bob, spring, asked)
    events = apps.get_model("curation", "ApprovalEvent")._default_manager.order_by("pgh_id")
    assert [(e.pgh_context["action"], e.act) for e in events] == [
        ("ask_approval", "asked"),
        ("approve", "approved"),
    ]
    for act in (
        lambda: Approval.objects.update(act="approved"),
        lambda: Approval.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            act()


# Over HTTP ----------------------------------------------------------------------------------------------


@pytest.fixture
def callers(client, curator, bob, administrator):
    return tuple(Caller(client, each) for each in (curator, bob, administrator))


def test_the_api_asks_answers_and_publishes(callers, spring, draft):
    draft()
    mine, theirs, chief = callers
    path = f"/api/v1/change-sets/{spring.pk}/approval/"
    publish: dict[str, Any] = {"change_set": str(spring.pk), "reason": "spring"}
    told = problem(mine.send("POST", "/api/v1/policy/publish/", publish), 409, "approval_needed")
    assert told["errors"][0]["surface"] == "home"
    found = mine.get(path).json()
    assert (found["state"], found["needed"], found["lacking"]) == ("none", True, True)
    assert found["who_can"] == ["administrator", "bob"]
    made = mine.send("POST", path, {"reason": "please"})
    assert (made.status_code, made.json()["state"]) == (201, "asked")
    answer = {"request": made.json()["newest"]["id"], "reason": "it is fine"}
    problem(mine.send("POST", f"{path}approve/", answer), 403, "denied")
    problem(theirs.send("DELETE", path), 403, "denied")
    problem(theirs.send("POST", f"{path}approve/", {"reason": "fine"}), 400, "invalid")
    other = {**answer, "request": str(uuid.uuid4())}
    problem(theirs.send("POST", f"{path}approve/", other), 409, "stale_request")
    assert theirs.send("POST", f"{path}send-back/", answer).json()["state"] == "sent_back"
    answer["request"] = mine.send("POST", path, {}).json()["newest"]["id"]
    assert theirs.send("POST", f"{path}approve/", answer).json()["lacking"] is False
    assert theirs.send("DELETE", path).json()["state"] == "none"
    publish["without_approval"] = True
    problem(mine.send("POST", "/api/v1/policy/publish/", publish), 403, "denied")
    done = chief.send("POST", "/api/v1/policy/publish/", publish).json()
    assert done["versions"] == {"home": 1}
    assert done["unmet"]
    problem(mine.get(f"/api/v1/change-sets/{uuid.uuid4()}/approval/"), 404, "unknown_change_set")


def test_a_single_decision_that_is_to_go_live_is_refused_and_not_kept(callers, home):
    ItemFactory.create(outside_id="film")
    body = {"kind": "pin", "surface": "home", "item": "film", "slot": 1, "publish": True}
    problem(callers[0].decide(**body), 409, "approval_needed")
    assert not ChangeSet.objects.exists()


@pytest.fixture
def pages(client, curator, bob, administrator, spring):
    def page(user, **sent):
        """The page of the set and the pane that it fetches, after what was sent."""
        client.force_login(user)
        pane = reverse("desk:approval", args=[spring.pk])
        shown = reverse("desk:publish", args=[spring.pk])
        first = client.post(pane, sent, follow=True) if sent else client.get(shown)
        second = client.get(pane, headers={"HX-Request": "true"})
        assert (first.status_code, second.status_code) == (200, 200)
        return " ".join((first.content + second.content).decode().split())

    return page


def test_the_page_leads_from_the_request_to_the_publish(pages, curator, bob, spring, draft):
    draft()
    mine = pages(curator)
    assert "Ask for approval" in mine
    assert "Approve it as it stands" not in mine
    assert mine.count("button--main") == 1
    assert "waits for the approval that curator has asked for" in pages(curator, act="ask")
    assert "Approve it as it stands" not in pages(curator)
    theirs = pages(bob)
    assert theirs.count("button--main") == 1
    assert "Take the request back" not in theirs
    request = str(approvals.newest_acts([spring])[spring.pk].pk)
    assert "This field is required" in pages(bob, act="approve", request=request)
    told = pages(bob, act="approve", request=request, reason="it is fine")
    assert "bob has approved it." in told
    assert "Take the approval back" in told
    draft(2)
    assert "that approval is void" in pages(curator)


def test_the_page_offers_a_simulation_where_only_that_can_tell(pages, curator, spring, draft):
    above()
    draft()
    told = pages(curator)
    assert reverse("simulations:of-set", args=[spring.pk]) in told
    assert "Simulate it now" in told
    simulated(spring, 10)
    told = pages(curator)
    assert "10 % of slates change" in told
    assert "Simulate it now" not in told


def test_only_an_administrator_is_offered_to_publish_without(
    client, pages, curator, administrator, spring, draft
):
    draft()
    assert 'name="without_approval"' not in pages(curator)
    assert 'name="without_approval"' in pages(administrator)
    sent = {"reason": "it is urgent", "without_approval": "on"}
    url = reverse("desk:publish", args=[spring.pk])
    assert client.post(url, sent).status_code == 302
    told = client.get(reverse("desk:approval", args=[spring.pk])).content.decode()
    assert "administrator published it without." in told


def test_a_decision_that_lacks_approval_can_be_kept_as_a_draft(client, curator, home):
    film = ItemFactory.create()
    client.force_login(curator)
    sent = {"surface": "home", "item": film.outside_id, "slot": "1", "priority": "100"}
    sent |= {"holdback": "0", "traffic": "1", "reason": "so"}
    told = client.post(reverse("desk:new", args=["pin"]), sent).content.decode()
    assert "Keep it as a draft" in told
    client.post(reverse("desk:new", args=["pin"]), {**sent, "keep": "1"})
    assert ChangeSet.objects.filter(published_at=None).count() == 1


def test_the_settings_are_an_administrators_and_make_a_new_version(client, administrator, home):
    administrator.is_staff = True
    administrator.save()
    client.force_login(administrator)
    url = reverse("admin:curation_surface_change", args=["home"])
    form = client.get(url).context["adminform"].form
    sent = {name: form[name].value() for name in form.fields}
    client.post(url, {**sent, "approval": "above", "approval_share": "1.5"})
    home.refresh_from_db()
    assert home.approval == "always"
    client.post(url, {**sent, "approval": "above", "approval_share": "0.3"})
    home.refresh_from_db()
    assert (home.approval, home.approval_share, home.policy_version) == ("above", 0.3, 1)
