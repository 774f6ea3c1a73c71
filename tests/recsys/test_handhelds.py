"""The kind of device that a browser says it runs on."""

from __future__ import annotations

import pytest

from recsys.slates.handhelds import device_of

LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
ANDROID = "Mozilla/5.0 (Linux; Android 14; {}) AppleWebKit/537.36 Chrome/126.0{} Safari/537.36"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1"
)
IPAD = "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) Version/16.6 Mobile/15E148 Safari/604.1"
TIZEN = "Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36 TV Safari/537.36"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"


@pytest.mark.parametrize(
    ("agent", "hint", "device"),
    [
        (WINDOWS, "", "desktop"),
        (LINUX, "?0", "desktop"),
        (LINUX, "?1", "mobile"),
        (ANDROID.format("Pixel 8", " Mobile"), "", "mobile"),
        (ANDROID.format("SM-X910", ""), "", "tablet"),
        (IPHONE, "", "mobile"),
        (IPAD, "", "tablet"),
        (TIZEN, "", "tv"),
        ("curl/8.7", "", ""),
        ("", "", ""),
    ],
)
def test_a_browser_tells_its_device(agent, hint, device):
    headers = {"User-Agent": agent, "Sec-CH-UA-Mobile": hint}
    assert device_of({name: text for name, text in headers.items() if text}) == device
