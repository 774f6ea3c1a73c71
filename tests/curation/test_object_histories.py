"""Items and members have a history each: who, what, when and why, whichever way the change came."""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from curation import actions
from curation.auditing.rows import Wanted
from curation.desk.audit import reading as audit
from curation.fusion.columns import Kind
from curation.models import Item, Member
from curation.people.access import issue_token
from feedback.merging import merge_members
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, curator):
    client.force_login(curator)
    return client


@pytest.fixture
def put(db):
    """What a client of the API named shop sends."""
    clear = issue_token(UserFactory.create(username="shop", roles=["client"]), "demo")

    def send(what, **row):
        headers = {"authorization": f"Token {clear}"}
        body = {what: [row]}
        answer = Client().put(f"/api/v1/{what}/", body, "application/json", headers=headers)
        assert answer.json()["results"][0]["status"] in {"created", "updated"}, answer.json()

    return send


def told(desk, one):
    """The rows of an object's history: who, what was done, to what, what changed, why."""
    answer = desk.get(reverse("desk:history", args=[one._meta.label_lower, one.pk]))
    body = re.search(r"<tbody>(.*?)</tbody>", answer.content.decode(), re.DOTALL)
    found = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL) if body else []
    cells = (re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in found)
    return [
        [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip() for cell in row][1:]
        for row in cells
    ]


def test_the_history_of_an_item_says_who_changed_what_and_why(desk, curator, put, tmp_path):
    actions.declare({"year": Kind.NUMBER, "genres": Kind.TAGS})
    file = tmp_path / "films.csv"
    file.write_text("item,title,year\nf1,Heat,1994\n")
    call_command("import_items", str(file), source="demo", stdout=io.StringIO())
    put("items", item="f1", attributes={"year": 1995, "genres": ["Crime"]})
    put("items", item="f1", attributes={"genres": None})
    item = Item.objects.get()
    actions.set_active(actor=curator, items=[item], active=False, reason="rights ended")
    rows = told(desk, item)
    assert [[row[0], row[1], row[4]] for row in rows] == [
        ["curator", "items switched", "rights ended"],
        ["shop", "sent over the API", ""],
        ["shop", "sent over the API", ""],
        ["the product", "imported from a file", "films.csv"],
    ]
    assert "Attributes: year: 1994 → 1995" in rows[2][3]
    assert "Attributes: genres: Crime →" in rows[1][3]
    assert "Title" not in rows[2][3]
    page = desk.get(reverse("desk:catalogue-item", args=[item.pk])).content.decode()
    assert reverse("desk:history", args=["curation.item", item.pk]) in page


def test_the_history_of_a_member_says_what_became_of_them(desk, client, curator, put):
    Member.objects.create(source="demo", outside_id="m1")
    put("members", member="m1", attributes={"plan": "gold"}, language="en")
    double = Member.objects.create(source="demo", outside_id="m2")
    one = Member.objects.get(outside_id="m1")
    merge_members(actor=curator, member=double, into=one, reason="the same person")
    assert [[row[0], row[1], row[4]] for row in told(desk, one)] == [
        ["shop", "sent over the API", ""]
    ]
    (merged,) = told(desk, double)
    assert (merged[0], merged[1], merged[4]) == ("curator", "members merged", "the same person")
    boss = UserFactory.create(roles=["administrator"], is_staff=True)
    client.force_login(boss)
    page = client.get(f"/admin/curation/member/{one.pk}/history/")
    assert page["Location"] == reverse("desk:history", args=["curation.member", one.pk])


def test_who_only_gives_feedback_leaves_no_history(desk, db):
    bare = Member.objects.create(source="demo", outside_id="m1")
    assert told(desk, bare) == []


def test_items_and_members_do_not_bury_the_audit(desk, put):
    put("items", item="f1", title="Heat")
    put("members", member="m1", language="en")
    kinds = {entry.kind for entry in audit.page_of(Wanted(people=True)).entries}
    assert not kinds & {"item", "member"}


def test_a_history_takes_a_fixed_number_of_queries(desk, put):
    put("items", item="f1", title="Heat 0")
    item = Item.objects.get()

    def asked():
        with CaptureQueriesContext(connection) as queries:
            told(desk, item)
        return len(queries)

    asked()
    few = asked()
    for n in range(1, 6):
        put("items", item="f1", title=f"Heat {n}")
    assert asked() == few <= 12
