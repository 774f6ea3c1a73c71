"""Pictures of every page as every role: three widths, light and dark, English and Chinese, with an index.

`make screenshots` starts the demo on a data folder of its own; `--var` takes a demo that runs. The pictures of the
README are renewed with `--readme`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from itertools import product
from pathlib import Path
from typing import Any, Final

import django
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from tests.addresses import EVERYWHERE, START
from tests.e2e.browsing import ARGUMENTS, asking, found_chromium, sign_in, wait_at_rest
from tests.e2e.planting import plant
from tests.processes import ROOT, start_stack, stop_stack, wait_until

ROLES: Final = ("anonymous", "member", "curator", "operator", "analyst", "administrator")
WIDTHS: Final = (1440, 768, 360)
SCHEMES: Final = ("light", "dark")
LANGUAGES: Final = {"en": "en", "zh": "zh-hans"}
# What no link leads to while all is well: nothing there, not allowed.
STATES: Final = {
    "member": ("/nowhere/", "/admin/desk/"),
    "curator": ("/admin/nowhere/",),
    "operator": ("/admin/runs/00000000-0000-0000-0000-000000000000/",),
}
SHELVES: Final = "**/shelves/**"
# What befalls a page of the member's: what is asked for, and how it is answered.
TROUBLES: Final[dict[str, tuple[str, str, Callable[[Route], object]]]] = {
    "late": ("/", SHELVES, lambda route: None),
    "offline": ("/", SHELVES, lambda route: route.abort()),
    "fault": ("/broken/", "**/broken/", lambda route: route.fulfill(status=500, **_fault())),
}
# Which picture of the README shows what.
README: Final = {
    "home": ("member", "/"),
    "curate": ("curator", "/admin/desk/surfaces/home/"),
    "operate": ("operator", "/admin/runs/models/"),
    "read": ("analyst", "/report/"),
}


def main() -> None:
    """Take them all, or those that were asked for."""
    told = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsys.config.settings")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in this thread
    django.setup()
    with _demo(told.var) as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found_chromium(), args=ARGUMENTS)
        if told.readme:
            _renew_readme(browser, demo)
        else:
            _take_all(browser, demo, told)
        browser.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "screenshots")
    parser.add_argument("--var", type=Path, help="the data folder of a demo that runs")
    parser.add_argument("--readme", action="store_true", help="renew docs/img")
    parser.add_argument("--role", action="append", choices=ROLES)
    parser.add_argument("--scheme", action="append", choices=SCHEMES)
    parser.add_argument("--language", action="append", choices=LANGUAGES)
    return parser.parse_args()


@contextmanager
def _demo(var: Path | None) -> Iterator[dict[str, Any]]:
    """Addresses and passwords of a demo: the one that runs on a folder, else one of our own."""
    if var is not None:
        yield json.loads((var / "demo.json").read_text()) | {"planted": []}
        return
    with tempfile.TemporaryDirectory(prefix="tandem-screenshots-") as name:
        Path(name).chmod(0o711)
        stack = start_stack(Path(name) / "var", TANDEM_DEMO="1")
        try:
            wait_until((stack.var / "demo.json").exists, "the demo is ready", 600)
            demo = json.loads((stack.var / "demo.json").read_text())
            yield demo | {"planted": plant(demo)}
        finally:
            stop_stack(stack)


def _take_all(browser: Browser, demo: dict[str, Any], told: argparse.Namespace) -> None:
    told.out.mkdir(parents=True, exist_ok=True)
    taken: list[tuple[str, str, list[str]]] = []
    for role in told.role or ROLES:
        context = sign_in(browser, demo, role)
        paths = _paths(context, demo, role)
        for language, scheme in product(told.language or LANGUAGES, told.scheme or SCHEMES):
            view = _view(browser, context, demo, language, scheme)
            before = f"{role}-{language}-{scheme}"
            shot = ((role, path, _shoot(view, demo, path, told.out, before)) for path in paths)
            taken.extend(shot)
            if role == "member":
                taken.extend(_troubled(view, demo, told.out, before))
            view.context.close()
        context.close()
    _write_index(told.out, taken)
    print(f"{sum(len(files) for *_, files in taken)} pictures: {told.out / 'index.html'}")


def _paths(context: BrowserContext, demo: dict[str, Any], role: str) -> list[str]:
    """What the role's links lead to, one of each route, and the states that no link leads to."""
    from tests.face.crawling import crawl  # needs Django, which is set up by now

    found = crawl(
        asking(context.request, demo["url"]), [*START, *demo["planted"]], asks=role != EVERYWHERE
    )
    linked = [page.path for page in found if page.is_whole and page.answer.status == 200]
    return [*linked, *STATES.get(role, ())]


def _view(
    browser: Browser, signed_in: BrowserContext, demo: dict[str, Any], language: str, scheme: str
) -> Page:
    context = browser.new_context(
        storage_state=signed_in.storage_state(),
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    cookie = {"name": "django_language", "value": LANGUAGES[language], "url": demo["url"]}
    context.add_cookies([cookie])  # type: ignore[list-item]
    return context.new_page()


def _shoot(page: Page, demo: dict[str, Any], path: str, out: Path, before: str) -> list[str]:
    """One page at each width, loaded once; the names of its files."""
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.goto(demo["url"] + path)
    wait_at_rest(page)
    return _at_each_width(page, path, out, before)


def _troubled(
    page: Page, demo: dict[str, Any], out: Path, before: str
) -> Iterator[tuple[str, str, list[str]]]:
    """A shelf that is awaited, one that no answer came for, and a fault of the product's."""
    for name, (path, pattern, answer) in TROUBLES.items():
        page.route(pattern, answer)
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        page.goto(demo["url"] + path)
        if pattern == SHELVES:
            page.locator("#shelf-popular").scroll_into_view_if_needed()
        yield "member", name, _at_each_width(page, name, out, before)
        page.unroute_all(behavior="ignoreErrors")


def _fault() -> dict[str, Any]:
    from django.template.loader import render_to_string

    problem = {"title": "Something broke", "code": "internal"}
    html = render_to_string("fault.html", {"problem": problem})
    return {"body": html, "content_type": "text/html"}


def _at_each_width(page: Page, path: str, out: Path, before: str) -> list[str]:
    plain = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "id", path)
    name = re.sub(r"[^\w]+", "-", plain).strip("-") or "home"
    files = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        files.append(f"{before}-{name}-{width}.png")
        page.screenshot(path=out / files[-1], full_page=True)
    return files


def _write_index(out: Path, taken: list[tuple[str, str, list[str]]]) -> None:
    rows = "".join(
        f"<h2>{escape(role)} {escape(path)}</h2><p>"
        + " ".join(
            f'<a href="{each}"><img src="{each}" height="360" alt="{each}"></a>' for each in files
        )
        for role, path, files in taken
    )
    (out / "index.html").write_text(
        f"<!doctype html><meta charset=utf-8><title>Screenshots</title>{rows}"
    )


def _renew_readme(browser: Browser, demo: dict[str, Any]) -> None:
    for name, (role, path) in README.items():
        context = sign_in(browser, demo, role)
        page = _view(browser, context, demo, "en", "light")
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(demo["url"] + path)
        page.screenshot(path=ROOT / "docs" / "img" / f"{name}.png")
        context.close()


if __name__ == "__main__":
    main()
