"""Interest tags: what a member likes more than others do, and no more than few likes can say."""

from __future__ import annotations

import pytest

from recsys.ml.members.interests import interests, shares

EVERYBODY = {"drama": 0.5, "western": 0.05, "war": 0.1}


def liked(*tags: str, weight: float = 1.0):
    return [(each.split(), weight) for each in tags]


def test_a_tag_is_an_interest_by_how_much_oftener_it_is_liked_than_by_everybody():
    told = interests(liked(*["drama western"] * 5, *["drama"] * 5), EVERYBODY, shrink=10.0)
    assert [(each.tag, each.likes) for each in told] == [("western", 5), ("drama", 10)]
    lifts = [(5 + 0.5) / 20 / 0.05, (10 + 5) / 20 / 0.5]
    assert [each.lift for each in told] == pytest.approx(lifts)


def test_what_is_liked_as_by_everybody_or_less_is_no_interest():
    assert not interests(liked(*["drama"] * 5, *["quiet"] * 5), EVERYBODY)
    assert not interests(liked("drama", "drama", *["quiet"] * 8), EVERYBODY)


def test_one_like_is_no_interest_and_few_likes_say_less_than_many():
    assert not interests(liked("western"), EVERYBODY)
    few, many = (interests(liked(*["war"] * n), EVERYBODY)[0].lift for n in (2, 50))
    assert 1 < few < many < 1 / EVERYBODY["war"]


def test_a_tag_that_nobody_is_known_to_like_has_no_rate_to_be_held_against():
    assert not interests(liked(*["strange"] * 9), EVERYBODY)
    assert not interests([], EVERYBODY)
    assert not interests(liked(*["war"] * 9), {})


def test_a_tag_that_stands_twice_at_an_item_counts_once_and_what_faded_weighs_less():
    assert interests(liked(*["war war"] * 3), EVERYBODY) == interests(
        liked(*["war"] * 3), EVERYBODY
    )
    fresh, faded = (
        interests(liked(*["war"] * 3, weight=weight), EVERYBODY)[0].lift for weight in (1.0, 0.2)
    )
    assert 1 < faded < fresh


def test_only_the_strongest_are_told_and_ties_go_by_the_alphabet():
    told = interests(liked(*["b a", "a b"] * 3), {"a": 0.1, "b": 0.1}, most=1)
    assert [each.tag for each in told] == ["a"]


def test_shares_of_everybody_weigh_likes():
    told = shares([(["war"], 1.0), (["war", "drama"], 0.5), ([], 0.5)])
    assert told == {"war": 0.75, "drama": 0.25}
    assert shares([]) == shares([(["war"], 0.0)]) == {}
