"""The report page and its tables."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from curation import memberships
from curation.ids import new_id
from curation.models import Segment, Surface
from feedback import impressions
from feedback.actions import record
from feedback.models import Impression, Kind
from feedback.stats import roll_up
from feedback.tables import Share, Table
from tests.factories import SegmentFactory, UserFactory
from tests.feedback.cast import told, undo

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    client.force_login(UserFactory(roles=["analyst"]))
    return client


@pytest.fixture
def history(ada, bob, films):
    """Some days of feedback: two impressions on home, answered; one simulated; one thing undone."""
    Surface.objects.get_or_create(slug="home", defaults={"name": "Home"})
    now = timezone.now()
    served = [new_id() for _ in range(3)]
    for at, (made, member) in enumerate(zip(served, (ada, bob, bob), strict=True)):
        impressions.write(
            [
                Impression(
                    id=made,
                    served_at=now - timedelta(days=1),
                    subject=member.subject,
                    surface="home",
                    mode="fresh",
                    items=[film.pk for film in films],
                    slots=[1, 2, 3, 4],
                    propensities=[1.0] * 4,
                    curated=[True, False, False, False],
                    simulated=at == 2,
                )
            ]
        )
    yesterday = now - timedelta(days=1)
    events = [
        told(ada, "e1", Kind.CLICK, films[0], impression=served[0]),
        told(ada, "e2", Kind.CLICK, films[0], impression=served[0]),
        told(ada, "e3", Kind.LIKE, films[1], impression=served[0]),
        told(bob, "e4", Kind.RATING, films[1], 4.0),
        told(bob, "e5", Kind.RATING, films[2], 2.5),
        told(bob, "e6", Kind.CLICK, films[3], impression=served[1]),
        told(bob, "e7", Kind.CLICK, films[3], impression=served[2], simulated=True),
    ]
    moved = [event.__class__(**vars_of(event) | {"occurred_at": yesterday}) for event in events]
    record([*moved, undo(bob, "u1", "e6")], source="test")
    roll_up()


def vars_of(event):
    return {name: getattr(event, name) for name in event.__slots__}


def rows(client, table, **filters):
    answer = client.get(reverse("feedback:download", args=[table]), filters)
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode())))[1:]


def test_the_page_answers_its_questions_with_charts_and_tables(analyst, history):
    page = analyst.get(reverse("feedback:report"))
    text = page.content.decode()
    assert page.status_code == 200
    assert text.count('<svg class="chart"') == 4
    assert "They gave feedback 5 times" in text
    assert "2 ratings, 3.25 stars on average" in text
    assert "Curators decided 25 % of the slots served." in text
    assert "style=" not in text


def test_every_mark_says_what_it_shows(analyst, history):
    text = analyst.get(reverse("feedback:report")).content.decode()
    charts = re.findall(r'<svg class="chart" .*?</svg>', text, re.DOTALL)
    for chart in charts:
        marks = re.findall(r"<(rect|circle) [^>]*>(<title>.+?</title>)?", chart)
        assert marks
        assert all(title for _mark, title in marks)


def test_click_and_like_rates_are_by_surface_and_slot(analyst, history):
    assert rows(analyst, "slots") == [
        ["home", "1", "2", "1", "0", "0.5", "0.0"],
        ["home", "2", "2", "0", "1", "0.0", "0.5"],
        ["home", "3", "2", "0", "0", "0.0", "0.0"],
        ["home", "4", "2", "0", "0", "0.0", "0.0"],
    ]


def test_simulated_members_count_only_when_asked_for(analyst, history):
    assert rows(analyst, "slots", simulated="on")[3] == [
        "home", "4", "3", "1", "0", repr(1 / 3), "0.0",
    ]  # fmt: skip


def test_ratings_are_counted_by_stars(analyst, history):
    counts = {stars: count for stars, count, _share in rows(analyst, "stars")}
    assert (counts["2.5"], counts["4.0"], counts["5.0"]) == ("1", "1", "0")


def test_feedback_is_counted_by_day_and_kind_even_where_there_was_none(analyst, history):
    days = rows(analyst, "activity")
    assert len(days) == 28
    assert [int(cell) for cell in days[1][1:7]] == [2, 1, 0, 0, 0, 2]
    assert all(cell == "0" for cell in days[5][1:])


def test_a_surface_leaves_out_what_happened_elsewhere(analyst, history):
    days = rows(analyst, "activity", surface="home")
    assert [int(cell) for cell in days[1][1:7]] == [0, 1, 0, 0, 0, 2]


def test_long_spans_are_drawn_by_week_and_by_month(analyst, history):
    today = timezone.localdate()
    for days, step in ((200, "per week"), (800, "per month")):
        start = (today - timedelta(days=days)).isoformat()
        text = analyst.get(reverse("feedback:report"), {"start": start}).content.decode()
        assert step in text
        assert "They gave feedback 5 times" in text


@pytest.mark.parametrize(
    "filters",
    [
        {"start": "yesterday"},
        {"start": "2024-02-30"},
        {"start": "2024-02-02", "end": "2024-02-01"},
        {"start": "1990-01-01"},
        {"surface": "nowhere"},
        {"start": "9999-12-31", "end": "9999-12-31"},
        {"start": "0001-01-01", "end": "0001-01-01"},
    ],
)
def test_filters_that_make_no_sense_are_told_on_the_page(analyst, filters):
    page = analyst.get(reverse("feedback:report"), filters)
    assert page.status_code == 400
    assert 'class="errorlist' in page.content.decode()
    table = analyst.get(reverse("feedback:download", args=["activity"]), filters)
    assert table.status_code == 400


def test_without_feedback_the_page_says_so(analyst):
    text = analyst.get(reverse("feedback:report")).content.decode()
    assert "Nobody gave feedback in these days." in text
    assert text.count("There is nothing to draw.") == 5


def test_the_page_takes_a_fixed_number_of_queries(
    analyst, history, films, ada, django_assert_num_queries
):
    analyst.get(reverse("feedback:report"))
    with django_assert_num_queries(10):
        analyst.get(reverse("feedback:report"))
    record(
        [told(ada, f"more-{n}", Kind(n % 6 + 1), films[n % 4], 3.0) for n in range(200)],
        source="test",
    )
    with django_assert_num_queries(10):
        analyst.get(reverse("feedback:report"))


def test_there_is_no_other_table(analyst):
    assert analyst.get(reverse("feedback:download", args=["members"])).status_code == 404


@pytest.mark.parametrize("role", ["member", "operator", "client"])
def test_others_may_not_read_it(client, role):
    client.force_login(UserFactory(roles=[role]))
    assert client.get(reverse("feedback:report")).status_code == 403
    assert client.get(reverse("feedback:download", args=["activity"])).status_code == 403


def test_a_text_that_a_spreadsheet_would_run_is_made_harmless():
    told_as = Table("t", ["name", "n"], [("=1+1", -1), ("@x", Share(0.5)), ("+1", None)]).csv()
    assert told_as.splitlines()[1:] == ["'=1+1,-1", "'@x,0.5", "'+1,"]


# Segments ---------------------------------------------------------------------------------------------


@pytest.fixture
def of_ada(ada, bob):
    """A segment of Ada alone, and one of both."""
    alone, both = (SegmentFactory.create(kind="manual", slug=slug) for slug in ("alone", "both"))
    memberships.put(alone, come=[ada.subject])
    memberships.put(both, come=[ada.subject, bob.subject])
    for segment in (alone, both):
        memberships.seal(segment, memberships.Cause("listed"))


@pytest.mark.parametrize("table", ["activity", "stars", "slots", "curated"])
@pytest.mark.parametrize("filters", [{}, {"surface": "home"}, {"simulated": "on"}])
def test_figures_of_a_segment_of_everybody_are_those_of_everybody(
    analyst, history, of_ada, table, filters
):
    assert rows(analyst, table, segment="both", **filters) == rows(analyst, table, **filters)


def test_figures_of_a_segment_are_those_of_its_members(analyst, history, of_ada):
    assert rows(analyst, "stars", segment="alone") == [
        [str(float(stars)), "0", ""] for stars in range(1, 6)
    ]
    served = {row[1]: row[2:5] for row in rows(analyst, "slots", segment="alone")}
    assert served["1"] == ["1", "1", "0"]
    assert served["2"] == ["1", "0", "1"]


def test_what_each_segment_did_is_told(analyst, history, of_ada):
    assert rows(analyst, "segments") == [
        ["alone", "1", "1", "3", "0", "", "1", "2"],
        ["both", "2", "2", "5", "2", "3.25", "1", "2"],
    ]
    assert rows(analyst, "segments", surface="home") == [
        ["alone", "1", "1", "3", "0", "", "1", "2"],
        ["both", "2", "1", "3", "0", "", "1", "2"],
    ]
    page = analyst.get(reverse("feedback:report"), {"segment": "alone"}).content.decode()
    assert "3 interactions of 1 members" in page


def test_an_archived_segment_is_no_filter(analyst, of_ada):
    Segment.objects.filter(slug="alone").update(archived_at=timezone.now())
    assert analyst.get(reverse("feedback:report"), {"segment": "alone"}).status_code == 400
