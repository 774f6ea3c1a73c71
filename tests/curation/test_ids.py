"""Ids that are made at once."""

from __future__ import annotations

import pytest

from curation.ids import new_id, new_ids


def test_ids_made_at_once_lie_in_their_order_between_those_made_before_and_after():
    before, made, after = new_id(), new_ids(1000), new_id()
    assert [before, *made, after] == sorted({before, *made, after})
    assert {each.version for each in made} == {7}
    assert len({str(each)[:13] for each in made}) == 1  # of one instant


def test_no_more_ids_are_made_at_once_than_can_be_counted():
    with pytest.raises(ValueError, match="at once"):
        new_ids(65_537)
