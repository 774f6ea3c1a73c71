"""A decision is over at its instant: no job ends it, whoever reads next is not shown it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from curation.actions import Terms, pin_item, publish_decision
from curation.models import PolicyVersion, Surface
from tests.processes import wait_until
from tests.recsys.slates.asking import ids, new_member, person, serve

pytestmark = pytest.mark.usefixtures("realtime")


def test_what_is_over_is_not_shown_as_fresh_though_nobody_published(world, newcomer):
    ada, curator = new_member(outside_id=newcomer), person("curator")
    usual = ids(serve(ada.outside_id))
    last = next(item for item in world.items if item.outside_id == usual[-1])
    until = timezone.now() + timedelta(seconds=8)
    draft = pin_item(
        actor=curator,
        surface=Surface.objects.get(pk="home"),
        item=last,
        slot=1,
        terms=Terms(reason="for a moment", until=until),
    )
    publish_decision(actor=curator, draft=draft)
    served = serve(ada.outside_id)
    if timezone.now() < until:
        assert (ids(served)[0], served.mode) == (last.outside_id, "fresh")
    wait_until(lambda: timezone.now() >= until, "the pin is over", 20)
    later = serve(ada.outside_id)
    assert (ids(later), later.mode) == (usual, "fresh")
    assert PolicyVersion.objects.filter(surface="home").count() == 1
