"""The audit at the desk: found by who, what, which kind, when and by words; handed out; read by the staff alone."""

from __future__ import annotations

import ast
import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from curation import actions
from curation.actions import Terms
from curation.auditing.rows import LEFT_OUT, WHOLES, Place, Wanted, rows_of
from curation.auditing.words import ACTIONS, KINDS
from curation.desk.audit import reading as audit
from curation.fusion.effects import Boost
from curation.fusion.parsing import parse
from curation.models import ChangeSet
from curation.people.access import acting
from curation.queries.items import schema
from recsys.models import LiveModel, ModelVersion, Run
from tests.factories import ItemFactory, SegmentFactory, UserFactory

pytestmark = pytest.mark.django_db

PAGE = reverse("desk:audit")
FILE = reverse("desk:audit-csv")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def desk(client, curator):
    client.force_login(curator)
    return client


@pytest.fixture
def bert(db):
    return UserFactory.create(username="bert", roles=["curator"])


@pytest.fixture
def done(curator, bert, home):
    """A pin by one curator and a change set by another, each with a reason of its own."""
    film = ItemFactory.create(title="The Amélie Affair")
    terms = Terms(reason="for the fair in spring")
    actions.pin_item(actor=curator, surface=home, item=film, slot=3, terms=terms)
    spring = actions.open_change_set(actor=bert, name="Harvest")
    actions.discard(actor=bert, change_set=spring, reason="too early")
    return film


def rows(answer):
    """The rows of the page: who, what was done, to what, why."""
    body = re.search(r"<tbody>(.*?)</tbody>", answer.content.decode(), re.DOTALL)
    found = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL) if body else []
    cells = (re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in found)
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row][1:] for row in cells]


def seen(desk, **filters):
    return rows(desk.get(PAGE, filters))


def written(desk, **filters):
    answer = desk.get(FILE, filters)
    assert answer.streaming
    text = b"".join(answer.streaming_content).decode()
    return list(csv.reader(io.StringIO(text)))


def test_the_audit_is_found_by_who_did_it(desk, done):
    assert {row[0] for row in seen(desk)} >= {"curator", "bert"}
    assert {row[0] for row in seen(desk, actor="bert")} == {"bert"}
    assert {row[0] for row in seen(desk, actor="The Product")} == {"the product"}


def test_the_audit_is_found_by_what_was_done(desk, done):
    assert {row[1] for row in seen(desk, action="discard")} == {"change set discarded"}


def test_the_audit_is_found_by_the_kind_of_object(desk, done):
    assert {row[2].split()[0] for row in seen(desk, kind="curation.decision")} == {"Decision"}


def test_the_audit_is_found_by_days_where_the_reader_is(desk, curator, done):
    curator.time_zone = "Pacific/Kiritimati"  # fourteen hours ahead
    curator.save()
    with timezone.override(curator.time_zone):
        today = timezone.localdate()
    both = {"start": today.isoformat(), "end": today.isoformat()}
    assert seen(desk, **both)
    before = (today - timedelta(days=1)).isoformat()
    after = (today + timedelta(days=1)).isoformat()
    assert not seen(desk, end=before)
    assert not seen(desk, start=after)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("SPRING fair", "for the fair in spring"),
        ("amelie", "Pin “The Amélie Affair” to slot 3"),
        ("harvest", "Harvest"),
    ],
)
def test_the_audit_is_found_by_words_of_the_reason_or_the_name(desk, done, words, told):
    found = seen(desk, q=words)
    assert found
    assert all(told in " ".join(row) for row in found)


def test_a_rule_is_found_by_a_value_that_it_asks_for(desk, curator, home, films):
    what = parse({"field": "genres", "op": "has", "value": "War"}, schema())
    actions.add_rule(actor=curator, surface=home, effect=Boost(1), what=what)
    assert {row[2].split()[0] for row in seen(desk, q="war", action="add_rule")} >= {"Decision"}
    assert not seen(desk, q="genres", kind="curation.decision")


def test_a_name_of_the_products_own_is_found_in_the_readers_language(desk, administrator, home):
    actions.change_surface(actor=administrator, surface=home, settings={"depth": 40})
    desk.cookies["django_language"] = "zh-hans"
    found = seen(desk, q="首页", kind="curation.surface")
    assert found
    assert all("首页" in row[2] for row in found)


def test_filters_narrow_together_and_words_are_not_patterns(desk, done):
    assert not seen(desk, actor="bert", q="spring")
    assert not seen(desk, q="%")
    assert not seen(desk, q='a"b\\')


def test_the_newest_stands_first_and_older_pages_repeat_and_leave_out_nothing(
    curator, done, administrator
):
    for at in range(7):
        actions.open_change_set(actor=curator, name=f"Set {at}")
    wanted, below, found = Wanted(people=True), None, []
    whole = rows_of(wanted, None, 1000)
    while page := rows_of(wanted, below, 3):
        found += page
        below = Place.read(str(page[-1].place))
    assert found == whole
    assert [row.at for row in whole] == sorted((row.at for row in whole), reverse=True)


def test_a_page_leads_to_the_older_rows_under_the_same_filters(desk, curator, monkeypatch):
    monkeypatch.setattr(audit.page_of, "__defaults__", (None, 2))
    for at in range(3):
        actions.open_change_set(actor=curator, name=f"Set {at}")
    first = desk.get(PAGE, {"kind": "curation.changeset"})
    [link] = re.findall(r'rel="next" href="([^"]+)"', first.content.decode())
    second = desk.get(PAGE + link.replace("&amp;", "&"))
    names = [row[2] for answer in (first, second) for row in rows(answer)]
    assert names == [f"Change set Set {at}" for at in (2, 1, 0)]
    assert "rel=" not in second.content.decode().partition('class="pages"')[2]


def test_each_row_leads_to_the_history_of_its_object(desk, curator, done):
    page = desk.get(PAGE).content.decode()
    links = set(re.findall(r'href="(/admin/desk/history/[^"]+)"', page))
    assert len(links) >= 3
    assert all(desk.get(link).status_code == 200 for link in links)


def test_a_promotion_and_its_history_are_read_too(desk, curator):
    run = Run.objects.create(family="ease")
    version = ModelVersion.objects.create(family="ease", number=1, run=run)
    with acting(curator, "promote", "it ranks better"):
        LiveModel.objects.create(family="ease", version=version)
    assert [row[1:] for row in seen(desk, action="promote")] == [
        ["model promoted", "Live model EASE", "it ranks better"]
    ]
    history = desk.get(reverse("desk:history", args=["recsys.livemodel", "ease"]))
    assert "it ranks better" in history.content.decode()
    assert "curator" in history.content.decode()


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({"start": "31.31.2026"}, "valid date"),
        ({"start": "2026-05-02", "end": "2026-05-01"}, "The first day is after the last."),
        ({"end": "9999-12-31"}, "Choose a day between 1990 and 2199."),
        ({"actor": "nobody at all"}, "Nobody signs in as nobody at all."),
        ({"action": "dance"}, "Select a valid choice"),
        ({"kind": "curation.member"}, "Select a valid choice"),
        ({"below": "yesterday"}, "There is no such page."),
    ],
)
def test_a_filter_that_cannot_be_read_says_so(desk, done, filters, told):
    page = desk.get(PAGE, filters)
    assert told in page.content.decode()
    assert not rows(page)
    refused = desk.get(FILE, filters)
    assert refused.status_code == 400
    assert told in refused.content.decode()


def test_where_nothing_is_found_the_page_says_so_and_the_way_back(desk, done):
    page = desk.get(PAGE, {"q": "nothing of the kind"}).content.decode()
    assert "Nothing like this was done" in page
    assert f'href="{PAGE}"' in page


def test_the_file_holds_the_rows_of_the_page_all_of_them(desk, done, monkeypatch):
    monkeypatch.setattr(audit, "_CHUNK", 2)
    head, *lines = written(desk)
    assert head == ["When", "Who", "What was done", "Kind of object", "Object", "Key", "Why"]
    told = [[who, act, f"{kind} {name}", why] for _at, who, act, kind, name, _key, why in lines]
    assert [[*row[:2], row[2].lower(), row[3]] for row in seen(desk)] == [
        [*row[:2], row[2].lower(), row[3]] for row in told
    ]
    assert {line[1] for line in written(desk, actor="bert")[1:]} == {"bert"}


def test_the_file_holds_no_formula(desk, curator):
    home = actions.open_change_set(actor=curator, name="=1+1")
    actions.discard(actor=curator, change_set=home, reason="@SUM(A1)")
    lines = written(desk, kind="curation.changeset")[1:]
    assert {line[4] for line in lines} == {"'=1+1"}
    assert "'@SUM(A1)" in {line[6] for line in lines}


def test_the_file_is_in_the_words_and_on_the_clock_of_whoever_asked(desk, curator, done):
    curator.time_zone = "Pacific/Kiritimati"
    curator.save()
    desk.cookies["django_language"] = "zh-hans"
    head, *lines = written(desk)
    assert head[0] == "时间"
    assert all(line[0].endswith("+14:00") for line in lines)
    assert "change set discarded" not in {line[2] for line in lines}


def test_what_was_done_to_people_is_for_administrators(desk, client, administrator, curator):
    with acting(administrator, "change_user", "a new name"):
        curator.username = "curatrix"
        curator.save()
    assert not seen(desk, q="curatrix")
    assert not any(WHOLES[row.kind].label == "curation.user" for row in rows_of(Wanted(), None, 99))
    assert "Select a valid choice" in desk.get(PAGE, {"kind": "curation.user"}).content.decode()
    client.force_login(administrator)
    assert [row[1] for row in seen(client, q="curatrix", kind="curation.user")] == [
        "person or roles changed"
    ]


@pytest.mark.parametrize("role", ["member", "client"])
def test_nobody_without_a_role_of_the_staff_sees_it(client, done, role):
    assert client.get(PAGE).status_code == 302
    client.force_login(UserFactory.create(roles=[role]))
    assert client.get(PAGE).status_code == 403
    assert client.get(FILE).status_code == 403


@pytest.mark.parametrize("role", ["curator", "operator", "analyst", "administrator"])
def test_the_rail_leads_all_the_staff_to_it(client, role):
    user = UserFactory.create(roles=[role], is_staff=True)
    client.force_login(user)
    page = client.get(PAGE).content.decode()
    assert re.search(rf'<a href="{PAGE}" aria-current="page">', page)


def test_the_page_asks_the_database_as_often_however_much_it_shows(client, administrator, home):
    client.force_login(administrator)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE, {"q": "e", "actor": "administrator"})
        return len(queries)

    def do(n):
        for at in range(n):
            item = ItemFactory.create(title=f"Eel {at}")
            actions.pin_item(actor=administrator, surface=home, item=item, slot=at + 1)
            SegmentFactory.create(name=f"Eels {at}")

    do(1)
    asked()
    few = asked()
    do(8)
    assert asked() == few <= 15


def test_every_audited_kind_is_read_or_left_out_knowingly():
    audited = {
        model.pgh_tracked_model._meta.label_lower
        for model in apps.get_models()
        if hasattr(model, "pgh_tracked_model")
    }
    assert audited == WHOLES.keys() | LEFT_OUT
    assert WHOLES.keys() == KINDS.keys()


def test_every_act_that_is_recorded_has_words():
    named = set()
    for app in ("curation", "feedback", "recsys"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "acting":
                    named |= (
                        {node.args[1].value} if isinstance(node.args[1], ast.Constant) else set()
                    )
    assert named <= ACTIONS.keys()
    assert len(named) > 20


def test_the_product_names_itself_where_nobody_acted(desk):
    ChangeSet.objects.create(name="By itself", author=UserFactory.create())
    assert [row[0] for row in seen(desk, q="by itself")] == ["the product"]
