"""What purchases brought: over time, by item and by surface; silent where nothing was bought."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from curation.ids import new_id
from curation.models import Surface
from feedback.actions import record
from feedback.models import Impression, Kind
from feedback.recording import impressions
from feedback.rollups.stats import roll_up
from tests.factories import UserFactory
from tests.feedback.cast import told, undo

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    client.force_login(UserFactory(roles=["analyst"]))
    return client


@pytest.fixture
def sales(ada, bob, films):
    """Yesterday three purchases with amounts, one of them from home, one without; a month ago one; one undone."""
    Surface.objects.get_or_create(slug="home", defaults={"name": "Home"})
    now, served = timezone.now(), new_id()
    yesterday, earlier = now - timedelta(days=1), now - timedelta(days=30)
    slate = {"items": [film.pk for film in films], "slots": [1, 2, 3, 4]}
    slate |= {"propensities": [1.0] * 4, "curated": [False] * 4}
    impressions.write(
        [
            Impression(
                id=served,
                served_at=yesterday,
                subject=ada.subject,
                surface="home",
                mode="fresh",
                **slate,
            )
        ]
    )
    events = [
        told(ada, "p1", Kind.PURCHASE, films[0], 30.0, impression=served),
        told(ada, "p2", Kind.PURCHASE, films[0], 10.5),
        told(bob, "p3", Kind.PURCHASE, films[1], 9.5),
        told(bob, "p4", Kind.PURCHASE, films[2]),
        told(bob, "p5", Kind.PURCHASE, films[3], 1000.0),
        told(bob, "p6", Kind.CLICK, films[3]),
    ]
    record([replace(event, occurred_at=yesterday) for event in events], source="test")
    record([undo(bob, "u5", "p5")], source="test")
    old = told(bob, "p0", Kind.PURCHASE, films[1], 25.0)
    record([replace(old, occurred_at=earlier)], source="shop")
    roll_up()


def rows(client, table, **filters):
    answer = client.get(reverse("feedback:download", args=[table]), filters)
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode())))[1:]


def shown(client, name, **filters):
    answer = client.get(reverse(f"feedback:{name}"), filters)
    assert answer.status_code == 200
    return answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def test_what_was_bought_is_summed_by_day_beside_the_days_before(analyst, sales):
    text = shown(analyst, "activity")
    assert "4 purchases by 2 members brought 50, 16.67 each." in text
    assert "That is 100 % more than before (25)." in text
    assert "1 purchase came without an amount." in text
    assert "of 2 sources" not in text
    found = [row for row in rows(analyst, "revenue") if row[1] != "0"]
    assert [row[1:4] for row in found] == [["4", "2", "50.0"]]
    assert sum(float(row[5]) for row in rows(analyst, "revenue")) == 25.0


def test_items_and_surfaces_are_told_by_what_they_brought(analyst, sales):
    assert "2 items" not in (text := shown(analyst, "items"))
    assert "3 items brought 50; the first of them alone 81 % of it." in text
    assert [row[:4] + row[5:] for row in rows(analyst, "revenue-by-item")] == [
        ["Film 0", "2", "1", "40.5", "0.81"],
        ["Film 1", "1", "1", "9.5", "0.19"],
        ["Film 2", "1", "1", "0.0", "0.0"],
    ]
    assert "Of the surfaces Home brought most: 30, 60 % of all." in shown(analyst, "slots")
    surfaces = rows(analyst, "revenue-by-surface")
    assert [row[:4] for row in surfaces] == [
        ["Home", "1", "1", "30.0"],
        ["no slate", "3", "2", "20.0"],
    ]
    assert [row[0] for row in rows(analyst, "revenue-by-surface", surface="home")] == ["Home"]


def test_sums_over_several_sources_say_so(analyst, sales):
    start = (timezone.localdate() - timedelta(days=40)).isoformat()
    text = shown(analyst, "activity", start=start, end=timezone.localdate().isoformat())
    assert "Amounts of 2 sources are added as they are: shop, test." in text


def test_where_nothing_was_bought_nothing_is_asked(analyst, tell, ada, films):
    tell(ada, ("c1", Kind.CLICK, films[0]))
    for name, section in (
        ("activity", "revenue"),
        ("items", "revenue-by-item"),
        ("slots", "revenue-by-surface"),
    ):
        assert f'id="{section}"' not in shown(analyst, name)
        assert rows(analyst, section) == [] or section == "revenue"


def test_it_is_told_in_chinese_too(analyst, sales):
    with translation.override("zh-hans"):
        text = analyst.get(reverse("feedback:items"), headers={"accept-language": "zh-hans"})
    assert "哪些条目带来的金额最多？" in text.content.decode()
