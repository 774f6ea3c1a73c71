"""In which situations decisions hold: written over HTTP, in the form and in files, told in words, and linted."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import orjson
import pytest
from django.urls import reverse
from django.utils import timezone, translation

from curation import actions, lint
from curation.actions import Terms
from curation.decisions import lineages, sentences
from curation.decisions.differences import changes
from curation.desk import shown
from curation.fusion.policy import Hours
from curation.models import Decision, MemberAttribute, Revision
from curation.policies.loading import load_policy
from curation.problems import Invalid
from curation.queries.items import schema
from tests.curation.test_api import Caller, problem
from tests.factories import MemberFactory

EVENINGS = {"zone": "Europe/Berlin", "weekdays": [5, 6], "from": "18:00", "until": "24:00"}
COLD = {"all": [{"field": "ratings", "op": "lt", "value": 5.0}]}
WHO = {
    "devices": ["mobile", "tablet"],
    "languages": ["en"],
    "members": COLD,
    "hours": EVENINGS,
}


@pytest.fixture
def desk(client, curator):
    return Caller(client, curator)


@pytest.fixture
def pin(curator, home):
    def pin(item, slot=1, **terms):
        return actions.pin_item(
            actor=curator, surface=home, item=item, slot=slot, terms=Terms(**terms)
        )

    return pin


def decided(desk, films, **more):
    body = {"kind": "pin", "item": films[0].outside_id, "surface": "home", "slot": 1}
    return desk.decide(**body, **more)


def in_force(home):
    home.refresh_from_db()
    return load_policy(home, timezone.now())


def test_a_decision_says_in_which_situations_it_holds(desk, films, home):
    who = {**WHO, "anchors": [films[1].outside_id]}
    body = decided(desk, films, who=who, publish=True).json()
    assert body["who"] == {**WHO, "anchors": [str(films[1].pk)]}
    (found,) = in_force(home).pins
    assert found.who.hours == Hours("Europe/Berlin", frozenset({5, 6}), 1080, 1440)
    assert (found.who.devices, found.who.languages) == ({"mobile", "tablet"}, {"en"})
    assert found.who.anchors == {films[1].pk}
    assert found.who.context_conditions == 4


def test_members_are_asked_for_in_text_as_well(desk, films):
    body = decided(desk, films, who={"members_text": "ratings < 5"}).json()
    assert body["who"] == {"members": COLD}


@pytest.mark.parametrize(
    ("who", "field"),
    [
        ({"devices": ["watch"]}, "devices"),
        ({"languages": ["xx"]}, "who.languages"),
        ({"members": {"any": []}}, "who.members"),
        ({"device": ["mobile"]}, "device"),
        ({"hours": {**EVENINGS, "weekdays": [0]}}, "weekdays"),
        ({"hours": {**EVENINGS, "zone": "Europe/Nowhere"}}, "who.hours.zone"),
        ({"hours": {**EVENINGS, "from": "25:00"}}, "who.hours.from"),
        ({"hours": {**EVENINGS, "from": "24:00"}}, "who.hours.from"),
        ({"hours": {**EVENINGS, "until": "9 pm"}}, "who.hours.until"),
        ({"hours": {"zone": "UTC", "from": "00:00", "until": "24:00"}}, "who.hours"),
        ({"hours": {"zone": "UTC", "from": "00:00"}}, "until"),
        ({"members": {"field": "shoe", "op": "eq", "value": 1}}, "who.members"),
        ({"members": {"items": []}}, "who.members"),
        ({"members": {"field": "idle_days", "op": "lt", "value": 3}}, "who.members"),
        ({"members_text": "ratings <"}, "who.members_text"),
        ({"members": COLD, "members_text": "ratings < 5"}, "members"),
        ({"anchors": ["no such film"]}, "who.anchors"),
    ],
)
def test_a_situation_that_cannot_be_is_refused_by_the_field_at_fault(desk, films, who, field):
    answer = decided(desk, films, who=who)
    assert answer.status_code == 400
    named = [error["field"] for error in answer.json()["errors"]]
    assert any(field in each for each in named), answer.json()
    assert not Decision.objects.exists()


def test_a_block_holds_in_every_situation(desk, films):
    answer = desk.decide(kind="block", item=films[0].outside_id, who={"devices": ["mobile"]})
    problem(answer, 400, "who_of_block")


def test_files_carry_situations_and_round_trips_are_identity(desk, films, curator):
    decided(desk, films, who={**WHO, "anchors": [films[1].outside_id]}, publish=True)
    told = desk.get("/api/v1/decisions/export/").content
    (row,) = orjson.loads(told)["decisions"]
    assert row["who"]["anchors"] == [{"source": films[1].source, "id": films[1].outside_id}]
    done = actions.import_decisions(actor=curator, document=told, change_set="again")
    revision = Revision.objects.get(change_set=done.change_set)
    assert revision.who == {**WHO, "anchors": [str(films[1].pk)]}


@pytest.mark.parametrize(
    ("who", "place"),
    [
        ({"devices": ["watch"]}, "decisions"),
        ({"anchors": [{"source": "test", "id": "no such film"}]}, "decisions[0].who.anchors"),
        ({"hours": {**EVENINGS, "zone": "Mars/Base"}}, "decisions[0].who"),
        ({"members": {"field": "shoe", "op": "eq", "value": 1}}, "decisions[0].who"),
    ],
)
def test_a_file_with_a_situation_that_cannot_be_changes_nothing(desk, films, curator, who, place):
    decided(desk, films, who=WHO, publish=True)
    document = orjson.loads(desk.get("/api/v1/decisions/export/").content)
    document["decisions"][0]["who"] = who
    with pytest.raises(Invalid) as caught:
        actions.import_decisions(actor=curator, document=document, change_set="again")
    assert any(place in str(error["field"]) for error in caught.value.errors)
    assert Revision.objects.count() == 1


def test_a_sentence_tells_the_situation(pin, films):
    draft = pin(films[0], who=WHO)
    told = sentences.in_words(draft.revision, schema())
    for part in (
        "phone or tablet",
        "in English",
        "ratings",
        "Fri, Sat",
        "18:00–24:00",
        "Europe/Berlin",
    ):
        assert part in told
    with translation.override("zh-hans"):
        told = sentences.in_words(draft.revision, schema())
        assert "手机" in told
        assert "on " not in told


def test_two_revisions_differ_in_their_situations(pin, films, curator):
    draft = pin(films[0], who={"devices": ["mobile"]})
    terms = Terms(who={"devices": ["tv"], "hours": EVENINGS})
    later = actions.revise_decision(actor=curator, decision=draft.decision, base=1, terms=terms)
    found = {
        change.field: (change.was, change.is_now)
        for change in changes(draft.revision, later.revision)
    }
    assert found["devices"] == ("phone", "television")
    assert found["hours"] == ("–", "Fri, Sat 18:00–24:00 Europe/Berlin")


def codes(draft):
    return {finding.code for finding in draft.findings}


def test_pins_of_one_slot_do_not_clash_where_no_situation_is_of_both(pin, films):
    morning = {"hours": {"zone": "UTC", "from": "06:00", "until": "12:00"}}
    night = {"hours": {"zone": "UTC", "from": "22:00", "until": "06:00"}}
    pin(films[0], who=morning)
    assert codes(pin(films[1], who=night)) == set()
    assert codes(pin(films[2], who={"devices": ["tv"]})) == set()


def test_pins_of_one_slot_and_one_situation_clash(curator, home, films):
    home_set = actions.open_change_set(actor=curator, name="one")
    terms = Terms(who={"devices": ["tv"]}, change_set=home_set)
    actions.pin_item(actor=curator, surface=home, item=films[0], slot=1, terms=terms)
    with pytest.raises(actions.Refused) as caught:
        actions.pin_item(actor=curator, surface=home, item=films[1], slot=1, terms=terms)
    assert {each.code for each in caught.value.findings} == {"pin_clash"}
    other = Terms(who={"devices": ["tv", "mobile"]}, change_set=home_set)
    found = actions.pin_item(actor=curator, surface=home, item=films[1], slot=1, terms=other)
    assert codes(found) == {"pin_meets"}


def test_a_narrower_situation_is_not_always_beaten(curator, home, films):
    home_set = actions.open_change_set(actor=curator, name="one")
    wide = Terms(who={"devices": ["tv"]}, change_set=home_set, priority=200)
    actions.pin_item(actor=curator, surface=home, item=films[0], slot=1, terms=wide)
    everybody = Terms(change_set=home_set)
    free = actions.pin_item(actor=curator, surface=home, item=films[1], slot=1, terms=everybody)
    assert codes(free) == set()
    narrow = Terms(who={"devices": ["tv"], "languages": ["en"]}, change_set=home_set)
    beaten = actions.pin_item(actor=curator, surface=home, item=films[2], slot=1, terms=narrow)
    assert "always_beaten" in codes(beaten)


def test_hours_that_never_come_are_told(pin, films):
    now = timezone.now()
    day = (now + timedelta(days=3)).isoweekday()
    hours = {"zone": "UTC", "weekdays": [day], "from": "00:00", "until": "24:00"}
    assert "never_opens" in codes(
        pin(films[0], who={"hours": hours}, until=now + timedelta(days=1))
    )
    assert "never_opens" not in codes(pin(films[0], who={"hours": hours}))


def test_a_condition_that_no_member_meets_is_told(pin, films):
    MemberFactory.create(attributes={"country": "FR"})
    MemberAttribute.objects.create(key="country", kind="text", label="Country")
    german = {"members": {"field": "country", "op": "eq", "value": "DE"}}
    french = {"members": {"field": "country", "op": "eq", "value": "FR"}}
    assert "matches_nobody" in codes(pin(films[0], who=german))
    assert "matches_nobody" not in codes(pin(films[0], who=french))


def test_a_decision_that_asks_for_an_attribute_that_is_gone_holds_for_nobody(
    pin, films, home, curator
):
    MemberAttribute.objects.create(key="country", kind="text", label="Country")
    draft = pin(films[0], who={"members": {"field": "country", "op": "eq", "value": "FR"}})
    actions.publish_decision(actor=curator, draft=draft)
    MemberAttribute.objects.all().delete()
    policy = in_force(home)
    found = lint.findings(draft.revision, policy, timezone.now())
    assert {each.code for each in found} == {"attribute_gone"}
    ended = actions.end_decision(actor=curator, decision=draft.decision, reason="it is gone")
    actions.publish_decision(actor=curator, draft=ended)
    assert not in_force(home).pins


FORM = {
    "surface": "home",
    "reason": "because",
    "priority": "100",
    "holdback": "0",
    "traffic": "1",
    "slot": "1",
    "change_set": "a draft",
}


def test_a_form_writes_situations_and_shows_them_again(client, curator, films):
    client.force_login(curator)
    sent = {
        **FORM,
        "item": films[0].outside_id,
        "devices": ["mobile", "tablet"],
        "languages": ["en"],
        "members_text": "ratings < 5",
        "weekdays": ["5", "6"],
        "hours_from": "18:00",
        "hours_until": "00:00",
        "hours_zone": "Europe/Berlin",
    }
    assert client.post(reverse("desk:new", args=["pin"]), sent).status_code == 302
    row = Revision.objects.get()
    assert row.who == WHO
    page = unescape(client.get(reverse("desk:revise", args=[row.decision_id])).content.decode())
    assert "ratings < 5" in page
    assert 'value="18:00"' in page
    assert 'value="00:00"' in page


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        ({"hours_from": "18:00"}, "Hours have a beginning and an end."),
        ({"members_text": "ratings <"}, "Column"),
        ({"devices": ["watch"]}, "watch"),
        ({"anchor": "no such film"}, "No item has this id or title."),
        ({"members_text": "idle_days < 3"}, "segment"),
        ({"hours_from": "00:00", "hours_until": "00:00", "hours_zone": "UTC"}, "leave the hours"),
    ],
)
def test_a_form_says_what_is_wrong_with_a_situation(client, curator, films, sent, word):
    client.force_login(curator)
    answer = client.post(
        reverse("desk:new", args=["pin"]), {**FORM, "item": films[0].outside_id, **sent}
    )
    assert answer.status_code == 200
    assert word in unescape(answer.content.decode())
    assert not Decision.objects.exists()


def test_the_reach_counts_the_members_that_are_asked_for(client, curator, films):
    MemberAttribute.objects.create(key="country", kind="text", label="Country")
    for country in ("FR", "FR", "DE"):
        MemberFactory.create(attributes={"country": country})
    client.force_login(curator)
    sent = {**FORM, "item": films[0].outside_id, "members_text": 'country = "FR"'}
    page = unescape(client.post(reverse("desk:reach", args=["pin"]), sent).content.decode())
    assert "<dd>2 " in page.replace("\n", "")


def test_what_many_decisions_stand_beside_is_read_once(
    curator, home, films, django_assert_num_queries
):
    for at, film in enumerate(films):
        terms = Terms(reason="beside", who={"anchors": [str(film.pk)]})
        actions.pin_item(actor=curator, surface=home, item=film, slot=at + 1, terms=terms)
    rows, known = list(lineages.named()), schema()
    with django_assert_num_queries(1):
        told = {line.words for line in shown.lines(rows, known)}
    assert told == {
        f"Pin “{film.title}” to slot {at}, beside “{film.title}”."
        for at, film in enumerate(films, start=1)
    }
