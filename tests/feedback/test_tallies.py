"""Roll-ups: whatever happens in whatever order, what was counted bit by bit is what counting anew gives."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from curation.ids import new_id
from curation.models import ItemStats, MemberStats
from curation.queries.items import COUNTS
from feedback.models import (
    Arrival,
    Impression,
    ItemShown,
    ItemTally,
    Kind,
    SlotTally,
    Tally,
)
from feedback.recording import impressions
from feedback.rollups import behaviour
from feedback.rollups.stats import roll_up
from tests.feedback.cast import NOON
from tests.feedback.life import Life

pytestmark = pytest.mark.django_db


def figures():
    """Every figure of every roll-up."""
    found = {
        model.__name__: sorted(model.objects.values_list(*fields(model)))
        for model in (Tally, SlotTally, ItemTally, ItemShown)
    }
    stats = ItemStats.objects.values_list("item", "mean_rating", *COUNTS)
    members = MemberStats.objects.values_list("pk", "features", "hours", "weekdays", "last_at")
    return found | {"ItemStats": sorted(stats), "MemberStats": sorted(members)}


def fields(model):
    return [field.attname for field in model._meta.concrete_fields if field.name != "pk"]


@pytest.mark.parametrize("seed", range(6))
def test_counting_what_changed_gives_what_counting_everything_gives(seed, ada, bob, films):
    life = Life(seed, [ada, bob], films)
    for _ in range(6):
        life.happen()
        roll_up()
        behaviour.roll_up()
    for moves_no_version in (life.mark, life.serve, life.show):
        moves_no_version()
        roll_up()
        behaviour.roll_up()
    bit_by_bit = figures()
    assert any(bit_by_bit["Tally"])
    assert any(bit_by_bit["MemberStats"])
    call_command("roll_up", "--rebuild")
    assert figures() == bit_by_bit


def test_an_answer_counts_for_the_surface_even_if_its_impression_is_written_last(ada, films, tell):
    served = new_id()
    tell(ada, ("e1", Kind.CLICK, films[0]), impression=served, minute=1)
    roll_up()
    assert list(Tally.objects.values_list("surface", "count")) == [("", 1)]
    impressions.write(
        [
            Impression(
                id=served,
                served_at=NOON,
                subject=ada.subject,
                surface="home",
                mode="fresh",
                items=[films[0].pk],
                slots=[1],
                propensities=[1.0],
                curated=[False],
            )
        ]
    )
    roll_up()
    assert list(Tally.objects.values_list("surface", "count")) == [("home", 1)]
    assert SlotTally.objects.get().clicked == 1


def test_only_what_changed_is_counted_again(ada, films, tell):
    tell(ada, ("e1", Kind.CLICK, films[0]), minute=1)
    roll_up()
    Tally.objects.update(count=77)
    tell(ada, ("e2", Kind.CLICK, films[0]), minute=60)
    roll_up()
    assert sorted(Tally.objects.values_list("count", flat=True)) == [1, 77]
    assert not Arrival.objects.exists()


def test_archived_figures_outlive_a_rebuild_and_are_added_up(ada, films, tell):
    old = datetime(2001, 5, 1, tzinfo=UTC)
    ItemTally.objects.create(
        item_id=films[0].pk, day=old.date(), kind=Kind.CLICK, archived=True, count=40
    )
    tell(ada, ("e1", Kind.CLICK, films[0]), minute=1)
    for rebuild in (False, True):
        roll_up(rebuild=rebuild)
        assert ItemStats.objects.get(item=films[0]).clicks == 41
