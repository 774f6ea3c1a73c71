"""Covers: the same item has the same cover, and its title stays inside whatever it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string

from curation.catalogue.covers import cover, cover_of
from curation.catalogue.typesetting import MEASURE, set_title, width
from tests.factories import ItemFactory

LONGEST = (
    "Those Magnificent Men in Their Flying Machines or How I Flew from London to Paris in 25 Hrs"
)
TITLES = {
    "none": "",
    "one letter": "a",
    "longest": LONGEST,
    "chinese": "我不是药神：一个关于勇气、友谊与生命的真实故事，以及它之后发生的一切",
    "ideographs": "字" * 90,
    "words": "word " * 100,
    "unbroken": "x" * 500,
    "wide": "W" * 60,
    "arabic": "مرحبا بكم في عالم السينما العظيم",
    "hebrew": "ואלס עם באשיר",
    "emoji": "🎬👩‍👩‍👧‍👦🇨🇳 Film ❤️‍🔥",
    "joined": "👩‍👩‍👧‍👦" * 30,
    "marks": "e\u0301" * 80,
    "markup": "<script>alert(1)</script>",
    "control": "a\u202eb\u0000c",
}


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_a_title_stays_inside_its_cover(title, below):
    block = set_title(title, below=below)
    assert all(width(line.text) * block.size <= MEASURE for line in block.lines)
    assert all(block.size * 0.8 <= line.y <= 296 for line in block.lines)
    assert block.bottom - block.top <= 150


@pytest.mark.parametrize("title", [LONGEST, "我不是药神", "Up", "The Good, the Bad and the Ugly"])
def test_a_title_up_to_ninety_characters_is_whole(title):
    said = "".join(line.text for line in set_title(title).lines)
    assert said.replace(" ", "") == title.replace(" ", "")


def test_a_short_title_is_set_larger_than_a_long_one():
    assert set_title("Up").size > set_title("Crouching Tiger").size > set_title(LONGEST).size


def test_a_title_that_is_too_long_ends_in_an_ellipsis():
    assert set_title("x" * 500).lines[-1].text.endswith("…")


def test_joined_pictures_are_not_torn_apart():
    family = "👩‍👩‍👧‍👦"
    lines = [line.text.rstrip("…") for line in set_title(family * 30).lines]
    assert all(line == family * (len(line) // len(family)) for line in lines)


def test_a_line_of_chinese_does_not_begin_with_a_comma():
    lines = set_title("我们，你们，他们，大家，所有人，都来了，然后，又走了。").lines
    assert not any(line.text[0] in "，。" for line in lines)


def test_a_title_from_right_to_left_is_set_so():
    assert set_title("ואלס עם באשיר").direction == "rtl"
    assert set_title("Waltz with Bashir").direction == "ltr"


def test_the_same_item_has_the_same_cover_and_kin_share_a_hue():
    assert cover("1", "Alien", "Horror") == cover("1", "Alien", "Horror")
    hues = {_hue(cover(str(n), "Alien", "Horror").ground) // 24 for n in range(40)}
    assert len(hues) <= 2
    assert len({cover(str(n), "Alien", "Horror").shapes for n in range(40)}) > 30


@pytest.mark.parametrize("number", range(60))
def test_ground_and_ink_are_told_apart_in_grey(number):
    drawn = cover(str(number), "Alien", "Horror")
    ground, ink = _lightness(drawn.ground), _lightness(drawn.ink)
    assert abs(ground - ink) >= 0.45
    assert all(abs(_lightness(shape.fill) - ground) >= 0.12 for shape in drawn.shapes)


def test_a_picture_lies_over_the_drawing_and_markup_is_text(db):
    item = ItemFactory.create(
        title='<b>"x"</b>', image_url="https://pictures.example/1.jpg", attributes={"genres": []}
    )
    page = render_to_string("_cover.html", {"cover": cover_of(item)})
    assert 'src="https://pictures.example/1.jpg"' in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert page.index("<svg") < page.index("<img")


def test_a_cover_has_no_style_attribute():
    text = (Path(__file__).parents[2] / "templates" / "_cover.html").read_text()
    assert "style=" not in text


def _lightness(colour: str) -> float:
    return float(re.findall(r"[\d.]+", colour)[0])


def _hue(colour: str) -> int:
    return int(re.findall(r"[\d.]+", colour)[2])
