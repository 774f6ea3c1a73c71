"""What an analyst does in the browser: choose days, read the answer, open the table, take it along."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.processes import LiveStack

pytestmark = pytest.mark.e2e
SignIn = Callable[[str], Page]


def test_an_analyst_reads_a_figure_and_takes_its_table_along(
    sign_in: SignIn, demo_stack: LiveStack
) -> None:
    page = sign_in("analyst")
    page.goto(f"{demo_stack.url}/report/")
    expect(page.get_by_role("heading", name="What changed?")).to_be_visible()
    page.get_by_role("link", name="last 7 days").click()
    page.get_by_label("Surface").select_option(label="Home")
    page.get_by_label("with simulated members").check()
    page.get_by_role("button", name="Show").click()
    page.get_by_role("navigation", name="Pages of the report").get_by_role(
        "link", name="Feedback"
    ).click()
    assert "surface=home" in page.url
    assert "simulated=on" in page.url
    section = page.locator("#activity")
    term = section.locator(".term", has_text="interaction").first
    term.focus()
    expect(term.get_by_role("tooltip")).to_be_visible()
    drawn = section.locator("tbody tr").count()
    with page.expect_download() as download:
        section.get_by_role("link", name="Download as CSV").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text())))
    assert len(rows) - 1 == drawn > 0


def test_a_chart_fits_the_phone_and_the_desk(sign_in: SignIn, demo_stack: LiveStack) -> None:
    page = sign_in("analyst")
    page.goto(f"{demo_stack.url}/report/feedback/")
    first = page.locator("#activity")
    for width, shown, hidden in ((1440, "wide", "narrow"), (360, "narrow", "wide")):
        page.set_viewport_size({"width": width, "height": 900})
        expect(first.locator(f".chart--{shown}")).to_be_visible()
        expect(first.locator(f".chart--{hidden}")).to_be_hidden()
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
