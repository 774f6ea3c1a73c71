"""The fold: any events, in any order of arrival and in any bodies, end where a plain fold ends."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback.actions import record
from feedback.folding.statements import rebuild
from feedback.models import Kind, MemberState, Rating
from feedback.recording.events import Status
from tests.feedback.cast import SILENCE, told

pytestmark = pytest.mark.django_db

MEMBERS, ITEMS, EVENTS = 2, 2, 12


@dataclass(frozen=True)
class Deed:
    """One thing that happens: who, what, of which film, when; an undo names a deed by number."""

    who: int
    kind: Kind
    item: int
    value: float | None
    minute: int
    undoes: int


@dataclass(frozen=True)
class Someone:
    subject: uuid.UUID


@st.composite
def deeds(draw):
    """Deeds in their order of arrival: few members, films and minutes, so that they collide."""
    kind = draw(st.sampled_from([*Kind, Kind.UNDO, Kind.UNDO, Kind.RATING]))
    values = {
        Kind.RATING: st.sampled_from([1.0, 2.5, 3.0, 4.0, 5.0]),
        Kind.FAVOURITE: st.sampled_from([0.0, 1.0]),
        Kind.VIEW: st.sampled_from([None, 0.0, 12.5, 300.0]),
        Kind.PURCHASE: st.sampled_from([None, 0.0, 19.99]),
    }
    return Deed(
        who=draw(st.integers(0, MEMBERS - 1)),
        kind=kind,
        item=draw(st.integers(0, ITEMS - 1)),
        value=draw(values.get(kind, st.none())),
        minute=draw(st.integers(0, 3)),
        undoes=draw(st.integers(0, EVENTS)),
    )


def plain_fold(happened):
    """What each member says of each film, by the definition: (who, item) -> words."""
    undone = {
        deed.undoes
        for deed in happened
        if deed.kind is Kind.UNDO
        and deed.undoes < len(happened)
        and happened[deed.undoes].who == deed.who
    }
    words: dict[tuple[int, int], dict[str, object]] = {}
    standing = [(d.minute, at, d) for at, d in enumerate(happened) if at not in undone]
    for _minute, _at, deed in sorted(standing, key=lambda one: one[:2]):
        word = _word(deed)
        if word:
            words.setdefault((deed.who, deed.item), dict(SILENCE)).update(word)
    return words


def _word(deed):
    return {
        Kind.RATING: {"stars": deed.value},
        Kind.LIKE: {"thumb": 1},
        Kind.DISLIKE: {"thumb": -1},
        Kind.FAVOURITE: {"favourite": deed.value == 1},
        Kind.NOT_INTERESTED: {"never": True},
        Kind.CLICK: {"clicked": True},
        Kind.SHARE: {"shared": True},
        Kind.VIEW: {"viewed": deed.value or 0.0},
        Kind.PURCHASE: {"purchased": deed.value or 0.0},
        Kind.COMMENT: None,
        Kind.UNDO: None,
    }[deed.kind]


def stored(people, items):
    rows = Rating.objects.filter(subject__in=[one.subject for one in people])
    who = {one.subject: at for at, one in enumerate(people)}
    what = {item: at for at, item in enumerate(items)}
    return {
        (who[row.subject], what[row.item_id]): {word: getattr(row, word) for word in SILENCE}
        for row in rows
    }


def arrive(happened, cuts, people, items):
    """Record the deeds in bodies that end at the cuts, the last of each body sent twice."""
    run = uuid.uuid4().hex
    events = [
        told(
            people[deed.who],
            f"{run}-{at}",
            deed.kind,
            None if deed.kind is Kind.UNDO else items[deed.item],
            deed.value,
            minute=deed.minute,
            undoes=f"{run}-{deed.undoes}" if deed.kind is Kind.UNDO else "",
            text="Well." if deed.kind is Kind.COMMENT else "",
        )
        for at, deed in enumerate(happened)
    ]
    edges = [0, *sorted(cuts), len(events)]
    outcomes = []
    for start, end in pairwise(edges):
        body = events[start:end]
        outcomes += record(body + body[-1:], source="test")[: len(body)]
    return outcomes


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    happened=st.lists(deeds(), min_size=1, max_size=EVENTS),
    cuts=st.sets(st.integers(1, EVENTS - 1)),
)
def test_what_a_member_says_is_the_plain_fold_of_what_was_not_undone(films, happened, cuts):
    people = [Someone(uuid.uuid4()) for _ in range(MEMBERS)]
    items = [film.pk for film in films[:ITEMS]]
    outcomes = arrive(happened, {cut for cut in cuts if cut < len(happened)}, people, items)
    # A refused undo would not have counted either, so the plain fold needs no word of it.
    assert all(
        outcome.status is Status.ACCEPTED
        for outcome, deed in zip(outcomes, happened, strict=True)
        if deed.kind is not Kind.UNDO
    )
    folded = {pair: words for pair, words in stored(people, items).items() if words != SILENCE}
    expected = {p: words for p, words in plain_fold(happened).items() if words != SILENCE}
    assert folded == expected
    for at, one in enumerate(people):
        state = MemberState.objects.filter(subject=one.subject).first()
        rated = [1 for (who, _), words in expected.items() if who == at and words["stars"]]
        assert (state.ratings if state else 0) == len(rated)
    assert rebuilt(people, items) == folded


def rebuilt(people, items):
    """What stands after every pair's history is folded again."""
    rebuild([(one.subject, item) for one in people for item in items], timezone.now())
    return {pair: said for pair, said in stored(people, items).items() if said != SILENCE}


@given(
    happened=st.lists(deeds(), min_size=2, max_size=8, unique_by=lambda deed: deed.minute),
    shuffled=st.randoms(use_true_random=False),
)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_order_of_arrival_is_irrelevant_to_what_happened_at_different_times(
    films, happened, shuffled
):
    items = [film.pk for film in films[:ITEMS]]
    order = list(range(len(happened)))
    shuffled.shuffle(order)
    place = {number: at for at, number in enumerate(order)}
    turned = [replace(happened[n], undoes=place.get(happened[n].undoes, EVENTS)) for n in order]
    ends = []
    for version in (happened, turned):
        people = [Someone(uuid.uuid4()) for _ in range(MEMBERS)]
        arrive(version, set(range(1, len(version))), people, items)
        ends.append({p: w for p, w in stored(people, items).items() if w != SILENCE})
    assert ends[0] == ends[1]
