"""Which kind of device a browser says it runs on, by its client hint and its user agent.

The order counts: televisions and tablets name the systems of phones and computers as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_BY_AGENT: Final = (
    ("tv", re.compile(r"smart-?tv|appletv|googletv|hbbtv|bravia|web0s|\btv\b", re.IGNORECASE)),
    ("tablet", re.compile(r"ipad|tablet|kindle|silk/|android(?!.*mobile)", re.IGNORECASE)),
    ("mobile", re.compile(r"mobi|iphone|ipod", re.IGNORECASE)),
    ("desktop", re.compile(r"windows nt|macintosh|x11|cros", re.IGNORECASE)),
)


def device_of(headers: Mapping[str, str]) -> str:
    """One of `mobile`, `tablet`, `desktop` and `tv`; empty where the browser does not tell."""
    agent = headers.get("User-Agent", "")
    found = next((device for device, told in _BY_AGENT if told.search(agent)), "")
    hint = headers.get("Sec-CH-UA-Mobile", "")
    return "mobile" if hint == "?1" and found in ("", "desktop") else found
