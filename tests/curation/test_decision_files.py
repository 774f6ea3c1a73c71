"""Decisions as a file: exported, imported into nothing and exported again they are the same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from curation import actions
from curation.actions import Terms, drafts
from curation.fusion.effects import (
    Boost,
    Bury,
    BuryToBottom,
    Cap,
    Effect,
    Exclude,
    Fallback,
    Only,
    PinMatch,
    Quota,
)
from curation.fusion.parsing import parse
from curation.fusion.query import EVERYTHING, ItemList
from curation.models import Block, ChangeSet, Decision, PolicyVersion, Revision, Surface
from curation.people.access import issue_token
from curation.policies.files import export
from curation.policies.loading import load_policy
from curation.problems import Denied, Invalid
from curation.queries.items import schema
from tests.factories import SOURCE, SegmentFactory

NEVER = datetime(2150, 1, 1, tzinfo=UTC)


@pytest.fixture
def world(curator, home, similar, films, scorers, ada):
    """Something of every kind to decide about."""
    Surface.objects.update(pin_budget=1_000)
    return {"segment": SegmentFactory.create(slug="busy"), "member": ada, "films": films}


CHEAP = {"field": "year", "op": "in", "value": [1950, 1951.5]}
SITUATIONS: tuple[dict[str, Any], ...] = (
    {},
    {"devices": ["desktop", "mobile"]},
    {"languages": ["zh-hans"]},
    {"members": {"not": {"field": "ratings", "op": "ge", "value": 2.5}}},
    {"hours": {"zone": "Asia/Shanghai", "weekdays": [1, 7], "from": "22:30", "until": "24:00"}},
)
EFFECTS: Mapping[str, Callable[[Random], Effect]] = {
    "boost": lambda chance: Boost(chance.uniform(0, 2)),
    "bury": lambda chance: Bury(chance.choice([0.0, 0.1, 2.0])),
    "bury_to_bottom": lambda _chance: BuryToBottom(),
    "exclude": lambda _chance: Exclude(),
    "cap": lambda chance: Cap(chance.randint(0, 50), 50, chance.choice(["", "genres"])),
    "quota": lambda chance: Quota(chance.randint(1, 50), 50),
    "pin_match": lambda chance: PinMatch(chance.randint(1, 50)),
}


def terms_of(world, chance, home, *, blocks):
    """Terms at random; a block holds in every situation."""
    who = dict(chance.choice(SITUATIONS))
    if chance.random() < 0.2:
        who["anchors"] = [str(world["films"][0].pk)]
    return Terms(
        reason=chance.choice(["it harms", "new", "春节 “spring”"]),
        priority=chance.randrange(-1_000, 1_000_000),
        starts_at=chance.choice([None, datetime(2100, 1, 1, 3, 4, 5, 678_901, tzinfo=UTC)]),
        until=chance.choice([None, NEVER]),
        review_on=chance.choice([None, date(2140, 2, 29)]),
        holdback=chance.choice([0.0, 0.1, 1 / 3]),
        traffic=chance.choice([1.0, 0.25, 2 / 3]),
        who={} if blocks else who,
        change_set=home,
        **chance.choice([{}, {"segment": world["segment"]}, {"member": world["member"]}]),
    )


def decide(actor, world, home, seed):
    """Draft whatever a seed says; no pin is of an item that may be blocked."""
    chance, films = Random(seed), world["films"]
    kind = chance.choice(["pin", "block", "safety", "blend", "only", *EFFECTS])
    terms = terms_of(world, chance, home, blocks=kind in ("block", "safety"))
    place = None if kind == "safety" else chance.choice(["home", "similar", None])
    surface = Surface.objects.filter(pk=place).first()
    common = {"actor": actor, "surface": surface, "terms": terms}
    if kind == "pin":
        return actions.pin_item(item=films[0], slot=chance.randint(1, 50), **common)
    if kind in ("block", "safety"):
        item = chance.choice(films[1:])
        return actions.block_item(item=item, safety=kind == "safety", **common)
    if kind == "blend":
        weights = {"ease": chance.uniform(0.1, 2), "popularity": chance.randint(0, 3)}
        beta = chance.choice([None, 1.25])
        return actions.set_blend(weights=weights, scales={"ease": "z"}, beta=beta, **common)
    listed = [str(chance.choice(films).pk)]
    where = parse({"not": {"any": [{"items": listed}, CHEAP]}}, schema())
    fallback = Only(chance.choice(list(Fallback)), tuple(film.pk for film in films))
    effect = fallback if kind == "only" else EFFECTS[kind](chance)
    return actions.add_rule(effect=effect, what=where, **common)


@given(seeds=st.lists(st.integers(0, 2**32 - 1), min_size=20, max_size=20))
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_is_exported_and_imported_into_nothing_is_exported_alike(administrator, world, seeds):
    """Twenty decisions in each file, so that 500 of them make the way there and back; lint asks once of them all."""
    with transaction.atomic():
        home = actions.open_change_set(actor=administrator, name="All")
        with patch.object(drafts, "lint_draft", lambda *_asked: []):
            for seed in seeds:
                decide(administrator, world, home, seed)
        actions.publish(actor=administrator, change_set=home, reason="a test")
        first = export()
        assert len(orjson.loads(first)["decisions"]) == len(seeds)
        empty()
        done = imported(administrator, first)
        assert export(change_set=done.change_set) == first
        actions.publish(actor=administrator, change_set=done.change_set, reason="a test")
        assert export() == first
        transaction.set_rollback(True)


def empty():
    """Leave no decision in force, as in a product that was just installed."""
    Block.objects.update(ended_at=timezone.now())
    for surface in Surface.objects.filter(policy_version__gt=0):
        number = surface.policy_version + 1
        PolicyVersion.objects.create(
            surface=surface,
            number=number,
            published_by=Revision.objects.latest("created_at").author,
            published_at=timezone.now(),
        )
        Surface.objects.filter(pk=surface.pk).update(policy_version=number)


@pytest.fixture
def file(curator, world, home):
    """A file with a pin, a rule on a list and a block."""
    films = world["films"]
    pin = actions.pin_item(actor=curator, surface=home, item=films[0], slot=2)
    rule = actions.add_rule(
        actor=curator, surface=home, effect=Exclude(), what=ItemList((films[1].pk,))
    )
    block = actions.block_item(actor=curator, item=films[2])
    for draft in (pin, rule, block):
        actions.publish_decision(actor=curator, draft=draft)
    return orjson.loads(export())


def imported(curator, file, **options):
    return actions.import_decisions(actor=curator, document=file, change_set="In", **options)


def refusal(curator, file, **options):
    counts = Decision.objects.count(), ChangeSet.objects.count()
    with pytest.raises(Invalid) as refused:
        imported(curator, file, **options)
    assert (Decision.objects.count(), ChangeSet.objects.count()) == counts
    return refused.value


def test_the_stronger_of_two_alike_stays_the_stronger(curator, home, world):
    for weight in (1.0, 2.0):
        draft = actions.set_blend(actor=curator, surface=home, weights={"ease": weight})
        actions.publish_decision(actor=curator, draft=draft)
    rows = orjson.loads(export())["decisions"]
    assert [row["content"]["weights"]["ease"] for row in rows] == [2.0, 1.0]
    first = export()
    empty()
    imported(curator, first, live=True)
    home.refresh_from_db()
    blends = load_policy(home, timezone.now()).blends
    strongest = min(blends, key=lambda blend: (-blend.published_at.timestamp(), blend.lineage))
    assert strongest.weights["ease"] == 2.0


def test_a_file_says_nothing_of_our_own_ids(file):
    ours = {str(key) for key in Decision.objects.values_list("pk", flat=True)}
    ours |= {str(row.item_id) for row in Revision.objects.all()}
    text = orjson.dumps(file).decode()
    assert not [key for key in ours if key in text]


def test_a_file_that_asks_the_like_of_no_text_is_one_that_older_products_read(curator, file):
    assert (file["version"], "likenesses" in file) == (1, False)
    empty()
    assert imported(curator, file | {"version": 2}).decisions == 3


def test_one_surface_is_exported_with_what_is_everywhere(file, similar):
    kinds = [row["kind"] for row in orjson.loads(export(surface=similar))["decisions"]]
    assert kinds == ["block"]


def test_an_import_makes_drafts_and_publishes_only_if_told(curator, file):
    empty()
    done = imported(curator, file)
    assert done.decisions == 3
    assert orjson.loads(export())["decisions"] == []
    drafts = orjson.loads(export(change_set=done.change_set))["decisions"]
    assert drafts == file["decisions"]


def test_a_dry_run_answers_the_same_and_keeps_nothing(curator, file):
    empty()
    before = Decision.objects.count()
    assert imported(curator, file, live=True, dry_run=True).decisions == 3
    assert Decision.objects.count() == before
    assert orjson.loads(export())["decisions"] == []


def test_a_file_of_a_newer_version_is_refused(curator, file):
    assert refusal(curator, file | {"version": 3, "more": 1}).code == "newer_version"


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"{", b'"x"', b'{"format": "else", "version": 1, "decisions": []}', b"\xff"],
)
def test_what_is_no_file_of_decisions_is_refused(curator, document):
    assert refusal(curator, document).code in {"not_json", "other_format"}


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        (lambda row: row | {"extra": 1}, "decisions[1].extra", "unknown_field"),
        (lambda row: row | {"surface": "cellar"}, "decisions[1].surface", "unknown_surface"),
        (lambda row: row | {"segment": "nobody"}, "decisions[1].segment", "unknown_segment"),
        (
            lambda row: row | {"member": {"source": "test", "id": "eve"}},
            "decisions[1].member",
            "unknown_member",
        ),
        (lambda row: row | {"holdback": 1}, "decisions[1].holdback", "max_value"),
        (lambda row: row | {"from": "soon"}, "decisions[1].from", "invalid"),
        (
            lambda row: row | {"from": "2030-01-02T00:00:00Z", "until": "2030-01-01T00:00:00Z"},
            "decisions[1].until",
            "bad_window",
        ),
        (lambda row: row | {"item": {"source": "test", "id": "x"}}, "decisions[1].item", "invalid"),
        (
            lambda row: row | {"content": row["content"] | {"strength": 1}},
            "decisions[1].content.strength",
            "invalid",
        ),
        (
            lambda row: (
                row
                | {
                    "content": {
                        "effect": "exclude",
                        "where": {"items": [{"source": "t", "id": "no"}]},
                    }
                }
            ),
            "decisions[1].content",
            "unknown_item",
        ),
        (
            lambda row: row | {"content": {"effect": "exclude", "where": {"items": ["film"]}}},
            "decisions[1].content",
            "bad_item",
        ),
        (
            lambda row: (
                row | {"content": {"effect": "exclude", "where": {"field": "no", "op": "exists"}}}
            ),
            "decisions[1].content",
            "bad_rule",
        ),
    ],
)
def test_a_fault_is_named_by_its_position_and_nothing_is_kept(curator, file, change, place, code):
    rows = file["decisions"]
    (at,) = [at for at, row in enumerate(rows) if row["kind"] == "rule"]
    rows[1], rows[at] = rows[at], rows[1]
    rows[1] = change(rows[1])
    refused = refusal(curator, file)
    assert [(each["field"], each["code"]) for each in refused.errors] == [(place, code)]


def test_an_item_that_is_not_here_is_named(curator, file):
    for row in file["decisions"]:
        if row["kind"] == "pin":
            row["item"] = {"source": "elsewhere", "id": "7"}
    (fault,) = refusal(curator, file).errors
    assert fault["code"] == "unknown_item"
    assert "elsewhere 7" in fault["message"]


def test_what_lint_refuses_is_named_by_its_position(curator, file):
    pin = next(row for row in file["decisions"] if row["kind"] == "pin")
    told = imported(curator, file | {"decisions": [pin]}, dry_run=True).findings
    assert [row["code"] for row in told] == ["pin_clash", "same_as_live"]
    refused = refusal(curator, file | {"decisions": [pin]}, live=True)
    assert [(each["field"], each["code"]) for each in refused.errors] == [
        ("decisions[0]", "pin_clash")
    ]


def test_a_safety_block_comes_in_by_an_administrator_alone(curator, administrator, file):
    block = next(row for row in file["decisions"] if row["kind"] == "block")
    block["content"]["safety"] = True
    assert refusal(administrator, file | {"decisions": [block]}).errors[0]["code"] == "bad_safety"
    block["reason"] = "it harms"
    with pytest.raises(Denied):
        imported(curator, file | {"decisions": [block]})
    assert imported(administrator, file | {"decisions": [block]}).decisions == 1


# By command, by API, at the desk ----------------------------------------------------------------------


def test_the_commands_write_and_read_a_file(curator, file, tmp_path):
    path = tmp_path / "decisions.json"
    call_command("export_decisions", output=path)
    assert path.read_bytes() == export()
    empty()
    told = io.StringIO()
    options = {"user": curator.username, "change_set": "In", "stdout": told}
    call_command("import_decisions", path, dry_run=True, **options)
    assert orjson.loads(export())["decisions"] == []
    call_command("import_decisions", path, publish=True, **options)
    assert export() == path.read_bytes()
    assert "3 decisions imported" in told.getvalue()


def test_the_command_names_each_fault(curator, tmp_path):
    path = tmp_path / "decisions.json"
    row = {"kind": "pin", "surface": "cellar", "item": {"source": "x", "id": "y"}}
    rows = [row | {"content": {"slot": 1}}]
    path.write_bytes(orjson.dumps({"format": "tandem.decisions", "version": 1, "decisions": rows}))
    with pytest.raises(CommandError) as error:
        call_command("import_decisions", path, user=curator.username, change_set="In")
    assert "decisions[0].surface" in str(error.value)
    assert "decisions[0].item" in str(error.value)


def test_the_api_answers_a_file_and_takes_it_again(client, curator, file):
    header = {"authorization": f"Token {issue_token(curator, SOURCE)}"}
    got = client.get("/api/v1/decisions/export/", headers=header)
    assert got.content == export()
    empty()
    body = {"document": got.json(), "change_set": "In", "publish": True}
    done = client.post(
        "/api/v1/decisions/import/", orjson.dumps(body), "application/json", headers=header
    )
    assert (done.status_code, done.json()["decisions"]) == (200, 3), done.content
    assert export() == got.content


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: told | {"version": 3}, '"newer_version"'),
        (lambda told: told | {"more": 1}, '"more"'),
        (
            lambda told: told | {"decisions": [told["decisions"][0] | {"colour": "red"}]},
            '"decisions[0].colour"',
        ),
    ],
)
def test_the_api_refuses_a_newer_file_and_fields_that_it_does_not_know(
    client, curator, file, change, said
):
    header = {"authorization": f"Token {issue_token(curator, SOURCE)}"}
    body = {"document": change(file), "change_set": "In", "publish": True}
    done = client.post(
        "/api/v1/decisions/import/", orjson.dumps(body), "application/json", headers=header
    )
    assert done.status_code == 400, done.content
    assert said in done.content.decode()
    assert not ChangeSet.objects.filter(name="In").exists()


def test_the_desk_checks_a_file_and_then_imports_it(client, curator, file):
    curator.is_staff = True
    curator.save()
    client.force_login(curator)
    got = client.get(reverse("desk:export")).content
    empty()

    def send(**fields):
        upload = SimpleUploadedFile("decisions.json", got, "application/json")
        data = {"file": upload, "change_set": "In", "reason": "because"} | fields
        return client.post(reverse("desk:import"), data)

    assert "could be imported" in send(dry_run="on").content.decode()
    assert not ChangeSet.objects.filter(name="In").exists()
    assert send().status_code == 302
    assert ChangeSet.objects.get(name="In").revisions.count() == 3


def test_the_desk_says_where_a_file_is_at_fault(client, curator):
    curator.is_staff = True
    curator.save()
    client.force_login(curator)
    bad = b'{"format": "tandem.decisions", "version": 1, "decisions": [{"kind": "pin"}]}'
    upload = SimpleUploadedFile("decisions.json", bad, "application/json")
    data = {"file": upload, "change_set": "In", "reason": "because"}
    page = client.post(reverse("desk:import"), data).content.decode()
    assert "decisions[0].surface" in page


def test_a_rule_about_everything_survives(curator, home, world):
    draft = actions.add_rule(
        actor=curator,
        surface=home,
        effect=Cap(2, 10, "genres"),
        what=EVERYTHING,
        terms=Terms(until=timezone.now() + timedelta(days=1)),
    )
    actions.publish_decision(actor=curator, draft=draft)
    first = export()
    empty()
    imported(curator, first, live=True)
    assert export() == first


def test_what_is_in_force_already_is_told_when_it_comes_again(curator, file):
    empty()
    actions.import_decisions(actor=curator, document=file, change_set="first", live=True)
    again = actions.import_decisions(actor=curator, document=file, change_set="again")
    twice = [told for told in again.findings if told["code"] == "same_as_live"]
    assert sorted(told["field"] for told in twice) == [
        f"decisions[{at}]" for at in range(again.decisions)
    ]


def test_what_is_over_and_what_is_for_an_archived_segment_stop_no_round_trip(curator, home, world):
    empty()
    segment = SegmentFactory.create()
    kept, over = Terms(segment=segment), Terms(until=timezone.now() + timedelta(days=1))
    for terms, strength in ((kept, 1.0), (over, 0.5)):
        draft = actions.add_rule(
            actor=curator, surface=home, effect=Boost(strength), what=EVERYTHING, terms=terms
        )
        actions.publish_decision(actor=curator, draft=draft)
    actions.archive_segment(actor=curator, segment=segment, confirmed=True)
    with patch("curation.policies.files.timezone.now", lambda: datetime(2199, 1, 1, tzinfo=UTC)):
        told = export()
    (row,) = orjson.loads(told)["decisions"]
    assert row["segment"] == segment.slug
    assert imported(curator, told).decisions == 1
