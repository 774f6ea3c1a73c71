"""A script that uses the API from outside, with nothing but `demo.json`."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import requests

Json = dict[str, Any]
IN_TIME_S = 5.0
"""How long anybody waits for an answer while a server is frozen, also on a busy machine."""


@dataclass
class Client:
    """What `demo.json` holds, and the calls that scripts make."""

    url: str
    logins: dict[str, dict[str, str]]
    tokens: dict[str, str]
    patience_s: float = 30
    """How long an answer may take."""

    def call(self, method: str, path: str, role: str = "client", **more: Any) -> requests.Response:
        headers = {"Authorization": f"Token {self.tokens[role]}"}
        return requests.request(
            method,
            f"{self.url}{path}",
            headers=headers,
            timeout=self.patience_s,
            allow_redirects=False,
            **more,
        )

    def recommend(self, member: str, *, surface: str = "home", size: int = 10, **more: Any) -> Json:
        asked = {"member": member, "surface": surface, "size": size, "wait_ms": 5000} | more
        return self._ok(self.call("GET", "/api/v1/recommendations/", params=asked))

    def tell(self, *interactions: Json, size: int = 10, refresh: str | None = "home") -> Json:
        query = {"refresh": refresh, "size": size, "wait_ms": 5000} if refresh else {}
        body = {"interactions": list(interactions)}
        return self._ok(self.call("POST", "/api/v1/interactions/", params=query, json=body))

    def decide(self, role: str = "curator", **decision: Any) -> Json:
        body = {"publish": True, "reason": "acceptance"} | decision
        answer = self.call("POST", "/api/v1/decisions/", role, json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def end(self, decision: str, role: str = "curator") -> Json:
        body = {"reason": "acceptance is over", "publish": True}
        return self._ok(self.call("POST", f"/api/v1/decisions/{decision}/end/", role, json=body))

    def trace(self, slate: str) -> Json:
        return self._ok(self.call("GET", f"/api/v1/slates/{slate}/", "curator"))

    def run(self, identifier: str) -> Json:
        return self._ok(self.call("GET", f"/api/v1/runs/{identifier}/", "operator"))

    def launch(self, family: str, **parameters: Any) -> str:
        body = {"family": family, "parameters": parameters}
        answer = self.call("POST", "/api/v1/runs/", "operator", json=body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def finished(self, identifier: str, timeout_s: float = 120) -> Json:
        ends = {"succeeded", "failed", "cancelled"}
        return eventually(lambda: self.run(identifier), lambda run: run["state"] in ends, timeout_s)

    @staticmethod
    def _ok(answer: requests.Response) -> Json:
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return dict(answer.json())


@dataclass
class Browser:
    """Somebody who signed in, and the page that they see."""

    url: str
    session: requests.Session
    patience_s: float = 30
    seen: str = ""

    @classmethod
    def of(cls, client: Client, role: str) -> Browser:
        """The demo's user of a role."""
        browser = cls(client.url, requests.Session(), client.patience_s)
        browser.get("/login/")
        assert browser.post("/login/", **client.logins[role]).status_code == 302, role
        return browser

    def get(self, path: str) -> requests.Response:
        answer = self.session.get(f"{self.url}{path}", timeout=self.patience_s)
        self.seen = answer.text
        return answer

    def post(self, path: str, **fields: str) -> requests.Response:
        """Send a form of the page that is seen."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.seen)
        assert token
        body = {"csrfmiddlewaretoken": token[1], **fields}
        referer = {"Referer": f"{self.url}{path}"}
        return self.session.post(
            f"{self.url}{path}",
            data=body,
            headers=referer,
            allow_redirects=False,
            timeout=self.patience_s,
        )


def items(slate: Json) -> list[str]:
    """The outside ids of a slate in slot order."""
    return [placement["item"] for placement in slate["placements"]]


def rating(member: str, item: str, value: float = 5, **more: Any) -> Json:
    return {
        "event": str(uuid4()),
        "member": member,
        "item": item,
        "kind": "rating",
        "value": value,
    } | more


def someone() -> str:
    """A member whom nobody has seen before."""
    return f"acceptance-{uuid4().hex[:12]}"


def eventually(
    ask: Callable[[], Json], good: Callable[[Json], bool], timeout_s: float = 10
) -> Json:
    """Ask until the answer is good; fails with the last answer."""
    deadline = time.monotonic() + timeout_s
    while not good(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.1)
    return answer
