"""The people of a soak: members, an importer, curators, an operator, readers of pages; each is a thread."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.acceptance.client import Client
from tests.soak.caller import Caller
from tests.soak.ledger import Ban, Json, Ledger, Publication, now

RETRY_S = 0.3
SETTLE_S = 90.0
KINDS = ("rating", "rating", "rating", "like", "dislike", "favourite", "not_interested",
    "click", "view", "share", "purchase")  # fmt: skip
ENDS = frozenset({"succeeded", "failed", "cancelled"})


class Person(threading.Thread):
    """Somebody who does one thing after the other until told to stop, then settles what is open."""

    role = "client"
    pause_s = 0.0

    def __init__(self, name: str, ledger: Ledger, client: Client, seen: deque[str]) -> None:
        super().__init__(name=name, daemon=True)
        self.ledger, self.client, self.seen = ledger, client, seen
        self.chance = random.Random(name)
        self.caller = Caller(ledger, client.url, client.tokens[self.role])
        self.over = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.over.wait(self.pause_s):
                self.turn()
            self.settle()
        except BaseException as failure:  # noqa: BLE001  told by the main thread
            self.failure = failure

    def turn(self) -> None:
        raise NotImplementedError

    def settle(self) -> None:
        """End what was begun."""


class Teller(Person):
    """Sends events, the very same again where no answer came, until each has one."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.made = 0
        self.begun = datetime.now(UTC) - timedelta(hours=1)
        self.unanswered: list[list[Json]] = []
        self.undone: set[str] = set()

    def event(self, member: str, kind: str, **more: Any) -> Json:
        """A new event; its instant is its own, so that the order of all is known."""
        self.made += 1
        at = self.begun + timedelta(milliseconds=self.made)
        event = {"event": f"{self.name}-{self.made}", "member": member, "kind": kind}
        event |= {"occurred_at": at.isoformat(), **more}
        self.ledger.told[event["event"]] = event
        return event

    def tell(self, events: list[Json], **query: Any) -> bool:
        """Send them in one body; kept for later where no answer came."""
        asked = now()
        answer = self.caller.call(
            "POST", "/api/v1/interactions/", params=query, json={"interactions": events}
        )
        if answer is None or answer.status_code != requests.codes.ok:
            self.unanswered.append(events)
            return False
        told = answer.json()
        for event, result in zip(events, told["results"], strict=True):
            self._note(event, result)
        if "recommendations" in told:
            self.caller.saw(events[0]["member"], told["recommendations"], asked)
        return True

    def _note(self, event: Json, result: Json) -> None:
        if result["status"] == "rejected":
            self.ledger.refused[event["event"]] = str(result)
            return
        self.ledger.acknowledged.add(event["event"])
        # An undo may be there before what it undoes, which then never holds.
        if event["kind"] == "not_interested" and event["event"] not in self.undone:
            self.ledger.bans.append(Ban(event["item"], now(), event["member"]))

    def again(self) -> None:
        waiting, self.unanswered = self.unanswered, []
        for events in waiting:
            if not self.tell(events):
                time.sleep(RETRY_S)

    def settle(self) -> None:
        deadline = now() + SETTLE_S
        while self.unanswered and now() < deadline:
            self.again()


class Members(Teller):
    """Look at slates, say what they think of items, and take some of it back."""

    pause_s = 0.02

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.members = [f"{self.name}-member-{n}" for n in range(25)]
        self.past: dict[str, list[Json]] = {}

    def turn(self) -> None:
        self.again()
        member = self.chance.choice(self.members)
        slate = self.caller.recommend(member)
        if not slate or not slate["placements"]:
            return
        items = [each["item"] for each in slate["placements"]]
        self.seen.extend(items[:3])
        events = [self._opinion(member, items) for _ in range(self.chance.randint(1, 3))]
        if self.chance.random() < 0.25 and self.past.get(member):
            events.append(self._regret(member))
        more = {"refresh": "home"} if self.chance.random() < 0.5 else {}
        self.tell(events, **more)

    def _opinion(self, member: str, items: list[str]) -> Json:
        kind = self.chance.choice(KINDS)
        earlier = [each["item"] for each in self.past.get(member, [])]
        item = self.chance.choice(earlier if earlier and self.chance.random() < 0.3 else items)
        event = self.event(member, kind, item=item, **self._value(kind))
        self.past.setdefault(member, []).append(event)
        return event

    def _value(self, kind: str) -> Json:
        """Stars, yes or no, seconds or an amount."""
        bounds = {"rating": (1, 5), "favourite": (0, 1), "view": (0, 600), "purchase": (1, 90)}
        return {"value": self.chance.randint(*bounds[kind])} if kind in bounds else {}

    def _regret(self, member: str) -> Json:
        undone = self.past[member].pop(self.chance.randrange(len(self.past[member])))
        for ban in self.ledger.bans:  # it may be seen again from the moment at which we ask
            if (ban.item, ban.member) == (undone.get("item"), member):
                ban.until = min(ban.until, now())
        self.undone.add(undone["event"])
        return self.event(member, "undo", undoes=undone["event"])


class Importer(Teller):
    """Sends hundreds of ratings at once."""

    pause_s = 1.0

    def turn(self) -> None:
        self.again()
        items = list(self.seen)
        if not items:
            return
        self.tell(
            [
                self.event(
                    f"{self.name}-member-{self.chance.randrange(200)}",
                    "rating",
                    item=self.chance.choice(items),
                    value=self.chance.randint(1, 5),
                )
                for _ in range(self.chance.randint(50, 300))
            ]
        )


class Curator(Person):
    """Blocks, pins and boosts for a while, and rolls the home page back now and then."""

    role = "curator"
    pause_s = 2.0

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.open: deque[tuple[Publication, Ban | None]] = deque()

    def turn(self) -> None:
        if not self.seen:
            return
        if len(self.open) > 4:
            self._end()
        elif self.chance.random() < 0.1:
            self._roll_back()
        else:
            self._decide(self.chance.choice(["block", "block", "pin", "rule"]))

    def settle(self) -> None:
        deadline = now() + SETTLE_S
        while self.open and now() < deadline:
            self._end()

    def _decide(self, kind: str) -> None:
        item = self.chance.choice(list(self.seen))
        content: Json = {"item": item}
        if kind == "pin":
            content |= {"surface": "home", "slot": self.chance.randint(2, 9)}
        if kind == "rule":
            where = {"all": [{"field": "genres", "op": "has", "value": "War"}]}
            content = {"surface": "home", "effect": "boost", "strength": 1, "where": where}
        body = {"kind": kind, "publish": True, "reason": self.name, **content}
        answer = self.caller.call("POST", "/api/v1/decisions/", json=body)
        if answer is None or answer.status_code != requests.codes.created:
            return  # refused (a pin on a blocked item), or unknown: nothing is promised
        told = answer.json()
        publication = Publication(told["id"], kind, told["versions"])
        self.ledger.publications.append(publication)
        ban = Ban(item, now()) if kind == "block" else None
        if ban:
            self.ledger.bans.append(ban)
        self.open.append((publication, ban))

    def _end(self) -> None:
        publication, ban = self.open[0]
        if ban:
            ban.until = min(ban.until, now())
        path = f"/api/v1/decisions/{publication.decision}/end/"
        body = {"reason": f"{self.name} is through", "publish": True}
        answer = self.caller.call("POST", path, json=body)
        if answer is None:
            time.sleep(RETRY_S)
            return
        # Refused: it is over already, since the answer to an earlier call was lost or a roll back took it.
        self.open.popleft()
        publication.ended = answer.status_code == requests.codes.ok

    def _roll_back(self) -> None:
        body = {"surface": "home", "reason": self.name}
        answer = self.caller.call("POST", "/api/v1/policy/rollback/", json=body)
        if answer is not None and answer.status_code == requests.codes.ok:
            self.ledger.roll_backs.append(("home", answer.json()["versions"]["home"]))


class Operator(Person):
    """Launches runs of every length and cancels some."""

    role = "operator"
    pause_s = 4.0

    def turn(self) -> None:
        if len(self._open()) < 2:
            self._launch()
        elif self.chance.random() < 0.3:
            self._cancel(self.chance.choice(self._open()))

    def settle(self) -> None:
        """The last ones are left to end by themselves, but for those of hours."""

    def _open(self) -> list[str]:
        known = list(self.ledger.runs)[-4:]
        return [run for run in known if self._state(run) not in ENDS]

    def _state(self, run: str) -> str:
        answer = self.caller.call("GET", f"/api/v1/runs/{run}/")
        return answer.json()["state"] if answer is not None and answer.ok else "unknown"

    def _launch(self) -> None:
        family, parameters = self.chance.choice(
            [("popularity", {}), ("item_knn", {}), ("dot", {"epochs": 6})]
        )
        body = {"family": family, "parameters": parameters}
        answer = self.caller.call("POST", "/api/v1/runs/", json=body)
        if answer is not None and answer.status_code == requests.codes.accepted:
            self.ledger.runs[answer.json()["id"]] = False

    def _cancel(self, run: str) -> None:
        answer = self.caller.call("POST", f"/api/v1/runs/{run}/cancel/")
        if answer is not None and answer.ok:
            self.ledger.runs[run] = True


class Reader(Person):
    """Signs in, and looks at every page that the role has."""

    role = "administrator"
    pause_s = 0.5
    pages = ("/", "/report/", "/admin/", "/admin/desk/", "/admin/runs/", "/admin/runs/models/")

    def __init__(self, name: str, ledger: Ledger, client: Client, seen: deque[str]) -> None:
        super().__init__(name, ledger, client, seen)
        self.caller = Caller(ledger, client.url)
        self.login = client.logins[self.role]
        self.inside = False

    def turn(self) -> None:
        self.inside = self.inside or self.caller.sign_in(self.login)
        if self.inside:
            self.caller.call("GET", self.chance.choice(self.pages))
