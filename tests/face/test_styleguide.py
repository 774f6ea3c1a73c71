"""The style guide shows every part, soundly; no part is dead; a product that serves people has no such page."""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings
from django.test import Client

from tests.face import rules
from tests.face.reading import Document

BASE: Final = Path(settings.BASE_DIR)
ROOMS: Final = ("member", "slates", "analyst", "curator", "operator")
FROM_OUTSIDE: Final = {"htmx-request", "helptext", "leader"}
"""Classes that htmx, Django's forms and drawings give."""
_CLASSES: Final = re.compile(r'class="([^"]*)"')
_GIVEN: Final = re.compile(r'"class": "([^"]*)"')


@pytest.mark.django_db
def test_there_is_none_where_nobody_debugs(client: Client) -> None:
    assert client.get("/styleguide/").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.django_db
@pytest.mark.urls("tests.face.debug_urls")
def test_it_shows_every_part_of_the_rooms_too_and_is_sound(client: Client) -> None:
    page = Document(client.get("/styleguide/").content.decode())
    assert [*rules.of_structure(page), *rules.of_labels(page)] == []
    shown = {name for each in page.elements for name in each.get("class").split()}
    assert parts("components", *ROOMS) - shown == set()


def test_a_part_is_used_by_a_page_or_a_script() -> None:
    pages = (each for each in BASE.glob("templates/**/*.html") if each.stem != "styleguide")
    classes = [name for each in pages for name in _CLASSES.findall(each.read_text())]
    code = (
        each for room in ("recsys", "curation", "feedback") for each in BASE.glob(f"{room}/**/*.py")
    )
    classes += [name for each in code for name in _GIVEN.findall(each.read_text())]
    scripts = [each.read_text() for each in BASE.glob("static/js/*.js")]
    used = set(re.findall(r"[a-z][a-z-]*", " ".join([*classes, *scripts])))
    assert parts("components", *ROOMS) - used - FROM_OUTSIDE == set()


def parts(*sheets: str) -> set[str]:
    """What the sheets style, without the variants of a part and what stands within one."""
    texts = (BASE / "static" / "css" / f"{sheet}.css" for sheet in sheets)
    rest = "\n".join(re.sub(r"/\*.*?\*/", "", each.read_text(), flags=re.DOTALL) for each in texts)
    return {each for each in re.findall(r"\.([a-z][a-z-]*)(?![\w-])", rest) if "--" not in each}
