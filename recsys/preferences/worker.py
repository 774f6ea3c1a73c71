"""Worker side of preferences: once a night what draws each member is learned from what they chose among what was shown.

With it are counted their interests, the tags that stand oftener among their likes than among everybody's. Rows of
members who are gone, or merged into others, go with the fit before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from curation.models import Member
from feedback.learning import choices as told_choices
from feedback.learning.choices import Answered
from feedback.models import MemberState
from recsys.ml.members import preferences
from recsys.ml.members.choices import FEWEST, Choices, gather
from recsys.ml.members.preferences import Population
from recsys.models import Preference, PreferenceFit
from recsys.profiles import item_features, likes
from recsys.profiles.item_features import SLOT, Feature, Features
from recsys.profiles.likes import Likes

SPAN: Final = timedelta(days=180)
"""What was shown longer ago says little of what draws a member now."""
MOST_IMPRESSIONS: Final = 100
"""Of a member the latest so many count."""
MOST_LEARNT_FROM, LEARNT_IMPRESSIONS = 500, 40
"""What members have in common is learned from a sample of so many, the latest impressions of each."""
AT_ONCE: Final = 50
PLACES: Final = 4
SEED: Final = 1

_LOCK: Final = "recsys_learn_preferences"
_WRITTEN: Final = (
    *("fit", "covers", "impressions", "choices", "theta", "deviation", "likes", "interests"),
)


@dataclass(frozen=True, eq=False)
class LaidOut:
    """The choices of members, and among how many impressions each made them [U]."""

    choices: Choices
    impressions: NDArray[np.intp]


class Underway(Exception):
    """Preferences are being learned already; one at a time is enough."""


def learn(at: datetime) -> PreferenceFit:
    """Learn what draws members by what they did until now, and keep it; answers the fit. Raises Underway."""
    with _alone():
        fit = _learned(at)
        PreferenceFit.objects.exclude(pk=fit.pk).delete()
        return fit


@contextmanager
def _alone() -> Iterator[None]:
    """Hold a lock of this session of the database; without a transaction, since learning takes minutes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [_LOCK])
        if not cursor.fetchone()[0]:
            raise Underway("preferences are being learned already")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [_LOCK])


def _learned(at: datetime) -> PreferenceFit:
    since = at - SPAN
    choosers = told_choices.who(since)
    sample = _sample(choosers)
    rows = list(told_choices.answered(sample, since, LEARNT_IMPRESSIONS))
    features = item_features.read(Counter(item for row in rows for item in row.items))
    laid = lay_out(rows, sample, features)
    population = preferences.learn(laid.choices)
    fit = _kept_fit(population, features, laid, since)
    liked = likes.read()
    everyone = sorted({*choosers, *liked.members})
    for start in range(0, len(everyone), AT_ONCE):
        _renew(everyone[start : start + AT_ONCE], _Lesson(fit, population, features, liked))
    return fit


@dataclass(frozen=True, eq=False)
class _Lesson:
    """What all members are told by."""

    fit: PreferenceFit
    population: Population
    features: Features
    likes: Likes


def _sample(choosers: Sequence[UUID]) -> list[UUID]:
    if len(choosers) <= MOST_LEARNT_FROM:
        return list(choosers)
    drawn = np.random.default_rng(SEED).choice(len(choosers), MOST_LEARNT_FROM, replace=False)
    return [choosers[at] for at in np.sort(drawn)]


def lay_out(rows: Iterable[Answered], subjects: Sequence[UUID], features: Features) -> LaidOut:
    """The choices of these members, in their order: what was chosen beside what was not, each with its slot.

    Several items that were chosen of one impression are a choice each, among those that were not.
    """
    owners = {subject: at for at, subject in enumerate(subjects)}
    impressions = np.zeros(len(subjects), np.intp)
    items, slots, sizes, whose = [], [], [], []
    for row in rows:
        cases = list(_cases(row, features.places))
        impressions[owners[row.subject]] += bool(cases)
        for case in cases:
            items += [place for place, _slot in case]
            slots += [slot for _place, slot in case]
            sizes.append(len(case))
            whose.append(owners[row.subject])
    places = np.array(items, np.intp)
    rank = np.log(np.array(slots, np.float64))[:, None]
    laid = gather(
        np.hstack([features.values[places], rank]),
        np.array(sizes, np.intp),
        np.zeros(len(sizes), np.intp),
        np.array(whose, np.intp),
        len(subjects),
    )
    return LaidOut(laid, impressions)


def _cases(row: Answered, places: Mapping[UUID, int]) -> Iterable[list[tuple[int, int]]]:
    """For each chosen item it and those that were not, as places and slots; what is gone from the catalogue is out."""
    shown = zip(row.items, row.slots, strict=True)
    known = [(item, (places[item], slot)) for item, slot in shown if item in places]
    others = [told for item, told in known if item not in row.chosen]
    for item, told in known:
        if item in row.chosen and len(others) + 1 >= FEWEST:
            yield [told, *others]


def _kept_fit(
    population: Population, features: Features, laid: LaidOut, since: datetime
) -> PreferenceFit:
    names = [*features.names, Feature(SLOT, "number")]
    return PreferenceFit.objects.create(
        since=since,
        members=int(np.count_nonzero(laid.impressions)),
        choices=len(laid.choices),
        features=[feature.as_json() for feature in names],
        mean=_rounded(population.mean),
        deviation=_rounded(np.sqrt(population.variance)),
    )


def _renew(subjects: Sequence[UUID], lesson: _Lesson) -> None:
    """Write what draws these members, each as of one version of their feedback."""
    states = MemberState.objects.filter(subject__in=subjects)
    covers = dict(states.values_list("subject", "version"))
    rows = told_choices.answered(subjects, lesson.fit.since, MOST_IMPRESSIONS)
    laid = lay_out(rows, subjects, lesson.features)
    tastes = preferences.infer(laid.choices, lesson.population)
    counts = np.diff(laid.choices.members)
    made = {}
    for at, subject in enumerate(subjects):
        enough = counts[at] >= Preference.LEAST
        liked, interests = lesson.likes.of(subject)
        made[subject] = Preference(
            member_id=subject,
            fit=lesson.fit,
            covers=covers.get(subject, 0),
            impressions=int(laid.impressions[at]),
            choices=int(counts[at]),
            theta=_rounded(tastes.theta[at]) if enough else [],
            deviation=_rounded(tastes.deviation[at]) if enough else [],
            likes=liked,
            interests=[asdict(each) for each in interests],
        )
    _write(made)


def _write(made: Mapping[UUID, Preference]) -> None:
    """Write the rows of those who are members still, held so that none of them goes meanwhile."""
    with transaction.atomic():
        here = Member.objects.filter(subject__in=made, merged_into=None, simulated=False)
        held = here.select_for_update(of=("self",), no_key=True).order_by("pk")
        rows = [made[subject] for subject in held.values_list("subject", flat=True)]
        Preference.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["member"], update_fields=_WRITTEN
        )


def _rounded(numbers: NDArray[Any]) -> list[float]:
    return [round(number, PLACES) for number in numbers.tolist()]
