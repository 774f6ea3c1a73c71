"""The pages of the report, their filters and their tables."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from curation.ids import new_id
from curation.models import Item, Segment, Surface
from curation.people import memberships
from feedback.actions import record
from feedback.models import Impression, Kind
from feedback.recording import impressions
from feedback.recording.events import NewInteraction
from feedback.rollups.stats import roll_up
from feedback.tables import Share, Table
from tests.factories import SegmentFactory, UserFactory
from tests.feedback.cast import told, undo

pytestmark = pytest.mark.django_db

PAGES = ["report", "activity", "items", "slots", "members"]


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
    moved = [NewInteraction(**vars_of(event) | {"occurred_at": yesterday}) for event in events]
    record([*moved, undo(bob, "u1", "e6")], source="test")
    roll_up()


def vars_of(event):
    return {name: getattr(event, name) for name in event.__slots__}


def rows(client, table, **filters):
    answer = client.get(reverse("feedback:download", args=[table]), filters)
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode())))[1:]


def shown(client, name="report", **filters):
    answer = client.get(reverse(f"feedback:{name}"), filters)
    assert answer.status_code == 200
    return answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def test_each_page_answers_its_questions_in_sentences(analyst, history):
    assert "They did 5 things." in shown(analyst)
    text = shown(analyst, "activity")
    assert "They gave feedback 5 times, most often: rating (40 %)." in text
    assert "Only 2 ratings, 3.25 stars on average: too few to go by." in text
    assert "Only 8 placements were served: too few to speak of rates." in shown(analyst, "slots")
    assert "2 members were active, 2 of them for the first time (100 %)." in shown(
        analyst, "members"
    )
    assert "style=" not in text


@pytest.mark.parametrize("name", PAGES)
def test_every_mark_says_what_it_shows_in_both_widths(analyst, history, name):
    text = shown(analyst, name)
    charts = re.findall(r'<svg class="chart chart--(narrow|wide)" (.*?)</svg>', text, re.DOTALL)
    assert charts
    assert len(charts) % 2 == 0
    for _width, chart in charts:
        marks = re.findall(r"<(?:rect|circle) [^>]*>(<title>.+?</title>)?", chart)
        assert marks
        assert all(marks)


@pytest.mark.parametrize("name", PAGES)
def test_what_is_drawn_is_a_table_with_its_definition_and_csv(analyst, history, name):
    sections = re.findall(
        r'<section class="panel report__section".*?</section>', shown(analyst, name), re.DOTALL
    )
    drawn_ones = [each for each in sections if "chart-box" in each]
    assert drawn_ones
    for section in drawn_ones:
        table = re.search(r"/report/([a-z-]+)\.csv", section)
        assert table is not None
        drawn = section.count("<tr>") - 1
        assert len(rows(analyst, table[1])) == drawn > 0


def test_no_percentage_is_parted_from_its_sign(analyst, history):
    for name in ("report", "slots"):
        page = analyst.get(reverse(f"feedback:{name}")).content.decode()
        assert "\N{NO-BREAK SPACE}%" in page
        assert not re.search(r"\d %", page)


def test_click_and_like_rates_are_by_surface_and_slot(analyst, history):
    found = rows(analyst, "slots")
    assert [[*row[:6], row[8]] for row in found] == [
        ["Home", "1", "2", "1", "0", "0.5", "0.0"],
        ["Home", "2", "2", "0", "1", "0.0", "0.5"],
        ["Home", "3", "2", "0", "0", "0.0", "0.0"],
        ["Home", "4", "2", "0", "0", "0.0", "0.0"],
    ]
    # Wilson's interval of 1 in 2, as printed by Newcombe and Altman's tables: 9.5 % to 90.5 %.
    assert [round(float(bound), 3) for bound in found[0][6:8]] == [0.095, 0.905]


def test_simulated_members_count_only_when_asked_for(analyst, history):
    assert rows(analyst, "slots", simulated="on")[3][:6] == [
        "Home", "4", "3", "1", "0", repr(1 / 3),
    ]  # fmt: skip


def test_ratings_are_counted_by_stars(analyst, history):
    counts = {stars: count for stars, count, *_more in rows(analyst, "stars")}
    assert (counts["2.5"], counts["4.0"], counts["5.0"]) == ("1", "1", "0")


def test_feedback_is_counted_by_day_and_kind_even_where_there_was_none(analyst, history):
    days = rows(analyst, "activity")
    assert len(days) == 28
    assert [int(cell) for cell in days[1][1:7]] == [2, 1, 0, 0, 0, 2]
    assert all(cell == "0" for cell in days[5][1:])


def test_a_surface_leaves_out_what_happened_elsewhere(analyst, history):
    days = rows(analyst, "activity", surface="home")
    assert [int(cell) for cell in days[1][1:7]] == [0, 1, 0, 0, 0, 2]


def test_a_kind_leaves_out_the_others(analyst, history):
    assert [int(cell) for cell in rows(analyst, "activity", kind="click")[1][1:7]] == [
        0,
        0,
        0,
        0,
        0,
        2,
    ]
    assert rows(analyst, "trend", kind="like")[1][1] == "1"
    assert rows(analyst, "active", kind="rating")[1][1:] == ["1", "1"]


def test_long_spans_are_drawn_by_week_and_by_month(analyst, history):
    today = timezone.localdate()
    for days, step in ((200, "per week"), (800, "per month")):
        start = (today - timedelta(days=days)).isoformat()
        text = shown(analyst, "activity", start=start)
        assert step in text
        assert "They gave feedback 5 times" in text


def test_what_no_roll_up_knows_is_not_counted_over_long_spans(analyst, history):
    start = (timezone.localdate() - timedelta(days=200)).isoformat()
    assert "counted for at most 92 days" in shown(analyst, "members", start=start)


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
        {"period": "fortnight"},
        {"compare": "yesterday"},
        {"kind": "undo"},
        {"segment": "nobody"},
    ],
)
def test_filters_that_make_no_sense_are_told_on_the_page(analyst, filters):
    page = analyst.get(reverse("feedback:report"), filters)
    assert page.status_code == 400
    assert 'class="errorlist' in page.content.decode()
    table = analyst.get(reverse("feedback:download", args=["activity"]), filters)
    assert table.status_code == 400


@pytest.mark.parametrize("name", PAGES)
def test_without_feedback_every_page_says_so_and_draws_nothing(analyst, name):
    text = shown(analyst, name)
    assert 'class="chart chart--' not in text
    assert "in these days." in text


def test_where_only_simulated_members_were_served_they_are_offered(analyst, history):
    Impression.objects.filter(simulated=False).delete()
    roll_up(rebuild=True)
    text = shown(analyst, "slots")
    assert "Count simulated members too" in text
    assert "?simulated=on" in text
    assert "Count simulated members too" not in shown(analyst, "slots", simulated="on")


def test_filters_stay_in_every_link_and_one_link_holds_the_days_by_name(analyst, history):
    text = shown(analyst, "slots", period="7d", surface="home").replace("&amp;", "&")
    assert f'{reverse("feedback:members")}?period=7d&surface=home"' in text
    assert "slots.csv?period=7d&surface=home" in text
    today = timezone.localdate()
    start = today - timedelta(days=6)
    assert f"?start={start}&end={today}&compare=previous&surface=home" in text
    assert "?period=month&surface=home" in text


def test_a_filter_that_makes_no_difference_is_named(analyst, history):
    assert "Makes no difference here: Kind" in shown(analyst, "slots", kind="click")
    assert "Makes no difference" not in shown(analyst, "slots")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.usefixtures("history")
def test_a_page_takes_a_fixed_number_of_queries(
    analyst, films, ada, name, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as first:
        shown(analyst, name)
    assert len(first) <= 15
    record(
        [told(ada, f"more-{n}", Kind(n % 6 + 1), films[n % 4], 3.0) for n in range(200)],
        source="test",
    )
    with django_assert_num_queries(len(first)):
        shown(analyst, name)


def test_there_is_no_other_table(analyst):
    assert analyst.get(reverse("feedback:download", args=["members"])).status_code == 404


@pytest.mark.parametrize("role", ["member", "operator", "client"])
def test_others_may_not_read_it(client, role):
    client.force_login(UserFactory(roles=[role]))
    for name in PAGES:
        assert client.get(reverse(f"feedback:{name}")).status_code == 403
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


@pytest.mark.parametrize("table", ["activity", "stars", "slots"])
@pytest.mark.parametrize("filters", [{}, {"surface": "home"}, {"simulated": "on"}])
def test_figures_of_a_segment_of_everybody_are_those_of_everybody(
    analyst, history, of_ada, table, filters
):
    assert rows(analyst, table, segment="both", **filters) == rows(analyst, table, **filters)


def test_figures_of_a_segment_are_those_of_its_members(analyst, history, of_ada):
    assert rows(analyst, "stars", segment="alone") == [
        [str(float(stars)), "0", "", "0"] for stars in range(1, 6)
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
    page = shown(analyst, "members", segment="alone")
    assert "3 interactions of 1 members" in page


def test_an_archived_segment_is_no_filter(analyst, of_ada):
    Segment.objects.filter(slug="alone").update(archived_at=timezone.now())
    assert analyst.get(reverse("feedback:report"), {"segment": "alone"}).status_code == 400


# What changed ------------------------------------------------------------------------------------------


def rate_daily(member, films, *, days, each, stars):
    """So many ratings on each of these days, counted back from yesterday."""
    noon = timezone.now().replace(hour=12, minute=0) - timedelta(days=1)
    events = [
        vars_of(told(member, f"{day}-{n}", Kind.RATING, films[n % 4], stars))
        | {"occurred_at": noon - timedelta(days=day)}
        for day in days
        for n in range(each + day % 2)
    ]
    record([NewInteraction(**event) for event in events], source="test")
    roll_up()


def verdicts(client, **filters):
    return {row[0]: row for row in rows(client, "changes", **filters)}


def test_a_sure_change_is_told_with_its_bounds_and_comes_first(analyst, ada, films):
    rate_daily(ada, films, days=range(6), each=8, stars=5.0)
    rate_daily(ada, films, days=range(6, 13), each=3, stars=2.0)
    found = rows(analyst, "changes", period="7d")
    by_name = {row[0]: row for row in found}
    per_day = by_name["ratings per day"]
    # Six whole days with 8, 9, 8, 9, 8, 9 ratings against seven with 3, 4, 3, 4, 3, 4, 3.
    assert per_day[1:3] == ["8.5", repr(24 / 7)]
    assert float(per_day[3]) < 8.5 - 24 / 7 < float(per_day[4])
    assert per_day[-1] == "rose"
    assert by_name["share of good ratings"][1:3] == ["1.0", "0.0"]
    assert found[-1][-1] == "too little to tell"
    text = shown(analyst, period="7d")
    assert "Ratings per day rose from 3.4 to 8.5, by" in text
    assert "figures changed for sure" in text


def test_of_few_nothing_is_told(analyst, ada, films):
    rate_daily(ada, films, days=range(6), each=1, stars=5.0)
    found = verdicts(analyst, period="7d")
    assert {row[-1] for row in found.values()} == {"too little to tell"}
    assert "Nothing changed that these numbers can show." in shown(analyst, period="7d")


def test_what_stands_still_is_not_told_as_a_change(analyst, ada, films):
    rate_daily(ada, films, days=range(13), each=6, stars=4.0)
    found = verdicts(analyst, period="7d")
    assert found["ratings per day"][-1] == "cannot tell"
    assert found["share of good ratings"][-1] == "cannot tell"


def test_days_may_be_compared_to_those_of_the_month_before_or_to_nothing(analyst, history):
    spans = {"start": "2024-03-01", "end": "2024-03-31"}
    assert "compared to 30 Jan 2024 to 29 Feb 2024" in shown(analyst, **spans)
    assert "compared to 1 Feb 2024 to 29 Feb 2024" in shown(analyst, compare="month", **spans)
    assert "choose a comparison period" in shown(analyst, compare="none")


# Items --------------------------------------------------------------------------------------------------


def test_an_item_wins_or_loses_only_where_its_interval_leaves_all_others(analyst, ada, films):
    noon = timezone.now() - timedelta(days=1)
    stars = {0: [5, 5, 5, 5, 5, 5], 1: [1, 1, 2, 1, 1, 2], 2: [3, 3, 4, 3, 4, 3], 3: [5, 5, 5]}
    events = [
        vars_of(told(ada, f"{film}-{n}", Kind.RATING, films[film], float(value)))
        | {"occurred_at": noon - timedelta(minutes=n)}
        for film, values in stars.items()
        for n, value in enumerate(values)
    ]
    record([NewInteraction(**event) for event in events], source="test")
    roll_up()
    found = rows(analyst, "rated")
    # All 21 ratings: (30 + 8 + 20 + 15) / 21 = 3.48. The last film has too few, the third lies around the mean.
    assert [row[:4] for row in found] == [
        ["Film 0", "won", "6", "5.0"],
        ["Film 1", "lost", "6", repr(8 / 6)],
    ]
    text = shown(analyst, "items")
    assert "Items rated surely better than all together (3.48 stars): 1; surely worse: 1." in text
    assert reverse("item", args=[films[0].pk]) in text


def test_items_are_told_by_how_they_were_answered_when_served(analyst, ada, films):
    for number in range(8):
        made = new_id()
        impressions.write([slate_of(ada, films, made)])
        record([told(ada, f"c{number}", Kind.CLICK, films[0], impression=made)], source="test")
    found = rows(analyst, "answered")
    # Eight slates of four films, the first clicked in each: 100 % against 25 % of all. Of eight without a click
    # Wilson's interval still reaches 32 %, so none of the others lost.
    assert [row[:4] for row in found] == [["Film 0", "won", "8", "1.0"]]
    assert "Items clicked surely more than all together (25 %): 1;" in shown(analyst, "items")


def slate_of(member, films, made):
    return Impression(
        id=made,
        served_at=timezone.now() - timedelta(minutes=5),
        subject=member.subject,
        surface="home",
        mode="fresh",
        items=[film.pk for film in films],
        slots=[1, 2, 3, 4],
        propensities=[1.0, 1.0, 0.25, 1.0],
        curated=[False] * 4,
    )


def test_what_was_never_served_is_named_and_the_tail_counted(analyst, history, films):
    for number in range(6):
        Item.objects.create(source="test", outside_id=f"new-{number}", title=f"New {number}")
    assert [row[0] for row in rows(analyst, "unseen")] == [f"New {n}" for n in range(6)]
    assert "40 % of the 10 active items were served at least once; 6 never." in shown(
        analyst, "items"
    )
    found = rows(analyst, "tenths")
    # Ten items, five interactions: two on each of two films, one on a third.
    assert [row[1:3] for row in found[:4]] == [["1", "2"], ["1", "2"], ["1", "1"], ["1", "0"]]


def test_explored_placements_stand_beside_the_slots_around_them(analyst, ada, films):
    for number in range(10):
        made = new_id()
        impressions.write([slate_of(ada, films, made)])
        if number < 3:
            record([told(ada, f"c{number}", Kind.CLICK, films[2], impression=made)], source="test")
    roll_up()
    # Slot 3 explores; beside it are slots 2 and 4.
    found = rows(analyst, "explored")
    assert [row[:4] for row in found] == [
        ["explored", "10", "3", "0"],
        ["slots beside them", "20", "0", "0"],
    ]
    assert "Chance decided 10 placements: too few" in shown(analyst, "slots")
    assert rows(analyst, "modes")[0][1:4] == ["10", "0", "0"]
