"""Rows whose names are hostile or very long, put into a running demo as programs and curators would."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any, Final

HOSTILE: Final = (
    "Zweifelhaft <img src=x onerror=\"window.planted=true\" class='planted'>"
    "<script>alert(1)</script>"
)
LONG: Final = (
    "كتاب طويل 🎬 "
    + "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
)
PIN: Final = {"kind": "pin", "item": "hostile", "slot": 9}
DATED: Final = {"field": "year", "op": "lt", "value": 1950}
GROUPS: Final = {
    "any": [{"all": [DATED, {"not": {"any": [DATED, {"not": DATED}]}}]}, {"not": DATED}]
}
RULE: Final = {"kind": "rule", "effect": "boost", "strength": 0.1, "where": GROUPS}


def plant(demo: dict[str, Any]) -> list[str]:
    """Two items, one with a comment, a segment, a drafted pin and rule; answers where they are looked at."""
    titles = {"hostile": HOSTILE, "long": LONG}
    rows = [{"item": name, "title": title, "description": title} for name, title in titles.items()]
    send(demo, "client", "PUT", "items/", {"items": rows})
    segment = {"name": HOSTILE, "reason": HOSTILE}
    send(demo, "curator", "PUT", "segments/hostile/", segment)
    home = {"surface": "home", "reason": HOSTILE, "change_set": HOSTILE[:120]}
    drafts = [send(demo, "curator", "POST", "decisions/", each | home) for each in (PIN, RULE)]
    told = {"event": "hostile", "member": "hostile", "item": "hostile", "kind": "comment"}
    send(demo, "client", "POST", "interactions/", told | {"text": HOSTILE, "public": True})
    hostile, long = (_item_of(demo, word) for word in ("zweifelhaft", "donaudampfschifffahrts"))
    decisions = [f"/admin/desk/decisions/{each['id']}/" for each in drafts]
    shown = [f"/items/{hostile}/", f"/items/{long}/", f"/admin/desk/catalogue/{long}/"]
    return ["/admin/desk/segments/hostile/", *decisions, *shown]


def send(demo: dict[str, Any], role: str, method: str, path: str, body: Any) -> dict[str, Any]:
    """Ask the API; fails where it does not take what it was sent."""
    headers = {
        "Authorization": f"Token {demo['tokens'][role]}",
        "Content-Type": "application/json",
    }
    url, data = f"{demo['url']}/api/v1/{path}", json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        told: dict[str, Any] = json.loads(answer.read() or b"{}")
    return told


def _item_of(demo: dict[str, Any], word: str) -> str:
    """The id of the item that alone holds a word, as the search shows it to anybody."""
    with urllib.request.urlopen(f"{demo['url']}/search/?q={word}", timeout=20) as answer:
        found = re.search(r"/items/([0-9a-f-]{36})/", answer.read().decode())
    assert found, f"nobody finds {word}"
    return found[1]
