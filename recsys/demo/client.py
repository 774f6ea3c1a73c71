"""The product's HTTP API, as a script calls it that knows nothing but an address and a token."""

from __future__ import annotations

import http
import http.client
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

TIMEOUT_S: Final = 30.0


class NoAnswer(Exception):
    """The product did not answer, or refused: the message says what it said."""


class Refusal(NoAnswer):
    """The product said that the call itself is wrong: asking again is of no use."""


class Client:
    """One caller with one token; a connection for each call."""

    def __init__(self, url: str, token: str) -> None:
        self._host = urlsplit(url).netloc
        self._headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}

    def recommend(self, member: str, **more: str | int) -> dict[str, Any]:
        """A slate of the home surface; raises NoAnswer."""
        query = urlencode({"member": member, "surface": "home", **more})
        return self._call("GET", f"/api/v1/recommendations/?{query}")

    def tell(self, interactions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Send interactions; raises NoAnswer."""
        return self._call("POST", "/api/v1/interactions/", {"interactions": list(interactions)})

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT_S)
        try:
            connection.request(method, path, json.dumps(body) if body else None, self._headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{method} {path}: {error}") from error
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            wrong = Refusal if answer.status < http.HTTPStatus.INTERNAL_SERVER_ERROR else NoAnswer
            raise wrong(f"{method} {path}: {answer.status} {text[:500]!r}")
        result: dict[str, Any] = json.loads(text)
        return result
