"""Change sets that are published on schedule, and what has to be so of each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import requests

from tests.processes import LiveStack
from tests.soak.ledger import Json, Ledger, Plan, now
from tests.soak.reconciliation import Row
from tests.soak.traffic import RETRY_S, SETTLE_S, Person

AT_ONCE = 3
LATE_S = 20.0
"""Seconds of calm in which the beat and a worker, just started perhaps, find what is due."""

PUBLISHED = """
SELECT s.id::text, extract(epoch FROM s.published_at)::float8, s.refusal::text,
       (SELECT count(DISTINCT e.published_at) FROM curation_changesetevent e
         WHERE e.pgh_obj_id = s.id AND e.published_at IS NOT NULL),
       (SELECT count(*) FROM curation_policyversion v
         WHERE v.surface_id = 'home' AND v.published_at = s.published_at),
       (SELECT count(*) FROM curation_policyentry e JOIN curation_policyversion v ON v.id = e.version_id
          JOIN curation_revision r ON r.id = e.revision_id
         WHERE v.published_at = s.published_at AND r.change_set_id = s.id)
  FROM curation_changeset s WHERE s.id = ANY(%s::uuid[])
"""


class Planner(Person):
    """Drafts rules in sets of their own, plans when they are published, and ends them once they were."""

    role = "curator"
    pause_s = 1.5

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.made = 0
        self.open: list[Plan] = []

    def turn(self) -> None:
        """Look after what is due, else plan one more."""
        if due := self._due():
            self._look_after(due[0])
        elif len(self.open) < AT_ONCE:
            self._plan()

    def settle(self) -> None:
        """Wait until all were published, and end what they decided."""
        deadline = now() + SETTLE_S
        while self.open and now() < deadline:
            for plan in self._due():
                self._look_after(plan)
            time.sleep(RETRY_S)

    def _due(self) -> list[Plan]:
        return [plan for plan in self.open if plan.at < time.time()]

    def _plan(self) -> None:
        self.made += 1
        name = f"{self.name}-{self.made}"
        decisions = [self._draft(name, effect) for effect in ("boost", "bury")]
        home = self._ask("POST", "/api/v1/change-sets/", {"name": name})
        if home is None or None in decisions:
            return  # an open set of drafts stays behind, which nobody publishes
        plan = Plan(home["id"], [str(key) for key in decisions])
        while self._schedule(plan) is None and not self.over.is_set():
            time.sleep(RETRY_S)

    def _draft(self, name: str, effect: str) -> str | None:
        where = {"all": [{"field": "genres", "op": "has", "value": "War"}]}
        rule: Json = {"kind": "rule", "surface": "home", "effect": effect, "where": where}
        body = {**rule, "strength": 0.2, "change_set": name, "reason": self.name}
        told = self._ask("POST", "/api/v1/decisions/", body)
        return told["id"] if told else None

    def _schedule(self, plan: Plan) -> requests.Response | None:
        """Asked again, it is for a later instant: whether or not an earlier plan was taken, the last one holds."""
        at = time.time() + self.chance.uniform(8, 25)
        body = {"at": datetime.fromtimestamp(at, UTC).isoformat(), "reason": self.name}
        path = f"/api/v1/change-sets/{plan.change_set}/schedule/"
        answer = self.caller.call("POST", path, json=body)
        if answer is not None and answer.ok:
            plan.at = at
            self.open.append(plan)
            self.ledger.plans.append(plan)
        return answer

    def _look_after(self, plan: Plan) -> None:
        told = self._ask("GET", f"/api/v1/change-sets/{plan.change_set}/")
        if told is None or told["state"] == "open":
            return
        for decision in plan.decisions:
            body = {"reason": f"{self.name} is through", "publish": True}
            answer = self.caller.call("POST", f"/api/v1/decisions/{decision}/end/", json=body)
            if answer is None:
                return
        self.open.remove(plan)

    def _ask(self, method: str, path: str, body: Json | None = None) -> Json | None:
        answer = self.caller.call(method, path, json=body)
        if answer is None or not answer.ok:
            return None
        return dict(answer.json())


def planned(stack: LiveStack, ledger: Ledger) -> Iterator[Row]:
    """Whether each planned set was published once, whole, and neither early nor late."""
    rows = {row[0]: row[1:] for row in stack.rows(PUBLISHED, [p.change_set for p in ledger.plans])}
    missed = [
        f"{plan.change_set} {trouble}"
        for plan in ledger.plans
        if (trouble := trouble_of(plan, ledger, rows[plan.change_set]))
    ]
    late = [row[0] - plan.at for plan in ledger.plans if (row := rows[plan.change_set])[0]]
    told = f"each planned set is published once, at its time (the latest {max(late, default=0):.0f} s after)"
    yield Row(told, len(ledger.plans), missed)


def trouble_of(plan: Plan, ledger: Ledger, row: tuple[Any, ...]) -> str:
    """What is wrong with a plan; a row is (when it was published, its refusal, publishes, versions, decisions)."""
    at, refusal, publishes, versions, decisions = row
    if at is None:
        return f"was not published: {refusal}"
    if (publishes, versions, decisions) != (1, 1, len(plan.decisions)):
        return f"was published {publishes} times in {versions} versions with {decisions} decisions"
    if at < plan.at:
        return f"was published {plan.at - at:.1f} s early"
    calm_s = ledger.calm_s(plan.at, at)
    return f"was published after {calm_s:.1f} s of calm" if calm_s > LATE_S else ""
