"""What draws a member, as staff and the member read it: in words, with intervals, honest where little is known."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from curation.models import Member
from curation.people.access import issue_token
from feedback.merging import merge_members
from recsys.models import Preference, PreferenceFit
from recsys.preferences import worker as preferring
from tests.factories import SOURCE, MemberFactory, UserFactory
from tests.recsys.api.cast import Api

API = "/api/v1/preferences/"


@pytest.fixture
def analyst(client, films):
    user = UserFactory.create(username="ann", roles=["analyst"], is_staff=True)
    client.force_login(user)
    return user


def pane(client, member, **headers):
    answer = client.get(reverse("preferences:member", args=[member.pk]), headers=headers)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_page_of_a_member_fetches_the_pane(client, analyst):
    member = MemberFactory.create()
    page = client.get(reverse("admin:curation_member_change", args=[member.pk]))
    assert f'hx-get="{reverse("preferences:member", args=[member.pk])}"' in page.content.decode()


def test_the_pane_says_what_draws_and_puts_off_with_intervals_and_samples(
    client, analyst, fond, learned
):
    row = learned(fond)
    text = pane(client, fond, HX_Request="true")
    assert "<html" not in text
    assert "Drawn by Genre: War." in text
    assert "Put off by Genre: Comedy." in text
    assert f"From {row.choices} choices in {row.impressions} impressions." in text
    assert "<title>Genre: War: ×" in text
    assert text.count("<tr>") == 3, "a row for each feature that is clear, and the head"
    assert "War</bdi> ×" in text


def test_without_scripts_the_pane_is_a_page(client, analyst, fond, learned):
    learned(fond)
    text = pane(client, fond)
    assert "<html" in text
    assert "<title>What draws this member" in text
    assert text.count("<h1") == 1


def test_too_few_choices_are_too_few_to_tell(client, analyst, show, choose, fond):
    newcomer = MemberFactory.create()
    impression = show(newcomer)
    choose(newcomer, impression, impression.items[0])
    preferring.learn(timezone.now())
    assert "Too few choices to tell: 1 of the 10" in pane(client, newcomer)
    assert "Too few choices to tell: 0 of the 10" in pane(client, MemberFactory.create())


def test_before_the_first_night_nothing_was_learned(client, analyst):
    assert "Nothing was learned yet" in pane(client, MemberFactory.create())
    assert "A script plays this member" in pane(client, MemberFactory.create(simulated=True))


def test_where_nothing_is_clear_nothing_stands_out(client, analyst, fond, learned):
    row = learned(fond)
    Preference.objects.filter(pk=row.pk).update(deviation=[9.0] * len(row.theta))
    text = pane(client, fond)
    assert "Nothing stands out" in text
    assert '<svg class="chart chart--' not in text


def test_of_a_measure_that_puts_off_it_is_told_that_less_draws(client, analyst, fond, learned):
    row = learned(fond)
    fields = [each["field"] for each in row.fit.features]
    row.theta[fields.index("year")], row.deviation[fields.index("year")] = -1.0, 0.1
    row.save()
    assert "Year: lower by " in pane(client, fond)


def test_feedback_since_then_is_told(client, analyst, fond, learned, show, choose):
    learned(fond)
    assert "gave feedback since" not in pane(client, fond)
    impression = show(fond)
    choose(fond, impression, impression.items[0])
    assert "gave feedback since" in pane(client, fond)
    newcomer = MemberFactory.create()
    impression = show(newcomer)
    choose(newcomer, impression, impression.items[0])
    assert "gave feedback since" in pane(client, newcomer)


def test_of_a_merged_member_that_of_the_other_is_told(client, analyst, fond, learned):
    learned(fond)
    double = MemberFactory.create()
    merge_members(actor=None, member=double, into=fond, reason="one person")
    assert "Drawn by Genre: War." in pane(client, double)


def test_a_member_sees_their_own_interests_and_how_to_come_by_some(client, fond, learned):
    user = UserFactory.create(username="ada", roles=["member"])
    client.force_login(user)
    empty = client.get(reverse("history")).content.decode()
    assert "Nothing stands out yet." in empty
    own = Member.objects.get(user=user)
    merge_members(actor=None, member=fond, into=own, reason="signed in")
    learned(own)
    page = client.get(reverse("history")).content.decode()
    assert '<a href="/search/?q=War"><bdi>War</bdi></a>' in page
    assert "Counted" in page


def test_the_api_tells_staff_the_same(fond, learned, films):
    row = learned(fond)
    api = Api(Client(), issue_token(UserFactory.create(roles=["analyst"]), SOURCE))
    status, told = api.get(API, member="fond")
    assert status == 200
    assert (told["state"], told["choices"], told["stale"]) == ("learned", row.choices, False)
    war = next(each for each in told["features"] if each["value"] == "War")
    assert (war["field"], war["words"], war["clear"]) == ("genres", "Genre: War", True)
    assert 1 < war["low"] < war["odds"] < war["high"]
    assert [each["tag"] for each in told["interests"]] == ["War"]
    assert all(each["field"] != "placement.slot" for each in told["features"])


def test_the_api_is_for_staff_and_says_what_it_does_not_know(films):
    api = Api(Client(), issue_token(UserFactory.create(roles=["curator"]), SOURCE))
    status, problem = api.get(API, member="nobody")
    assert (status, problem["code"]) == (404, "unknown_member")
    assert api.get(API)[0] == 400
    assert api.get(API, member="nobody", whom="x")[0] == 400
    MemberFactory.create(outside_id="somebody")
    status, told = api.get(API, member="somebody")
    assert (status, told["state"], told["features"], told["learned_at"]) == (
        *(200, "not_learned", []),
        None,
    )
    client_api = Api(Client(), issue_token(UserFactory.create(roles=["client"]), SOURCE))
    assert client_api.get(API, member="somebody")[0] == 403


def test_hostile_words_stay_text(client, analyst, fond, learned):
    row = learned(fond)
    row.interests = [{"tag": "<b>War</b>", "likes": 3, "lift": 2.0}]
    row.save()
    features = row.fit.features
    at = next(n for n, each in enumerate(features) if each["value"] == "War")
    features[at]["value"] = "<b>War</b>"
    PreferenceFit.objects.update(features=features)
    assert "<b>" not in pane(client, fond)
