"""Segments across processes: a rating puts a member into one, and its decisions hold in the next slate."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
import requests

from tests.processes import LiveStack

PATIENCE_S = 30.0
SOURCE = f"segments-{uuid4().hex[:8]}"
_TOKEN = f"""
from curation.people.access import issue_token
from curation.models import User
from django.contrib.auth.models import Group
user = User.objects.create(username="{SOURCE}")
user.groups.set(Group.objects.filter(name__in=["curator", "client"]))
print(issue_token(user, "{SOURCE}"))
"""


class Api:
    """The API of the running product, for somebody who curates and tells."""

    def __init__(self, stack: LiveStack) -> None:
        self.url = stack.url
        token = stack.manage("shell", "-c", _TOKEN).split()[-1]
        self.headers = {"Authorization": f"Token {token}"}

    def __call__(self, method, path, body=None, **query):
        deadline = time.monotonic() + PATIENCE_S
        while (answer := self._ask(method, path, body, query)).status_code == 503:
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.2)  # another test has just killed the database
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def _ask(self, method, path, body, query):
        url = f"{self.url}/api/v1/{path}"
        return requests.request(
            method, url, json=body, params=query, headers=self.headers, timeout=30
        )

    def decide(self, **decision):
        return self("POST", "decisions/", {"publish": True, "reason": "a test", **decision})

    def slate(self, member):
        asked = {"member": member, "surface": "home", "size": 50, "wait_ms": 10_000}
        return self("GET", "recommendations/", **asked)

    def tell(self, member, item, kind, value=None):
        event = {"event": uuid4().hex, "member": member, "item": item, "kind": kind}
        told = event | ({"value": value} if value else {})
        return self("POST", "interactions/", {"interactions": [told]})


@pytest.fixture(scope="module")
def api(live_stack: LiveStack):
    found = Api(live_stack)
    films = [{"item": f"{SOURCE}-{n}", "title": f"Film {n}"} for n in range(8)]
    found("PUT", "items/", {"items": films})
    found("PUT", "members/", {"members": [{"member": "nobody"}]})
    return found


def segment(api, name, query):
    slug = f"{SOURCE}-{name}"
    api("PUT", f"segments/{slug}/", {"name": name, "query": query, "confirm": True})
    return slug


def film(number):
    return f"{SOURCE}-{number}"


def first(slate):
    return slate["placements"][0]["item"]


def test_a_rating_changes_the_segment_and_the_next_slate_obeys_its_decisions(api):
    raters = segment(api, "raters", {"field": "ratings", "op": "ge", "value": 2})
    api.decide(kind="pin", surface="home", item=film(7), slot=1, segment=raters)
    api.decide(kind="rule", surface="home", effect="exclude", items=[film(5)], segment=raters)
    api.tell("ada", film(0), "rating", 5)
    before = api.slate("ada")
    assert first(before) != film(7)
    assert film(5) in [each["item"] for each in before["placements"]]
    api.tell("ada", film(1), "rating", 4)
    after = api.slate("ada")
    assert after["mode"] == "fresh"
    assert first(after) == film(7)
    assert film(5) not in [each["item"] for each in after["placements"]]
    assert after["versions"]["segments"] == before["versions"]["segments"] + 1


def test_behaviour_is_counted_and_the_slate_follows(api, live_stack: LiveStack):
    clickers = segment(api, "clickers", {"field": "clicks", "op": "ge", "value": 2})
    api.decide(kind="pin", surface="home", item=film(6), slot=1, segment=clickers)
    for number in range(2):
        api.tell("bob", film(number), "click")
    # A worker does it when its turn comes, which other tests of this stack may put off for long.
    live_stack.manage("shell", "-c", "from feedback import behaviour; behaviour.roll_up()")
    deadline = time.monotonic() + 90
    while first(api.slate("bob")) != film(6):
        assert time.monotonic() < deadline, api("GET", f"segments/{clickers}/")
        time.sleep(0.5)
    assert first(api.slate("carol")) != film(6)
    told = api("GET", f"segments/{clickers}/")
    assert told["size"] in (0, 1), "the version is sealed by the next refresh"
