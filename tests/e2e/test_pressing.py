"""A press is never lost to an answer that comes while the button is held or its own answer is awaited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("readers")]
SignIn = Callable[[str], Page]
A_MOMENT_MS = 400
"""Long enough to put an answer into the page that has come already."""


class Held:
    """The requests to some addresses, held on their way until they are let go."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.page, self._pattern, self.routes = page, pattern, list[Route]()
        page.route(pattern, self._hold)

    def _hold(self, route: Route) -> None:
        self.routes.append(route)

    def await_first(self) -> None:
        while not self.routes:
            self.page.wait_for_timeout(50)

    def let_first_go(self) -> None:
        """Wait until its answer has come and whatever becomes of it."""
        with self.page.expect_response(self._pattern):
            self.routes.pop(0).continue_()
        self.page.wait_for_timeout(A_MOMENT_MS)

    def let_all_go(self) -> None:
        """In the order in which they were sent, each answer some time after the one before; those to come, too."""
        while self.routes:
            self.routes.pop(0).continue_()
            self.page.wait_for_timeout(A_MOMENT_MS)
        self.page.unroute(self._pattern)


@pytest.fixture
def form(demo: dict[str, Any], sign_in: SignIn) -> Page:
    page = sign_in("curator")
    page.goto(f"{demo['url']}/admin/desk/new/rule/?surface=home")
    expect(page.locator("#reach")).to_contain_text("Members")
    return page


@pytest.fixture
def changed(form: Page) -> Held:
    """The form with a field just chosen, whose answer brings all conditions anew and is still to come."""
    held = Held(form, "**/new/rows/**")
    form.get_by_label("Field 1").select_option("genres")
    held.await_first()
    return held


def expect_a_second_condition(form: Page) -> None:
    expect(form.get_by_label("Field 2")).to_be_visible()
    expect(form.get_by_label("Field 1")).to_have_value("genres")
    expect(form.get_by_label("Comparison 1").locator("option")).to_have_count(4)


def test_a_button_pressed_before_a_change_is_answered_does_its_work(
    form: Page, changed: Held
) -> None:
    form.get_by_role("button", name="Add a condition").click()
    changed.let_all_go()
    expect_a_second_condition(form)


def test_an_answer_waits_until_the_pointer_is_up(form: Page, changed: Held) -> None:
    form.get_by_role("button", name="Add a condition").hover()
    form.mouse.down()
    changed.let_first_go()
    form.mouse.up()
    changed.let_all_go()
    expect_a_second_condition(form)


def test_an_answer_waits_until_the_space_key_is_up(form: Page, changed: Held) -> None:
    form.get_by_role("button", name="Add a condition").focus()
    form.keyboard.down(" ")
    changed.let_first_go()
    form.keyboard.up(" ")
    changed.let_all_go()
    expect_a_second_condition(form)


def test_an_answer_comes_in_after_a_press_that_was_thought_better_of(
    form: Page, changed: Held
) -> None:
    form.get_by_role("button", name="Add a condition").hover()
    form.mouse.down()
    changed.let_first_go()
    expect(form.get_by_label("Comparison 1").locator("option")).not_to_have_count(4)
    form.mouse.move(5, 5)
    form.mouse.up()
    expect(form.get_by_label("Comparison 1").locator("option")).to_have_count(4)
    expect(form.get_by_label("Field 2")).to_have_count(0)


def test_what_a_form_touches_does_not_move_its_button_away_while_it_is_held(form: Page) -> None:
    """On a narrow screen the figures stand above the button and grow with their answer."""
    form.set_viewport_size({"width": 700, "height": 900})
    form.evaluate(
        """() => {
          document.querySelector("form.write").noValidate = true;
          addEventListener("submit", (event) => {
            event.preventDefault();
            document.body.dataset.pressed = event.submitter.textContent;
          }, true);
        }"""
    )
    held = Held(form, "**/new/rule/reach/")
    form.get_by_label("Effect").select_option("exclude")
    save = form.get_by_role("button", name="Save", exact=True)
    save.scroll_into_view_if_needed()
    held.await_first()
    grown = "<p>" + "Something that takes room.<br>" * 12 + "</p>"
    save.hover()
    form.mouse.down()
    with form.expect_response("**/new/rule/reach/"):
        held.routes.pop(0).fulfill(status=200, content_type="text/html", body=grown)
    form.wait_for_timeout(A_MOMENT_MS)
    form.mouse.up()
    expect(form.locator("body")).to_have_attribute("data-pressed", "Save")
    expect(form.locator("#reach")).to_contain_text("Something that takes room.")
