"""What slates are expected to hold: each way of it judged by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curation.decisions.specs import claim_spec, make_claim
from curation.fusion.columns import Column, Kind
from curation.fusion.expectations import MOST_TOLD, Claim, Way, judge
from curation.fusion.matching import Table
from tests.curation.fusion.cases import genre, item, items_of, simple_case
from tests.curation.fusion.properties import fused

WAR = genre("War")
GENRES = (("War",), ("Comedy",), ("War", "Comedy"), (), ("Comedy",))


def table(*genres):
    columns = {"genres": Column.of(Kind.TAGS, genres)}
    index = {item(number).bytes: row for row, number in enumerate(range(1, len(genres) + 1))}
    return Table(len(genres), columns, index)


def judged(claim, *, reserve=0, genres=GENRES):
    """Items 1, 2, … in this order; the last ones stand in the reserve."""
    size = len(genres)
    case = simple_case(*map(float, range(size, 0, -1)))
    surface = replace(case.policy.surface, depth=size - reserve, reserve=reserve)
    case = replace(case, policy=replace(case.policy, surface=surface))
    return judge(claim, fused(case), table(*genres))


def told(found):
    return [each.item.int for each in found.told]


def test_what_must_never_be_there_is_found_and_named():
    found = judged(Claim(Way.NEVER, WAR))
    assert (found.met, found.held, told(found)) == (False, 2, [1, 3])
    assert judged(Claim(Way.NEVER, items_of(99))).met


def test_never_looks_into_the_reserve_unless_it_is_about_the_first_slots():
    fifth = items_of(5)
    assert told(judged(Claim(Way.NEVER, fifth), reserve=2)) == [5]
    assert judged(Claim(Way.NEVER, fifth, first=3), reserve=2).met
    assert judged(Claim(Way.AT_MOST, genre("Comedy"), 2), reserve=2).held == 2


@pytest.mark.parametrize(("count", "met"), [(1, False), (2, True)])
def test_at_most_so_many_may_stand_there(count, met):
    found = judged(Claim(Way.AT_MOST, WAR, count))
    assert (found.met, found.held, told(found)) == (met, 2, [] if met else [1, 3])


@pytest.mark.parametrize(("first", "met"), [(2, False), (3, True)])
def test_at_least_so_many_must_stand_in_the_first_slots(first, met):
    found = judged(Claim(Way.AT_LEAST, WAR, 2, first))
    assert (found.met, found.held) == (met, 1 if first == 2 else 2)


def test_where_too_few_stand_it_tells_what_stands_there_instead():
    found = judged(Claim(Way.AT_LEAST, items_of(5), 1, 3))
    assert told(found) == [1, 2, 3]
    many = judged(Claim(Way.AT_LEAST, items_of(99), 1), genres=[()] * (MOST_TOLD + 5))
    assert len(many.told) == MOST_TOLD


def test_an_empty_slate_meets_never_and_not_at_least():
    case = simple_case(1.0)
    slate = replace(fused(case), placements=(), reserve=())
    assert judge(Claim(Way.NEVER, WAR), slate, table(("War",))).met
    assert not judge(Claim(Way.AT_LEAST, WAR, 1), slate, table(("War",))).met


@pytest.mark.parametrize(
    ("way", "count", "first"),
    [
        (Way.NEVER, 1, None),
        (Way.AT_MOST, 0, None),
        (Way.AT_LEAST, 0, 5),
        (Way.AT_LEAST, 6, 5),
        (Way.AT_LEAST, 201, None),
        (Way.AT_MOST, -1, None),
        (Way.NEVER, 0, 0),
        (Way.NEVER, 0, 201),
    ],
)
def test_a_claim_that_cannot_be_is_refused(way, count, first):
    with pytest.raises(ValueError, match=r"slots|number"):
        Claim(way, WAR, count, first)


def test_a_claim_is_stored_and_read_back_and_one_whose_field_is_gone_is_refused():
    claim = Claim(Way.AT_LEAST, WAR, 1, 5)
    assert make_claim(claim_spec(claim), {"genres": Kind.TAGS}) == claim
    with pytest.raises(ValueError, match="no field 'genres'"):
        make_claim(claim_spec(claim), {})
