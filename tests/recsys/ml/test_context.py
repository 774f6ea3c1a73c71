"""Popularity by time: what is liked at an hour and on a weekday comes first when it is asked then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from recsys.ml.configs import ContextConfig, PopularityConfig
from recsys.ml.configuration import parse
from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.evaluation.asking import ALL, cases_after, cases_from
from recsys.ml.scorer import Training
from recsys.ml.scorers import context, popularity
from recsys.ml.scorers.context import Context, clock
from recsys.ml.splits.temporal import leave_one_out
from tests.recsys.ml.scorer_contract import ScorerContract
from tests.recsys.ml.two_tastes import world

ITEMS = Vocabulary.of(["news", "film", "mass"])
MONDAY = datetime(2024, 5, 6, tzinfo=UTC)


class TestContextKeepsTheContract(ScorerContract):
    family = "context"


def habits() -> Interactions:
    """News at 7, films at 21, every day of four weeks; mass at 7 on Sundays, by three members each."""
    rows = []
    for day in range(28):
        at = MONDAY + timedelta(days=day)
        rows += [(f"n{day}{n}", "news", at + timedelta(hours=7)) for n in range(3)]
        rows += [(f"f{day}{n}", "film", at + timedelta(hours=21)) for n in range(3)]
        if at.weekday() == 6:
            rows += [(f"s{day}{n}", "mass", at + timedelta(hours=7)) for n in range(3)]
    members, items, times = zip(*rows, strict=True)
    return Interactions.of(members, items, [1.0] * len(rows), [each.timestamp() for each in times])


def fitted(**given: object) -> Context:
    settings = {"half_life_days": 36_500.0, "habit_days": 36_500.0, "shrink": 1.0, **given}
    return context.fit(parse(ContextConfig, settings), habits(), ITEMS, Training())


def asked(scorer: Context, instant: datetime | None) -> dict[str, float]:
    history = History.of((), None if instant is None else instant.timestamp())
    row = scorer.score([history], ITEMS)[0].tolist()
    return dict(zip(map(str, ITEMS.ids), row, strict=True))


def test_each_hour_brings_what_is_liked_then():
    scorer = fitted()
    morning = asked(scorer, MONDAY + timedelta(days=30, hours=7, minutes=40))
    evening = asked(scorer, MONDAY + timedelta(days=30, hours=21))
    assert morning["news"] > 3 * morning["film"]
    assert evening["film"] > 3 * evening["news"]


def test_each_weekday_brings_what_is_liked_then():
    scorer = fitted()
    sunday, tuesday = (asked(scorer, MONDAY + timedelta(days=at, hours=7)) for at in (34, 29))
    assert sunday["mass"] > 4 * tuesday["mass"]
    assert sunday["news"] < tuesday["news"]


def test_an_hour_lends_to_those_beside_it():
    scorer = fitted()
    eight, noon = (asked(scorer, MONDAY + timedelta(days=29, hours=at)) for at in (8, 12))
    assert eight["news"] > eight["film"]
    assert noon["news"] == pytest.approx(noon["film"], rel=0.2)


def test_without_an_instant_it_is_popularity():
    plain = popularity.fit(PopularityConfig(half_life_days=36_500.0), habits(), ITEMS, Training())
    row = plain.score([History.of(())], ITEMS)[0].tolist()
    assert list(asked(fitted(), None).values()) == pytest.approx(row)


def test_a_strong_pull_leaves_popularity():
    still = asked(fitted(shrink=100_000.0), MONDAY + timedelta(hours=7))
    assert list(still.values()) == pytest.approx(list(asked(fitted(), None).values()), rel=0.01)


def test_what_was_counted_is_set_beside_what_would_be_expected():
    """Of 180 interactions 96 are at 7 in the morning, and 84 of them are news."""
    scorer = fitted(shrink=1.0)
    at_seven = 96 / 180
    news, film, mass = scorer.items.indexes(ITEMS.ids)
    assert scorer.hours[7, news] == pytest.approx((84 + 1) / (84 * at_seven + 1), rel=1e-3)
    assert scorer.hours[7, film] == pytest.approx(1 / (84 * at_seven + 1), rel=1e-3)
    assert scorer.weekdays[6, mass] == pytest.approx((12 + 1) / (12 * 36 / 180 + 1), rel=1e-3)


@pytest.mark.parametrize(
    ("offset", "hour", "weekday"), [(0.0, 22, 6), (8.0, 6, 0), (-12.0, 10, 6), (5.5, 3, 0)]
)
def test_the_clock_is_that_of_the_members(offset, hour, weekday):
    sunday = datetime(2024, 5, 12, 22, 15, tzinfo=UTC).timestamp()
    hours, days = clock(ContextConfig(offset_hours=offset), np.array([sunday]))
    assert (hours[0], days[0]) == (hour, weekday)


def test_a_question_is_asked_when_its_first_target_came_about():
    rows = world()
    cut = float(np.quantile(rows.times, 0.7))
    for case in cases_after(rows, cut, targets=ALL):
        own = rows.history(case.member)
        assert case.history.asked == own.times[own.items.index(case.targets[0])] >= cut
    for case in cases_from(*leave_one_out(rows)):
        assert case.history.asked == rows.history(case.member).times[-1]


def test_an_explanation_is_of_the_instant():
    scorer = fitted()
    for hour in (7, 21):
        instant = (MONDAY + timedelta(hours=hour)).timestamp()
        history = replace(History.of([("news", 1.0, 0.0)]), asked=instant)
        told = scorer.explain(history, "film")
        assert told is not None
        assert told.base == pytest.approx(float(scorer.score([history], ITEMS)[0, 1]))
