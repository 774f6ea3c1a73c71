"""One caller of the product, who notes every answer; outages are answers, too."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

import requests

from tests.soak.ledger import Json, Ledger, Sighting, now

_TIMEOUT_S = 30


class Caller:
    """A connection of one thread, by a token or a session."""

    def __init__(self, ledger: Ledger, url: str, token: str = "") -> None:
        self.ledger, self._url = ledger, url
        self._session = requests.Session()
        if token:
            self._session.headers["Authorization"] = f"Token {token}"

    @property
    def visitor(self) -> str:
        """The outside id of the visitor whose cookie this browser has; empty without one."""
        key, _, _ = str(self._session.cookies.get("visitor", "")).partition(":")
        return f"visitor-{key}" if key else ""

    def call(self, method: str, path: str, **more: Any) -> requests.Response | None:
        """The answer, None where none came or the server could not give one."""
        asked = now()
        try:
            answer = self._session.request(
                method, f"{self._url}{path}", timeout=_TIMEOUT_S, allow_redirects=False, **more
            )
        except requests.RequestException as trouble:
            self._note(asked, f"{method} {path}: {type(trouble).__name__}")
            return None
        self.ledger.requests[f"{method} {answer.status_code}"] += 1
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._note(asked, f"{method} {path}: {answer.status_code} {answer.text[:200]}")
            return None
        return answer

    def _note(self, asked: float, what: str) -> None:
        # Where the trouble began or showed: either may lie in a disturbance.
        if self.ledger.calm(asked) and self.ledger.calm(now()):
            self.ledger.errors.append((now(), f"{what} {self.ledger.last()}"))

    def recommend(self, member: str, **more: Any) -> Json | None:
        """A slate of the home surface, noted as seen."""
        asked = now()
        query = {"member": member, "surface": "home", "size": 10} | more
        answer = self.call("GET", "/api/v1/recommendations/", params=query)
        if answer is None or answer.status_code != requests.codes.ok:
            return None
        slate: Json = answer.json()
        self.saw(member, slate, asked)
        return slate

    def saw(self, member: str, slate: Json, asked: float) -> None:
        items = tuple(each["item"] for each in slate["placements"])
        self.ledger.sightings.append(Sighting(member, asked, now(), slate["mode"], items))

    def sign_in(self, login: Json) -> bool:
        page = self.call("GET", "/login/")
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text if page else "")
        if not found:
            return False
        answer = self.call(
            "POST",
            "/login/",
            data={"csrfmiddlewaretoken": found[1], **login},
            headers={"Referer": f"{self._url}/login/"},
        )
        return answer is not None and answer.status_code == requests.codes.found
