"""The style guide shows every part, soundly; a product that serves people has none."""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.face import rules
from tests.face.reading import Document

COMPONENTS = Path(settings.BASE_DIR) / "static" / "css" / "components.css"
# Said of a part while something else goes on: no page shows them at rest.
PASSING = {"busy", "toast", "heat", "spark"}


@pytest.mark.django_db
def test_there_is_none_where_nobody_debugs(client: Client) -> None:
    assert client.get("/styleguide/").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.django_db
@pytest.mark.urls("tests.face.debug_urls")
def test_it_shows_every_part_and_is_sound(client: Client) -> None:
    page = Document(client.get("/styleguide/").content.decode())
    assert [*rules.of_structure(page), *rules.of_labels(page)] == []
    shown = {name for each in page.elements for name in each.get("class").split()}
    parts = set(re.findall(r"\.([a-z][a-z-]*)(?=[ ,:{>])", COMPONENTS.read_text()))
    whole = {each for each in parts if "__" not in each and "--" not in each}
    assert whole - shown - PASSING == set()
