"""The reward table: what feedback is worth, in versions that curators make and nobody changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from django.db import transaction
from django.db.utils import DatabaseError
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from curation import counters, installation
from curation.models import Outbox
from curation.problems import Denied
from feedback.actions import record
from feedback.learning.export import snapshot
from feedback.learning.history import state_of
from feedback.models import Kind, RewardTable
from feedback.rewards.actions import NotPossible, change_rewards
from feedback.rewards.labels import preview
from feedback.rewards.tables import BUILT_IN, UNREWARDED, Rewards, as_of, in_force, rewards_of
from tests.factories import ItemFactory, MemberFactory, UserFactory
from tests.feedback.cast import NOON, told

pytestmark = pytest.mark.django_db

HARSHER = replace(
    BUILT_IN, stars=(0.0, 0.0, 0.0, 0.5, 1.0), kinds={**BUILT_IN.kinds, Kind.CLICK: 0.2}
)


@pytest.fixture
def curator(db):
    return UserFactory(roles=["curator"], is_staff=True)


@pytest.fixture
def desk(client, curator):
    client.force_login(curator)
    return client


def change(curator, rewards=HARSHER, base=1):
    return change_rewards(actor=curator, base=base, rewards=rewards, reason="clicks say little")


def fields(rewards, **more):
    """The form, filled in."""
    found = {f"stars_{n}": reward for n, reward in enumerate(rewards.stars, 1)}
    for step, (since, reward) in enumerate(rewards.views):
        found |= {f"view_{step}_from": since, f"view_{step}": reward}
    found |= {kind.name.lower(): reward for kind, reward in rewards.kinds.items()}
    return found | {"base": 1, "days": "", **more}


@pytest.mark.parametrize(
    ("kind", "value", "reward"),
    [
        (Kind.RATING, 5.0, 1.0),
        (Kind.RATING, 4.0, 1.0),
        (Kind.RATING, 3.5, 0.5),
        (Kind.RATING, 2.5, 0.0),
        (Kind.RATING, 1.0, 0.0),
        (Kind.LIKE, None, 1.0),
        (Kind.FAVOURITE, 1.0, 1.0),
        (Kind.SHARE, None, 1.0),
        (Kind.PURCHASE, 19.9, 1.0),
        (Kind.CLICK, None, 0.7),
        (Kind.VIEW, None, 0.6),
        (Kind.VIEW, 59.9, 0.6),
        (Kind.VIEW, 60.0, 0.8),
        (Kind.DISLIKE, None, 0.0),
        (Kind.NOT_INTERESTED, None, 0.0),
        (Kind.COMMENT, None, 0.5),
    ],
)
def test_the_product_brings_a_table(kind, value, reward):
    assert rewards_of([kind], [value], BUILT_IN).tolist() == [reward]


def test_a_change_is_a_new_version_with_its_author_and_reason(curator):
    made = change(curator)
    assert (made.number, made.author, made.reason) == (2, curator, "clicks say little")
    assert in_force() == replace(HARSHER, number=2)
    (event,) = made.events.all()
    assert event.pgh_context["actor"] == str(curator.pk)
    assert event.pgh_context["reason"] == "clicks say little"


def test_a_version_is_never_changed_nor_deleted(curator):
    made = change(curator)
    for attempt in (RewardTable.objects.filter(pk=2).update, made.delete):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            attempt(**({"reason": "x"} if attempt != made.delete else {}))


def test_a_change_moves_the_counter_and_has_every_surface_fused_again(curator):
    before = counters.read()["rewards"]
    change(curator)
    assert counters.read()["rewards"] == before + 1
    rows = Outbox.objects.filter(task="recsys.refuse_surface").values_list("arguments", flat=True)
    assert sorted(rows) == sorted([slug] for slug in installation.SURFACES)


def test_whoever_looked_at_an_older_version_is_told(curator):
    change(curator)
    with pytest.raises(NotPossible, match="Version 2"):
        change(curator, replace(HARSHER, stars=BUILT_IN.stars))
    with pytest.raises(NotPossible, match="Nothing"):
        change(curator, base=2)
    assert RewardTable.objects.count() == 1


def test_only_curators_change_it():
    with pytest.raises(Denied):
        change(UserFactory(roles=["analyst"]))


def test_histories_are_read_by_the_version_in_force(curator, ada, films, tell):
    tell(ada, ("e1", Kind.CLICK, films[0]), ("e2", Kind.RATING, films[1], 4.0), minute=1)
    assert [each.reward for each in state_of(ada.subject, at=NOON).history] == [0.7, 1.0]
    change(curator)
    found = as_of(counters.read()["rewards"])
    for worth in (None, found):
        history = state_of(ada.subject, at=NOON, worth=worth).history
        assert [each.reward for each in history] == [0.2, 0.5]


@pytest.mark.django_db(transaction=True)
def test_training_data_are_labelled_by_the_version_in_force_and_say_so(
    curator, ada, films, tell, tmp_path
):
    tell(ada, ("e1", Kind.VIEW, films[0], 70.0), ("e2", Kind.CLICK, films[1]), minute=1)
    assert snapshot(tmp_path / "old")["rewards"] == 1
    change(curator)
    assert snapshot(tmp_path / "new")["rewards"] == 2
    labels = {
        name: pq.read_table(tmp_path / name).column("value").to_pylist() for name in ("old", "new")
    }
    assert labels == {"old": pytest.approx([0.8, 0.7]), "new": pytest.approx([0.8, 0.2])}


rewards = st.builds(
    Rewards,
    number=st.just(2),
    stars=st.tuples(*[st.sampled_from([0.0, 0.25, 0.5, 1.0])] * 5),
    views=st.just(((0.0, 0.1), (5.0, 0.4), (30.0, 0.9))),
    kinds=st.fixed_dictionaries({k: st.sampled_from([0.0, 0.5, 1.0]) for k in BUILT_IN.kinds}),
)


@given(new=rewards)
def test_a_preview_counts_the_labels_that_the_table_would_give(
    django_db_blocker, django_db_setup, new
):
    """SQL and numpy read the table alike."""
    values: dict[Kind, list[float | None]] = {
        Kind.RATING: [1.0, 2.5, 4.0],
        Kind.VIEW: [None, 4.9, 5.0, 29.9, 3000.0],
    }
    with django_db_blocker.unblock(), transaction.atomic():
        installation.ensure()
        ada, film = MemberFactory(), ItemFactory()
        deeds = [
            (kind, value)
            for kind in Kind
            if kind not in UNREWARDED
            for value in values.get(kind, [1.0 if kind is Kind.FAVOURITE else None])
        ]
        record(
            [told(ada, f"e{n}", k, film, v, minute=n) for n, (k, v) in enumerate(deeds)],
            source="test",
        )
        found = preview(BUILT_IN, new, None)
        transaction.set_rollback(True)
    kinds, given_values = [kind for kind, _ in deeds], [value for _, value in deeds]
    old_labels = rewards_of(kinds, given_values, BUILT_IN).tolist()
    new_labels = rewards_of(kinds, given_values, new).tolist()
    told_by_sql = sorted((x.kind, x.old, x.new) for x in found.labels for _ in range(x.count))
    assert told_by_sql == sorted(zip(kinds, old_labels, new_labels, strict=True))
    assert found.total == len(deeds)
    assert found.changed == sum(a != b for a, b in zip(old_labels, new_labels, strict=True))


def test_a_preview_looks_at_what_counts_in_the_days_asked_for(ada, films, tell):
    tell(ada, ("e1", Kind.CLICK, films[0]), minute=1)
    tell(ada, ("e2", Kind.CLICK, films[1]), minute=60)
    record([told(ada, "u1", Kind.UNDO, undoes="e2")], source="test")
    tell(ada, ("e3", Kind.CLICK, films[2]), minute=2, simulated=True)
    assert preview(BUILT_IN, HARSHER, None).total == 1
    assert preview(BUILT_IN, HARSHER, NOON + timedelta(minutes=2)).total == 0
    (example,) = preview(BUILT_IN, HARSHER, None).examples
    assert (example.title, example.old, example.new) == (films[0].title, 0.7, 0.2)


def test_the_page_shows_the_labels_before_anything_is_saved(desk, ada, films, tell):
    tell(ada, ("e1", Kind.CLICK, films[0]), minute=1)
    page = desk.post(reverse("rewards:change"), fields(HARSHER, preview="1"))
    text = page.content.decode()
    assert page.status_code == 200
    assert "1 of 1 interactions get another reward." in text
    assert films[0].title in text
    assert in_force() == BUILT_IN


def test_the_page_saves_a_new_version_and_lists_it(desk):
    page = desk.post(reverse("rewards:change"), fields(HARSHER, save="1", reason="it is time"))
    assert page.status_code == 302
    assert in_force() == replace(HARSHER, number=2)
    overview = desk.get(reverse("rewards:overview")).content.decode()
    assert "In force: version 2" in overview
    assert "it is time" in overview
    again = desk.get(reverse("rewards:change"), {"from": "1"}).content.decode()
    assert 'name="click" value="0.7"' in again


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"save": "1"}, "Say why."),
        ({"click": "1.5"}, "less than or equal to 1"),
        ({"click": "nan"}, "Enter a number."),
        ({"click": ""}, "required"),
        ({"view_2_from": "1"}, "A long view must begin after"),
        ({"save": "1", "reason": "x", "base": "7"}, "Version 1 is in force"),
    ],
)
def test_what_cannot_be_is_told_on_the_page(desk, wrong, text):
    page = desk.post(reverse("rewards:change"), fields(HARSHER) | wrong)
    assert page.status_code == 400
    assert text in page.content.decode()
    assert in_force() == BUILT_IN


@pytest.mark.parametrize("start", ["2", "x", "99999999999999999999"])
def test_a_version_that_never_was_is_not_found(desk, start):
    assert desk.get(reverse("rewards:change"), {"from": start}).status_code == 404
