"""Simulated members: each likes two genres, looks down a slate and answers over HTTP like anybody else.

They are labelled, so that what they do fills reports and never a training.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np

from curation.ids import new_id
from curation.models import Item, Member
from recsys.demo.client import Client, NoAnswer, Refusal
from recsys.demo.loading import SOURCE

SIZE: Final = 20
LOOKS_ON: Final = 0.93
"""The chance to look at the next slot after one (a cascade: Craswell and others 2008)."""
CLICKS: Final = {True: 0.4, False: 0.06}
RATES: Final = {True: ((5, 0.35), (4, 0.65)), False: ((3, 0.4), (2, 0.7))}
LIKES: Final = 0.15
REFUSES: Final = 0.03
PATIENCE_S: Final = 60.0
PAUSE_S: Final = 0.5

Genres = Mapping[str, frozenset[str]]
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Simulated:
    """A simulated member: outside id and the genres that they like."""

    outside_id: str
    likes: frozenset[str]


def cast(number: int, chance: np.random.Generator) -> list[Simulated]:
    """So many simulated members, made and labelled where missing; tastes by chance."""
    names = [f"simulated-{place:03d}" for place in range(1, number + 1)]
    known = set(
        Member.objects.filter(source=SOURCE, outside_id__in=names).values_list(
            "outside_id", flat=True
        )
    )
    Member.objects.bulk_create(
        Member(source=SOURCE, outside_id=name, simulated=True)
        for name in names
        if name not in known
    )
    genres = sorted(set().union(*genres_of().values()))
    return [Simulated(name, frozenset(chance.choice(genres, 2, replace=False))) for name in names]


def genres_of() -> Genres:
    """The genres of each film of the demo by outside id."""
    rows = Item.objects.filter(source=SOURCE).values_list("outside_id", "attributes")
    return {outside_id: frozenset(told.get("genres", ())) for outside_id, told in rows}


def visits(
    client: Client, members: Sequence[Simulated], chance: np.random.Generator
) -> Iterator[int]:
    """Let members come one after the other; yields how many interactions each visit brought.

    Raises NoAnswer where nothing answers for as long as PATIENCE_S.
    """
    genres = genres_of()
    for member in members:
        slate = _patiently(partial(client.recommend, member.outside_id, size=SIZE))
        events = list(_visit(member, slate, genres, chance))
        if events:
            _patiently(partial(client.tell, events))
        yield len(events)


def _patiently(ask: Callable[[], Event]) -> Event:
    """Ask again while a part of the product restarts: events keep their ids, so none counts twice."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return ask()
        except Refusal:
            raise
        except NoAnswer:
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_S)


def _visit(
    member: Simulated, slate: Mapping[str, Any], genres: Genres, chance: np.random.Generator
) -> Iterator[Event]:
    for placement in slate["placements"]:
        likes = bool(member.likes & genres.get(placement["item"], frozenset()))
        told = {
            "member": member.outside_id,
            "item": placement["item"],
            "impression": slate["impression"],
        }
        for kind, value in _acts(chance, likes=likes):
            event = {"event": str(new_id()), "kind": kind, **told}
            yield event if value is None else {**event, "value": value}
        if chance.random() > LOOKS_ON:
            return


def _acts(chance: np.random.Generator, *, likes: bool) -> Iterator[tuple[str, int | None]]:
    """What a member does with a film that is, or is not, to their taste."""
    if chance.random() < CLICKS[likes]:
        yield "click", None
        drawn = chance.random()
        stars = next((value for value, until in RATES[likes] if drawn < until), None)
        if stars is not None:
            yield "rating", stars
    if chance.random() < LIKES * likes:
        yield "like", None
    if not likes and chance.random() < REFUSES:
        yield "not_interested", None
