"""What an operator does in the browser: launch, watch and cancel a run; promote what came of one, and take it back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.processes import LiveStack

pytestmark = pytest.mark.e2e
SignIn = Callable[[str], Page]
A_FIT = 120_000
"""Milliseconds within which a small fit of the demo begins and ends, also on a busy machine."""


def launch(page: Page, family: str, **typed: str) -> None:
    page.get_by_role("link", name="Runs", exact=True).first.click()
    page.get_by_role("link", name="Launch a run").click()
    page.get_by_role("navigation", name="Families").get_by_role(
        "link", name=family, exact=True
    ).click()
    for label, value in typed.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name=re.compile("^Launch ")).click()
    expect(page.locator("#run .badge").first).to_be_visible()


def test_a_run_is_launched_watched_and_cancelled(sign_in: SignIn, demo_stack: LiveStack) -> None:
    page = sign_in("operator")
    page.goto(f"{demo_stack.url}/admin/runs/")
    launch(page, "Dot product", Epochs="500")
    present = page.locator(".steps [aria-current=step]")
    expect(present).to_contain_text("Fit for validation", timeout=A_FIT)
    expect(page.locator("#run progress")).to_be_visible()
    expect(page.locator("#spoken")).to_contain_text("%", timeout=A_FIT)
    page.get_by_text("Cancel the run", exact=True).click()
    page.get_by_role("button", name="Cancel this run for good").click()
    expect(page.locator("#run .badge").first).to_have_text("cancelled", timeout=A_FIT)
    expect(page.locator("[data-step=stopped]")).to_contain_text("Fit for validation")


def test_a_version_is_promoted_and_rolled_back_in_one_click(
    sign_in: SignIn, demo_stack: LiveStack
) -> None:
    page = sign_in("operator")
    page.goto(f"{demo_stack.url}/admin/runs/")
    launch(page, "Popularity")
    promote = page.get_by_role("link", name=re.compile("^Promote popularity"))
    expect(promote).to_be_visible(timeout=A_FIT)
    promote.click()
    page.get_by_label("Reason").fill("It is newer.")
    page.get_by_role("button", name=re.compile("^Promote popularity")).click()
    family = page.locator("#popularity")
    expect(family.locator(".badge--live").first).not_to_have_text("popularity 1 is live")
    family.get_by_role("button", name="Roll back to popularity 1").click()
    expect(page.get_by_text("popularity 1 is live again.")).to_be_visible()
    expect(family.locator(".badge--live").first).to_have_text("popularity 1 is live")
