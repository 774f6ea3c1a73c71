"""What slates are expected to hold: who may say so, what is refused, and what the API tells of it."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.utils import timezone

from curation import actions
from curation.actions import Expected
from curation.fusion.parsing import parse
from curation.models import Expectation, ExpectationReport, Outbox
from curation.policies import fulfilment
from curation.policies.fulfilment import Target
from curation.problems import Conflict, Denied, Invalid
from curation.queries.items import schema
from tests.curation.test_api import Caller, problem
from tests.factories import SegmentFactory

pytestmark = pytest.mark.django_db

WAR = {"field": "genres", "op": "has", "value": "War"}
PATH = "/api/v1/expectations/"
SENT = {"name": "No war", "surface": "home", "way": "never", "where": WAR, "reason": "peace"}


def claim(way="never", count=None, first=None, where=WAR):
    return actions.read_claim(way, parse(where, schema()), count, first)


@pytest.fixture
def no_war(curator, home, films):
    return actions.add_expectation(
        actor=curator, expected=Expected(name="No war", surface=home, claim=claim())
    )


@pytest.fixture
def desk(client, curator):
    return Caller(client, curator)


def found(expectation, *, met, **more):
    """A report as a worker would write it on things as they stand."""
    slate = {"met": met, "whom": {"kind": "nobody"}, "held": 1, "told": [], **more}
    result = {
        "expectation": str(expectation.pk),
        "met": met,
        "error": "",
        "people": 1,
        "slates": [slate],
    }
    return ExpectationReport.objects.create(
        checked_at=timezone.now(),
        instant=timezone.now(),
        basis=fulfilment.basis_of(Target()).facts,
        results=[result],
    )


def audited():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pgh_context ->> 'action', name, number FROM curation_expectationevent "
            "ORDER BY pgh_id"
        )
        return cursor.fetchall()


def test_an_expectation_is_set_changed_and_retired_and_each_is_audited(curator, home, no_war):
    wanted = Expected(name="Little war", surface=home, claim=claim("at_most", 2, 10))
    told = {"actor": curator, "expectation": no_war}
    changed = actions.change_expectation(base=1, expected=wanted, **told)
    assert (changed.number, changed.claim["way"], changed.claim["count"]) == (2, "at_most", 2)
    retired = actions.retire_expectation(reason="peace has come", **told)
    assert retired.retired_at
    assert audited() == [
        ("add_expectation", "No war", 1),
        ("change_expectation", "Little war", 2),
        ("retire_expectation", "Little war", 2),
    ]
    with pytest.raises(Conflict, match="retired"):
        actions.change_expectation(base=2, expected=wanted, **told)


def test_whoever_saves_on_top_of_an_older_state_is_told_what_differs(curator, home, no_war):
    told = {"actor": curator, "expectation": no_war}
    first = Expected(name="No war at all", surface=home, claim=claim())
    actions.change_expectation(base=1, expected=first, **told)
    second = Expected(name="No war", surface=home, claim=claim(), blocks=False)
    with pytest.raises(Conflict) as refusal:
        actions.change_expectation(base=1, expected=second, **told)
    assert {row["field"]: (row["now"], row["yours"]) for row in refusal.value.errors} == {
        "name": ("No war at all", "No war"),
        "blocks": (True, False),
    }


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        (("sometimes",), "way"),
        (("never", 1), "count"),
        (("at_most",), "count"),
        (("at_most", 0), "count"),
        (("at_least", 6, 5), "count"),
        (("at_least", 1, 0), "first"),
        (("never", None, 201), "first"),
    ],
)
def test_a_claim_whose_parts_do_not_go_together_is_refused_by_field(parts, field, films):
    with pytest.raises(Invalid) as refusal:
        claim(*parts)
    assert [row["field"] for row in refusal.value.errors] == [field]


def test_whom_it_is_about_and_where_must_go_together(curator, home, similar, films, ada):
    segment = SegmentFactory.create()
    faults = [
        ({"who": "member"}, "member"),
        ({"who": "segment", "member": ada, "segment": segment}, "member"),
        ({"who": "nobody", "segment": segment}, "segment"),
        ({"anchor": films[0]}, "anchor"),
        ({"name": " "}, "name"),
        ({"claim": claim("at_least", 60)}, "first"),
        ({"claim": claim("never", None, 51)}, "first"),
    ]
    for given, field in faults:
        with pytest.raises(Invalid) as refusal:
            Expected(**{"name": "x", "surface": home, "claim": claim(), **given})
        assert refusal.value.errors[0]["field"] == field
    Expected(name="x", surface=similar, claim=claim(), anchor=films[0])


def test_two_that_hold_at_once_have_not_the_same_name(curator, home, no_war):
    again = Expected(name="No war", surface=home, claim=claim())
    with pytest.raises(Conflict, match="name"):
        actions.add_expectation(actor=curator, expected=again)
    actions.retire_expectation(actor=curator, expectation=no_war, reason="peace")
    actions.add_expectation(actor=curator, expected=again)


def test_only_curators_say_what_is_expected(stranger, home, no_war):
    expected = Expected(name="Mine", surface=home, claim=claim())
    with pytest.raises(Denied):
        actions.add_expectation(actor=stranger, expected=expected)
    with pytest.raises(Denied):
        actions.change_expectation(actor=stranger, expectation=no_war, base=1, expected=expected)
    with pytest.raises(Denied):
        actions.retire_expectation(actor=stranger, expectation=no_war, reason="no")


def test_what_is_expected_anew_is_checked_by_itself(no_war):
    assert Outbox.objects.filter(task=fulfilment.FOLLOW).exists()


def test_a_report_tells_until_something_that_it_was_found_with_changes(curator, home, no_war):
    assert [each.state for each in fulfilment.of(Target()).held] == ["unchecked"]
    report = found(no_war, met=False)
    assert [each.state for each in fulfilment.of(Target()).held] == ["unmet"]
    ExpectationReport.objects.filter(pk=report.pk).update(
        checked_at=timezone.now() - fulfilment.LASTS
    )
    assert fulfilment.of(Target()).is_unchecked
    found(no_war, met=True)
    assert [each.state for each in fulfilment.of(Target()).held] == ["met"]
    home.policy_version += 1
    home.save()
    assert fulfilment.of(Target()).is_unchecked


def test_the_api_sets_lists_changes_and_retires(desk, films, home):
    made = desk.send("POST", PATH, SENT)
    assert made.status_code == 201, made.json()
    row = made.json()
    assert (row["state"], row["way"], row["number"]) == ("unchecked", "never", 1)
    found(Expectation.objects.get(pk=row["id"]), met=True)
    listed = desk.get(PATH).json()
    assert [each["state"] for each in listed["results"]] == ["met"]
    assert listed["checked_at"]
    one = f"{PATH}{row['id']}/"
    told = {**SENT, "way": "at_least", "count": 1, "first": 5, "base": 1}
    changed = desk.send("PUT", one, told).json()
    assert (changed["number"], changed["count"], changed["first"]) == (2, 1, 5)
    assert desk.get(one).json()["state"] == "unchecked"
    problem(desk.send("PUT", one, told), 409, "stale_expectation")
    problem(desk.send("POST", f"{one}retire/", {}), 400, "invalid")
    assert desk.send("POST", f"{one}retire/", {"reason": "over"}).json()["state"] == "retired"
    assert desk.get(PATH).json()["results"] == []
    problem(desk.get(f"{PATH}{uuid.uuid4()}/"), 404, "unknown_expectation")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"where": {"field": "genre", "op": "has", "value": "War"}}, "bad_query", "where"),
        ({"where": None}, "invalid", "where"),
        ({"items": ["nothing"], "where": ...}, "unknown_item", "items"),
        ({"items": ["x"]}, "invalid", "where"),
        ({"where": ...}, "invalid", "where"),
        ({"surface": "nowhere"}, "unknown_surface", "surface"),
        ({"who": "segment", "segment": "nobody"}, "unknown_segment", "segment"),
        ({"who": "segment"}, "bad_who", "segment"),
        ({"anchor": "nothing"}, "unknown_item", "anchor"),
        ({"way": "at_least"}, "bad_count", "count"),
        ({"way": "often"}, "invalid", "way"),
        ({"count": "1"}, "invalid", "count"),
        ({"unknown": 1}, "invalid", "unknown"),
        ({"name": ""}, "invalid", "name"),
    ],
)
def test_the_api_names_the_field_at_fault(desk, films, change, code, field):
    body = {key: value for key, value in {**SENT, **change}.items() if value is not ...}
    told = problem(desk.send("POST", PATH, body), 400, code)
    assert field in [row["field"] for row in told["errors"]], told
    assert not Expectation.objects.exists()
