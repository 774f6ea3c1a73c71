"""An API caller as outside scripts are: a token, JSON in, JSON out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.test import Client

SOURCE = "shop"
RECOMMENDATIONS = "/api/v1/recommendations/"
INTERACTIONS = "/api/v1/interactions/"


@dataclass
class Api:
    """Calls the API with one token; `status` and the decoded body come back."""

    client: Client
    token: str = ""

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        return self._read(self.client.get(path, query, headers=self._headers()))

    def post(self, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        return self.send("POST", path, body, **more)

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        answer = self.client.generic(
            method,
            path,
            body if isinstance(body, bytes) else self._json(body),
            content_type="application/json",
            headers=self._headers(),
            query_params=query,
        )
        return self._read(answer)

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Token {self.token}"} if self.token else {}

    @staticmethod
    def _json(body: Any) -> bytes:
        import orjson

        return b"" if body is None else orjson.dumps(body)

    @staticmethod
    def _read(answer: Any) -> tuple[int, Any]:
        kind = answer.headers["Content-Type"]
        assert kind in {"application/json", "application/problem+json"}, kind
        assert (kind == "application/problem+json") == (answer.status_code >= 400)
        return answer.status_code, answer.json()


def rating(
    member: str, item: str, value: object = 5, event: str = "e1", **more: Any
) -> dict[str, Any]:
    return {"event": event, "member": member, "item": item, "kind": "rating", "value": value} | more
