"""A browser whose visitor signs in, and what has to be so of everything that was said in it."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import requests

from tests.processes import LiveStack
from tests.soak.caller import Caller
from tests.soak.ledger import Act, Ledger, Visit, now
from tests.soak.reconciliation import Row
from tests.soak.traffic import SETTLE_S, Person

SIGNS_IN = 0.8
MEMBER = "demo-member"
"""Who the demo's user of the role `member` is; nobody else in a soak signs in as them."""
FORM = re.compile(r"/items/([0-9a-f-]{36})/feedback/")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')

STORED = """
SELECT i.event, m.outside_id, k.times FROM feedback_interaction i JOIN curation_member m USING (subject)
  LEFT JOIN (SELECT event, count(*) AS times FROM feedback_eventkey GROUP BY event) AS k USING (event)
 WHERE i.event = ANY(%s)
"""
STARS = """
SELECT m.outside_id, r.item_id::text, r.stars FROM feedback_rating r
  JOIN curation_member m USING (subject) WHERE m.outside_id = ANY(%s)
"""
MERGED = """
SELECT m.outside_id, other.outside_id, (SELECT count(*) FROM feedback_merge g WHERE g.member_id = m.id)
  FROM curation_member m LEFT JOIN curation_member other ON other.id = m.merged_into_id
 WHERE m.outside_id = ANY(%s)
"""
LEFT_BEHIND = """
SELECT m.outside_id, count(*) FROM curation_member m
  JOIN (SELECT subject FROM feedback_interaction UNION ALL SELECT subject FROM feedback_rating
        UNION ALL SELECT subject FROM feedback_impression) AS kept USING (subject)
 WHERE m.merged_into_id IS NOT NULL GROUP BY 1
"""


class Visitor(Person):
    """Comes as nobody and rates; mostly signs in then, and rates on as the member; then somebody else comes.

    One thing at a time, each again until it is answered, so that the order of all that was said is known.
    """

    role = "member"
    pause_s = 0.25

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.login = self.client.logins[self.role]
        self.browser, self.page = self.caller, ""
        self.visit: Visit | None = None
        self.stay = 0

    def turn(self) -> None:
        """One step of the visit at hand."""
        visit = self.visit
        if visit is None:
            self._come()
        elif not self.page:
            self._look()
        elif visit.acts and not visit.acts[-1].answered:
            self._say(visit.acts[-1])
        elif visit.signs_in and not visit.signed_in and len(visit.acts) >= self.stay:
            self._sign_in(visit)
        elif len(visit.acts) < self.stay * (1 + visit.signs_in):
            self._rate(visit)
        else:
            self.visit = None

    def settle(self) -> None:
        """See the last visit to its end."""
        deadline = now() + SETTLE_S
        while self.visit is not None and now() < deadline:
            self.turn()
            time.sleep(self.pause_s)

    def _come(self) -> None:
        """A new browser: its first page is nobody's and brings the cookie."""
        self.browser, self.page = Caller(self.ledger, self.client.url), ""
        self._look()
        if self.page and self.browser.visitor:
            self.stay = self.chance.randint(2, 6)
            signs_in = self.chance.random() < SIGNS_IN
            self.visit = Visit(self.browser.visitor, signs_in)
            self.ledger.visits.append(self.visit)

    def _look(self) -> None:
        answer = self.browser.call("GET", "/")
        self.page = answer.text if answer is not None and answer.ok else ""

    def _rate(self, visit: Visit) -> None:
        items = FORM.findall(self.page)
        if not items:
            self._look()
            return
        nonce, stars = f"soak-{uuid4().hex[:16]}", self.chance.randint(1, 5)
        visit.acts.append(Act(nonce, self.chance.choice(items), stars))
        self._say(visit.acts[-1])

    def _say(self, act: Act) -> None:
        body = {"nonce": act.nonce, "stars": str(act.stars), "next": "/"}
        answer = self._post(f"/items/{act.item}/feedback/", body)
        act.answered = answer is not None and answer.status_code == requests.codes.found
        self._look()

    def _sign_in(self, visit: Visit) -> None:
        visit.asked_in = True
        visit.signed_in = self.browser.sign_in(self.login)
        self._look()

    def _post(self, path: str, body: dict[str, str]) -> requests.Response | None:
        token = TOKEN.search(self.page)
        sent = {"csrfmiddlewaretoken": token[1] if token else "", **body}
        referer = {"Referer": f"{self.client.url}/"}
        return self.browser.call("POST", path, data=sent, headers=referer)


def visited(stack: LiveStack, ledger: Ledger) -> Iterator[Row]:
    """Whether what was said in each browser is there once and belongs to who it turned out to be."""
    acts = [act.event for visit in ledger.visits for act in visit.acts]
    names = [MEMBER, *(visit.visitor for visit in ledger.visits)]
    stored = stack.rows(STORED, acts)
    yield Row(
        "a visitor's acts are there once, the member's after the sign-in",
        len(acts),
        belonging(ledger.visits, stored),
    )
    merged = [visit for visit in ledger.visits if visit.signed_in]
    missed = unmerged(merged, stack.rows(MERGED, names))
    missed += [f"{name} keeps {count} rows" for name, count in stack.rows(LEFT_BEHIND)]
    yield Row("who signed in is one member, who left nothing behind", len(merged), missed)
    stars = {(name, item): value for name, item, value in stack.rows(STARS, names)}
    expected = last_said(ledger.visits)
    missed = [
        f"{pair}: {stars.get(pair)} for {value}"
        for pair, value in expected.items()
        if stars.get(pair) != value
    ]
    yield Row("their stars are what they said last", len(expected), missed)


def belonging(visits: list[Visit], stored: list[tuple[Any, ...]]) -> list[str]:
    """Acts that are not there exactly once, or belong to somebody else; rows are (event, owner, keys)."""
    times = Counter(event for event, _owner, _keys in stored)
    found = {event: (owner, keys) for event, owner, keys in stored}
    missed = []
    for visit in visits:
        for act in visit.acts:
            count, (owner, keys) = times[act.event], found.get(act.event, ("nobody", 0))
            if count != 1 or keys != 1:
                missed += [f"{act.event}: {count} times"] if act.answered or count else []
            elif owner not in _owners(visit):
                missed.append(f"{act.event} of {visit.visitor} belongs to {owner}")
    return missed


def _owners(visit: Visit) -> set[str]:
    """Whose the acts are; who asked to be let in and got no answer may be either."""
    if visit.signed_in:
        return {MEMBER}
    return {visit.visitor, MEMBER} if visit.asked_in else {visit.visitor}


def unmerged(visits: list[Visit], rows: list[tuple[Any, ...]]) -> list[str]:
    """Visitors who signed in and were not merged into the member once; rows are (visitor, into, merges)."""
    merged = {name: (into, merges) for name, into, merges in rows}
    return [
        f"{visit.visitor}: {merged.get(visit.visitor, 'unknown')}"
        for visit in visits
        if merged.get(visit.visitor) != (MEMBER, 1)
    ]


def last_said(visits: list[Visit]) -> dict[tuple[str, str], int]:
    """The stars that hold by member and item: visits came one after the other, and so did their acts."""
    said: dict[tuple[str, str], int] = {}
    for visit in visits:
        owner = MEMBER if visit.signed_in else visit.visitor
        if visit.signed_in == visit.asked_in:
            said |= {(owner, act.item): act.stars for act in visit.acts if act.answered}
    return said
