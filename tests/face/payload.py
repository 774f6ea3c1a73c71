"""The hostile text: where it breaks out of where it stands, it leaves an element named `planted-thing`."""

from __future__ import annotations

from typing import Final

PLANTED: Final = "planted-thing"
PAYLOAD: Final = f"""'"></script></title></textarea><{PLANTED} onclick="planted()">{{{{7*7}}}}"""
