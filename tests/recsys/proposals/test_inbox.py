"""What curators do about proposed decisions on the desk: accept, edit, snooze, reject, and take it back."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.db.utils import ProgrammingError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from curation import actions
from curation.actions import Terms
from curation.fusion.effects import Boost
from curation.fusion.query import EVERYTHING
from curation.models import ChangeSet, Decision, Outbox, PolicyEntry, Revision, Surface
from recsys.models import BlendProposal, DecisionProposal, Job, ProposalVerdict, Simulation
from recsys.proposals import actions as proposal_actions
from recsys.proposals import words as proposal_words
from recsys.proposed.standing import Standing, proposal_named, standing_of
from tests.appraised import LIFT, appraised
from tests.factories import ScorerFactory, UserFactory
from tests.recsys.proposals.test_deciding import BLEND, REPORT
from tests.recsys.proposals.voters import disliked, looked, loved, proposal

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, curator):
    client.force_login(curator)
    return client


@pytest.fixture
def proposed(curator):
    """One that night owls be spared a dull film."""
    disliked()
    looked()
    return proposal()


@pytest.fixture
def blend(curator):
    """A blend that is made."""
    for name in BLEND["weights"]:
        ScorerFactory(name=name)
    return BlendProposal.objects.create(
        surface=Surface.objects.get(pk="home"),
        state=Job.State.SUCCEEDED,
        present={**BLEND, "beta": 1.0, "decision": None},
        blend={**BLEND, "beta": 2.5},
        report=REPORT,
    )


def act(desk, name, row, **told):
    return desk.post(reverse(f"proposals:{name}", args=[row.pk]), told)


def stands(row):
    found = proposal_named(row.pk, timezone.now())
    return standing_of(found) if found else None


def text(desk, *place, **query):
    answer = desk.get(reverse(*place), query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_inbox_groups_what_is_open_by_kind_with_its_evidence(desk, proposed, blend):
    loved()
    looked()
    page = text(desk, "proposals:list")
    places = [
        page.index(words)
        for words in (
            "Bury what a segment dislikes",
            "14 of 18 votes of Night owls are against it",
            "Boost what a segment loves and hardly sees",
            "28 of 30 votes",
            "Blend the scorers anew",
            "NDCG@10 on validation changes by 0.02",
        )
    ]
    assert places == sorted(places)


def test_the_inbox_tells_how_many_slates_each_would_change_once_it_was_simulated(desk, proposed):
    assert "slates would change" not in text(desk, "proposals:list")
    for changed, state in ((1, "succeeded"), (3, "succeeded"), (7, "failed")):
        report = {"changed": changed, "requests": 8}
        Simulation.objects.create(proposal=proposed, state=state, report=report)
    assert "Simulated: 37.5 % of slates would change." in text(desk, "proposals:list")


def test_an_empty_inbox_says_what_is_looked_for_and_when_next(desk):
    page = text(desk, "proposals:list")
    assert "No decision is proposed now." in page
    assert "loves and hardly sees" in page
    assert "Next on" in page
    assert "Nothing is snoozed." in text(desk, "proposals:list", show="snoozed")


def test_accepting_drafts_the_rule_for_the_segment_and_publishes_nothing(desk, curator, proposed):
    act(
        desk,
        "accept",
        proposed,
        **{"accept-reason": "they say so", "accept-change_set": "Autumn"},
    )
    said = ProposalVerdict.objects.get()
    row = Revision.objects.get(decision=said.decision)
    assert (said.outcome, said.actor, said.edited) == ("accepted", curator, False)
    assert row.change_set == ChangeSet.objects.get(name="Autumn", published_at=None)
    assert row.decision.surface_id == "home"
    assert row.segment == proposed.segment
    assert row.spec == {
        "effect": "bury",
        "strength": 1.0,
        "where": {"items": [str(proposed.item_id)]},
    }
    assert row.holdback == 0.1
    assert row.review_on == timezone.localdate() + timedelta(days=28)
    assert Surface.objects.get(pk="home").policy_version == 0
    assert "Dull film" in text(desk, "proposals:list", show="decided")
    assert "Dull film" not in text(desk, "proposals:list")


def test_accepting_an_end_drafts_the_end(desk, curator):
    draft = actions.add_rule(
        actor=curator,
        surface=Surface.objects.get(pk="home"),
        effect=Boost(1.0),
        what=EVERYTHING,
        terms=Terms(reason="try", review_on=timezone.localdate(), holdback=0.1),
    )
    actions.publish_decision(actor=curator, draft=draft)
    made = appraised(draft.decision, str(draft.decision.pk), "A film")
    made.report["lifts"] = [{**LIFT, "difference": 0.0, "low": -0.01, "high": 0.001}]
    made.save()
    looked()
    assert "What it brought" in text(desk, "proposals:detail", None, [proposal().pk])
    act(desk, "accept", proposal(), **{"accept-reason": "it brings nothing"})
    assert draft.decision.revisions.get(number=2).ends
    assert PolicyEntry.objects.filter(revision__decision=draft.decision).count() == 1


def test_editing_begins_with_the_proposal_and_saving_it_accepts(desk, proposed):
    url = reverse("proposals:edit", args=[proposed.pk])
    form = desk.get(url).context["form"]
    assert form.initial["effect"] == "bury"
    assert form.initial["segment"] == proposed.segment_id
    assert "14 of 18 votes" in form.initial["reason"]
    sent = {
        "surface": "home",
        "segment": str(proposed.segment_id),
        "effect": "bury_to_bottom",
        "where": f'{{"items": ["{proposed.item_id}"]}}',
        "match": "all",
        "reason": "more than that",
        "change_set": "Autumn",
        "priority": "100",
        "holdback": "0",
        "traffic": "1",
    }
    looked_at = desk.post(url, {**sent, "look": "1"})
    assert looked_at.status_code == 200
    assert not ProposalVerdict.objects.exists()
    answer = desk.post(url, sent)
    said = ProposalVerdict.objects.get()
    assert answer.url == reverse("desk:decision", args=[said.decision_id])
    assert (said.outcome, said.edited) == ("accepted", True)
    assert Revision.objects.get().spec["effect"] == "bury_to_bottom"


@pytest.mark.parametrize("way", ["accept", "edit"])
def test_a_set_named_as_it_was_offered_is_named_by_the_product(desk, blend, way):
    """A curator in Chinese who leaves the name as it stands has not named it; a reader of English reads English."""
    desk.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    shown = desk.get(reverse("proposals:edit", args=[blend.pk])).context["form"]
    name = shown["change_set"].value()
    assert name.endswith("为 home 提出的混合权重")
    if way == "accept":
        act(desk, "accept", blend, **{"accept-reason": "so", "accept-change_set": name})
    else:
        sent = {field.name: field.value() for field in shown if field.value() is not None}
        act(desk, "edit", blend, **{**sent, "then": "draft"})
    key = Revision.objects.get().change_set_id
    for language, part in (("en", "Blend proposed for home on "), ("zh-hans", name)):
        desk.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        assert f"<h1>{part}" in text(desk, "desk:publish", None, [key])


def test_an_edit_that_is_refused_decides_nothing(desk, proposed):
    url = reverse("proposals:edit", args=[proposed.pk])
    answer = desk.post(url, {"effect": "bury", "reason": "so", "change_set": "Autumn"})
    assert answer.context["form"].errors
    assert not ProposalVerdict.objects.exists()
    assert not Decision.objects.exists()


def test_a_blend_is_edited_too(desk, blend):
    form = desk.get(reverse("proposals:edit", args=[blend.pk])).context["form"]
    assert form.initial["weight-popularity"] == 0.25
    sent = {"surface": "home", "weight-ease": "2", "weight-popularity": "1", "change_set": "Autumn"}
    terms = {"reason": "rather", "priority": "100", "holdback": "0", "traffic": "1"}
    act(desk, "edit", blend, **sent, **terms)
    assert Revision.objects.get().spec["weights"] == {"ease": 2.0, "popularity": 1.0}


@pytest.mark.parametrize(("span", "days"), [("day", 1), ("week", 7), ("month", 30)])
def test_a_snoozed_proposal_comes_back_by_itself(desk, proposed, span, days):
    act(desk, "snooze", proposed, **{"snooze-span": span})
    assert stands(proposed) == Standing.SNOOZED
    assert "Dull film" not in text(desk, "proposals:list")
    assert "Dull film" in text(desk, "proposals:list", show="snoozed")
    with time_machine.travel(timezone.now() + timedelta(days=days, seconds=-60), tick=False):
        assert stands(proposed) == Standing.SNOOZED
    with time_machine.travel(timezone.now() + timedelta(days=days, seconds=60), tick=False):
        assert stands(proposed) == Standing.OPEN


def test_a_blend_is_snoozed_woken_and_its_rejection_taken_back(desk, blend):
    act(desk, "snooze", blend, **{"snooze-span": "week"})
    assert stands(blend) == Standing.SNOOZED
    act(desk, "reopen", blend)
    assert stands(blend) == Standing.OPEN
    act(desk, "reject", blend, **{"reject-reason": "no"})
    act(desk, "reopen", blend)
    assert stands(blend) == Standing.OPEN


@pytest.mark.parametrize(
    ("days", "wanted"), [(0, Standing.OPEN), (2, Standing.SNOOZED), (367, Standing.OPEN)]
)
def test_a_day_is_named_that_lies_ahead_within_a_year(desk, proposed, days, wanted):
    day = (timezone.localdate() + timedelta(days=days)).isoformat()
    answer = act(desk, "snooze", proposed, **{"snooze-span": "date", "snooze-day": day})
    assert stands(proposed) == wanted
    assert (answer.status_code == 302) == (wanted == Standing.SNOOZED)
    answer = act(desk, "snooze", proposed, **{"snooze-span": "date"})
    assert "Name the day." in answer.content.decode()


def test_a_rejection_takes_a_reason_and_can_be_taken_back(desk, proposed):
    answer = act(desk, "reject", proposed, **{"reject-reason": " "})
    assert answer.context["forms"]["reject"].errors
    act(desk, "reject", proposed, **{"reject-reason": "they come round"})
    assert stands(proposed) == Standing.REJECTED
    assert "they come round" in text(desk, "proposals:list", show="decided")
    act(desk, "reopen", proposed)
    assert stands(proposed) == Standing.OPEN
    assert "they come round" in text(desk, "proposals:detail", None, [proposed.pk])


def test_a_rejection_stays_where_a_newer_proposal_has_taken_its_place(curator, proposed):
    proposal_actions.reject(proposal_id=proposed.pk, actor=curator, reason="no")
    same = {name: getattr(proposed, name) for name in ("kind", "item", "segment", "surface")}
    more = {"weight": 99, "counted_at": timezone.now(), "evidence": proposed.evidence}
    DecisionProposal.objects.create(**same, **more)
    with pytest.raises(proposal_actions.NotPossible, match="newer proposal"):
        proposal_actions.reopen(proposal_id=proposed.pk, actor=curator)


def test_what_is_decided_is_decided_once_and_an_open_one_is_not_reopened(desk, curator, proposed):
    with pytest.raises(proposal_actions.NotPossible, match="Only what is snoozed"):
        proposal_actions.reopen(proposal_id=proposed.pk, actor=curator)
    act(desk, "accept", proposed, **{"accept-reason": "so"})
    answer = act(desk, "reject", proposed, **{"reject-reason": "no"})
    assert "decided on this proposal already" in answer.content.decode()
    answer = act(desk, "edit", proposed)
    assert ProposalVerdict.objects.count() == 1


def test_what_was_said_is_only_added_to_and_is_in_the_audit(curator, proposed):
    back = timezone.now() + timedelta(days=1)
    said = proposal_actions.snooze(proposal_id=proposed.pk, actor=curator, back=back)
    proposal_actions.reopen(proposal_id=proposed.pk, actor=curator, reason="sooner")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.outcome, c.metadata ->> 'action', c.metadata ->> 'actor' FROM recsys_proposalverdictevent e "
            "JOIN pghistory_context c ON c.id = e.pgh_context_id ORDER BY e.pgh_id"
        )
        assert cursor.fetchall() == [
            ("snoozed", "snooze_proposal", str(curator.pk)),
            ("reopened", "reopen_proposal", str(curator.pk)),
        ]
    with pytest.raises(ProgrammingError, match="Cannot"):
        ProposalVerdict.objects.filter(pk=said.pk).update(reason="other")


def test_looking_again_is_asked_for_by_curators(desk, client):
    desk.post(reverse("proposals:look"))
    assert Outbox.objects.filter(task="recsys.look_for_proposals").count() == 1
    assert "hx-trigger" in text(desk, "proposals:list")
    assert "hx-trigger" in text(desk, "proposals:round")
    client.force_login(UserFactory(roles=["operator"], is_staff=True))
    assert client.post(reverse("proposals:look")).status_code == 403


def test_a_simulation_is_asked_for_once_and_shown_on_the_proposal(desk, proposed):
    act(desk, "simulate", proposed)
    act(desk, "simulate", proposed)
    made = Simulation.objects.get()
    assert (made.proposal, made.change_set, made.state) == (proposed, None, "queued")
    assert "hx-trigger" in text(desk, "proposals:detail", None, [proposed.pk])
    answer = desk.get(reverse("simulations:detail", args=[made.pk]))
    assert answer.url == reverse("proposals:detail", args=[proposed.pk])
    act(desk, "simulate", proposed)


def test_only_curators_decide_and_other_staff_reads(client, proposed):
    client.force_login(UserFactory(roles=["analyst"], is_staff=True))
    page = text(client, "proposals:detail", None, [proposed.pk])
    assert "14 of 18 votes" in page
    assert "Accept as a draft" not in page
    assert "Snooze for a week" not in text(client, "proposals:list")
    assert act(client, "snooze", proposed, **{"snooze-span": "day"}).status_code == 403


def test_the_rail_and_the_desk_count_what_is_open(desk, proposed, blend):
    assert "2 to decide" in text(desk, "rail-counts")
    page = text(desk, "admin:index")
    assert "A decision is proposed from evidence." in page
    assert "A proposed blend waits for a decision." in page
    act(desk, "snooze", proposed, **{"snooze-span": "day"})
    assert "1 to decide" in text(desk, "rail-counts")
    assert "proposed from evidence" not in text(desk, "admin:index")


def test_the_inbox_keeps_a_fixed_number_of_queries(desk, curator, proposed, blend):
    def asked(show):
        with CaptureQueriesContext(
            connection,
        ) as found:
            text(desk, "proposals:list", show=show)
        return len(found)

    text(desk, "proposals:list")
    before = asked("open")
    for _each in range(3):
        disliked()
        loved()
    looked()
    assert DecisionProposal.objects.count() == 7
    assert asked("open") == before <= 15
    for row in DecisionProposal.objects.all():
        proposal_actions.reject(proposal_id=row.pk, actor=curator, reason="no")
    assert asked("decided") <= 15


def test_the_evidence_is_told_in_chinese(proposed):
    with override("zh-hans"):
        assert proposal_words.evidence(proposed).startswith(
            "人群“Night owls”的 18 票中有 14 票反对它，比例肯定不低于 54.8"
        )


@pytest.mark.parametrize("state", [Job.State.QUEUED, Job.State.FAILED])
def test_a_blend_that_is_not_made_cannot_be_edited(desk, state):
    row = BlendProposal.objects.create(surface_id="home", state=state)
    address = reverse("proposals:edit", args=[row.pk])
    assert desk.get(address).status_code == 404
    assert desk.post(address, {}).status_code == 404
