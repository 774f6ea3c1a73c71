"""The pages of the report that read traces: scorers and decisions, with figures worked out by hand."""

from __future__ import annotations

import csv
import io
import zlib
from datetime import timedelta

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from curation import actions, installation
from curation.actions import Terms
from curation.ids import new_id
from curation.models import Surface
from feedback.actions import record
from feedback.models import Impression, Kind
from feedback.recording import impressions
from feedback.rollups.stats import roll_up
from recsys.models import Slate
from tests.factories import ItemFactory, MemberFactory, UserFactory
from tests.feedback.cast import told

pytestmark = pytest.mark.django_db

SLATES = 12
TERMS = Terms(reason="a festival")


@pytest.fixture
def analyst(client):
    client.force_login(UserFactory.create(roles=["analyst"]))
    return client


@pytest.fixture
def films(db):
    installation.ensure()
    return ItemFactory.create_batch(4)


@pytest.fixture
def pin(films):
    """A pin of the second film, in force."""
    curator, home = UserFactory.create(roles=["curator"]), Surface.objects.get(slug="home")
    draft = actions.pin_item(actor=curator, surface=home, item=films[1], slot=2, terms=TERMS)
    actions.publish_decision(actor=curator, draft=draft)
    return draft.decision


@pytest.fixture
def block(films):
    """A block of the last film, ended again."""
    curator = UserFactory.create(roles=["curator"])
    draft = actions.block_item(actor=curator, item=films[3], terms=TERMS)
    actions.publish_decision(actor=curator, draft=draft)
    actions.publish_decision(
        actor=curator,
        draft=actions.end_decision(actor=curator, decision=draft.decision, reason="it is over"),
    )
    return draft.decision


def placement(slot, item, parts, pin=None):
    return {
        "slot": slot,
        "item": str(item.pk),
        "parts": parts,
        "boosts": [],
        "fired": [str(pin.pk)] if pin else [],
        "pin": str(pin.pk) if pin else None,
    }


@pytest.fixture
def served(films, pin, block):
    """Twelve slates of three films; the first is clicked in each, and liked in each but the last two."""
    home, now = Surface.objects.get(slug="home"), timezone.now()
    parts = [{"ease": 3.0, "knn": 1.0}, {"ease": -1.0, "knn": 1.0}, {"ease": 0.0, "knn": 4.0}]
    trace = {
        "placements": [
            placement(slot, film, part, pin if slot == 2 else None)
            for slot, film, part in zip((1, 2, 3), films, parts, strict=False)
        ],
        "reserve": [],
        "denials": [{"code": "block", "decision": str(block.pk), "items": [str(films[3].pk)]}],
    }
    packed = zlib.compress(orjson.dumps(trace))
    for number in range(SLATES):
        member = MemberFactory.create()
        slate = Slate.objects.create(surface=home, trace=packed, engine="1", fused_at=now)
        made = Impression(
            id=new_id(),
            served_at=now - timedelta(hours=1),
            slate=slate.pk,
            subject=member.subject,
            surface="home",
            mode="fresh",
            items=[film.pk for film in films[:3]],
            slots=[1, 2, 3],
            propensities=[1.0] * 3,
            curated=[False, True, False],
        )
        impressions.write([made])
        events = [told(member, f"c{number}", Kind.CLICK, films[0], impression=made.pk)]
        if number < SLATES - 2:
            events.append(told(member, f"l{number}", Kind.LIKE, films[0], impression=made.pk))
        record(events, source="test")
    roll_up()


def rows(client, page, table, **filters):
    answer = client.get(reverse(f"report-{page}-table", args=[table]), filters)
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode())))[1:]


def shown(client, page, **filters):
    answer = client.get(reverse(f"report-{page}"), filters)
    assert answer.status_code == 200
    return answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def test_the_utility_is_shared_among_scorers_by_the_size_of_their_parts(analyst, served):
    found = {row[0]: row[1:] for row in rows(analyst, "scorers", "shares")}
    # Of 3 + 1 + 1 + 1 + 0 + 4 = 10 the one has 4, the other 6; each was largest in one, and one is a tie.
    assert (found["EASE"][0], found["knn"][0]) == ("0.4", "0.6")
    assert (found["EASE"][1], found["knn"][1]) == (str(SLATES), str(2 * SLATES))
    assert found["EASE"][-1] == str(3 * SLATES)
    assert "knn gave 60 % of the utility" in shown(analyst, "scorers")


def test_members_agree_with_the_scorer_that_put_higher_what_they_liked(analyst, served):
    found = {row[0]: row[1:] for row in rows(analyst, "scorers", "agreement")}
    # The liked film has 3 against -1 and 0 with the one; 1 against 1 (half) and 4 with the other.
    assert found["EASE"][:2] == ["10", "1.0"]
    assert found["knn"][:2] == ["10", "0.25"]
    assert (found["EASE"][-1], found["knn"][-1]) == ("better than chance", "worse than chance")
    assert "Members agree with EASE most: 100 %" in shown(analyst, "scorers")


def test_a_decision_is_told_with_its_exposure_against_the_rest(analyst, served):
    found = {row[1]: row for row in rows(analyst, "decisions", "decisions")}
    pinned = found["pin"]
    assert pinned[2:7] == ["live", str(SLATES), "0", "0", "0.0"]
    # 12 pinned placements are fewer than what a verdict takes.
    assert pinned[-2:] == ["too little to tell", "0"]
    assert "Pin “" in pinned[0]


def test_an_ended_block_is_told_with_the_slates_that_it_took_items_from(analyst, served):
    found = {row[1]: row for row in rows(analyst, "decisions", "decisions")}
    assert found["block"][2:4] == ["ended", "0"]
    assert found["block"][-1] == str(SLATES)


def test_the_share_of_slots_that_curators_decided_is_told(analyst, served):
    assert "Curators decided 33.3 % of the slots served." in shown(analyst, "decisions")
    days = [row[1:] for row in rows(analyst, "decisions", "curated") if row[1] != "0"]
    assert days == [[str(3 * SLATES), str(SLATES), repr(1 / 3)]]


@pytest.mark.parametrize("page", ["scorers", "decisions"])
def test_a_sample_is_called_one(analyst, served, page, monkeypatch):
    assert "A sample" not in shown(analyst, page)
    Slate.objects.filter(pk__in=Slate.objects.values("pk")[:5]).delete()
    assert f"A sample: {SLATES - 5} of {SLATES} slates" in shown(analyst, page)


@pytest.mark.parametrize("page", ["scorers", "decisions"])
def test_where_nothing_was_served_the_page_says_so(analyst, films, page):
    text = shown(analyst, page)
    assert 'class="chart chart--' not in text
    assert "served" in text


@pytest.mark.parametrize("page", ["scorers", "decisions"])
def test_a_page_takes_few_queries_however_many_decisions_there_are(analyst, served, page, films):
    with CaptureQueriesContext(connection) as first:
        shown(analyst, page)
    assert len(first) <= 15
    curator, home = UserFactory.create(roles=["curator"]), Surface.objects.get(slug="home")
    for slot in range(5, 9):
        actions.publish_decision(
            actor=curator,
            draft=actions.pin_item(
                actor=curator, surface=home, item=ItemFactory.create(), slot=slot, terms=TERMS
            ),
        )
    with CaptureQueriesContext(connection) as second:
        shown(analyst, page)
    assert len(second) == len(first)


def test_there_is_no_other_table(analyst, films):
    for page in ("scorers", "decisions"):
        assert analyst.get(reverse(f"report-{page}-table", args=["members"])).status_code == 404
        wrong = analyst.get(reverse(f"report-{page}"), {"start": "tomorrow"})
        assert wrong.status_code == 400
