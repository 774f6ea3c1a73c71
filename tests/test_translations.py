"""The product in Chinese: every string is written, nothing is lost on the way, and no page falls back to English."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import polib
import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from curation.models import User
from recsys import serving
from recsys.config.translations import catalogues, compile_catalogues
from recsys.management.commands.collect_words import Words, collect, refresh
from tests.authorization_world import build

(CHINESE,) = catalogues()
ENTRIES = list(polib.pofile(str(CHINESE)))
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|<[^>]+>|`[^`]+`")
HAN = "\u4e00-\u9fff"
MIXED = re.compile(
    rf"[{HAN}][,;:!?()]|[,;:!?()][{HAN}]|[{HAN}]\.|[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]|[０-９Ａ-Ｚａ-ｚ]"
)
# A language is offered by its own name.
ALIKE = {entry.msgid for entry in ENTRIES if entry.msgid == entry.msgstr} | {"English"}
# Patterns of a date are letters to Django, not words.
FORMATS = {"j M"}
PAGES = [
    "items/<uuid:item_id>/",
    "slates/<uuid:slate_id>/",
    "report/",
    "admin/",
    "admin/curation/item/",
    "admin/curation/item/<path:object_id>/change/",
    "admin/desk/",
    "admin/desk/new/pin/",
    "admin/desk/new/block/",
    "admin/desk/new/rule/",
    "admin/desk/new/blend/",
    "admin/desk/decisions/<uuid:decision_id>/",
    "admin/desk/change-sets/<uuid:change_set_id>/",
    "admin/desk/surfaces/<slug:slug>/",
    "admin/desk/surfaces/<slug:slug>/versions/<int:number>/",
    "admin/runs/",
    "admin/runs/launch/",
    "admin/runs/models/",
    "admin/runs/models/<uuid:version_id>/promote/",
    "admin/runs/<uuid:run_id>/",
]


def written(entry):
    """The Chinese of an entry: the language has no plural forms."""
    return entry.msgstr_plural[0] if entry.msgid_plural else entry.msgstr


class Reader(HTMLParser):
    """What a page tells people: its texts, and the attributes that hold text."""

    ATTRIBUTES = ("aria-label", "title", "data-offline", "data-signed-out", "data-failed")

    def __init__(self, page):
        super().__init__()
        self.texts = []
        self._silent = 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self._silent += tag in {"script", "style"}
        names = (*self.ATTRIBUTES, "value") if ("type", "submit") in attrs else self.ATTRIBUTES
        self.texts += [value for name, value in attrs if name in names]

    def handle_endtag(self, tag):
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data):
        if not self._silent and data.strip():
            self.texts.append(" ".join(data.split()))


def pattern(msgid):
    """An English string as it looks on a page: a sentence may stand among others."""
    whole = ".+".join(re.escape(part) for part in PLACEHOLDER.split(msgid))
    return whole if msgid.endswith(".") else f"^{whole}[:：]?$"


# One lower-case word may be an identifier, which has no language.
ENGLISH = re.compile(
    "|".join(
        pattern(text)
        for entry in ENTRIES
        for text in (entry.msgid, entry.msgid_plural)
        if text not in ALIKE and re.search(r"^[A-Z]|[a-z] [a-z]", text)
    )
)


def english_of(response):
    """The texts of a page that should have been Chinese."""
    assert response.status_code == 200
    assert response.headers["Content-Language"] == "zh-hans"
    texts = Reader(response.content.decode()).texts
    return [text for text in texts if text not in ALIKE and ENGLISH.search(text)]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One of everything, and an administrator who reads Chinese. No worker is there to wait for."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr(serving.Ask, "budget_s", 0.0)
        found = build()
        User.objects.update(language="zh-hans")
        yield found
        transaction.set_rollback(True)


def test_every_string_is_written_in_chinese():
    waiting = [each.msgid for each in ENTRIES if each.fuzzy or each.obsolete or not written(each)]
    assert waiting == []


def test_the_catalogue_holds_the_strings_of_the_sources_and_no_others():
    held = {Words(each.msgctxt, each.msgid, each.msgid_plural or None) for each in ENTRIES}
    found = set(collect(settings.BASE_DIR))
    assert held == found, "manage.py collect_words brings the catalogue in step"


def test_a_translation_keeps_the_placeholders():
    for entry in ENTRIES:
        said = entry.msgid_plural or entry.msgid
        assert sorted(PLACEHOLDER.findall(written(entry))) == sorted(PLACEHOLDER.findall(said))


def test_chinese_takes_its_own_punctuation_and_a_space_beside_latin_words():
    found = [written(entry) for entry in ENTRIES if entry.msgid not in FORMATS]
    assert [text for text in found if MIXED.search(PLACEHOLDER.sub("", text))] == []


def test_a_stranger_is_welcomed_in_chinese(world):
    browser = Client(headers={"accept-language": "zh-hans,en;q=0.5"})
    home, login = browser.get("/"), browser.get("/login/")
    assert "人与模型，一起推荐" in home.content.decode()
    assert "登录" in login.content.decode()
    assert english_of(home) + english_of(login) == []


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_a_page_in_chinese_holds_no_english_of_ours(world, page):
    browser = Client()
    world.enter(browser, page, "administrator")
    assert english_of(browser.get(world.path(page))) == []


def test_collecting_reads_python_and_templates(tmp_path):
    (tmp_path / "recsys").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "recsys" / "some.py").write_text(
        '_("one " "text")\nngettext("a", "%s as", n)\npgettext_lazy("room", "b")\n_(name)\n'
    )
    (tmp_path / "templates" / "some.html").write_text(
        "{% load i18n %}{% translate 'e' %}{% firstof x _(\"c\") %}<p>none</p>"
        "{% blocktranslate count n=m %}{{ n }} d{% plural %}{{ n }} ds{% endblocktranslate %}"
    )
    expected = {"one text": None, "a": "%s as", "b": None, "e": None, "c": None}
    found = collect(tmp_path)
    for text, plural in (expected | {"%(n)s d": "%(n)s ds"}).items():
        context = "room" if text == "b" else None
        assert Words(context, text, plural) in found
    assert Words(None, "none", None) not in found


def test_refreshing_keeps_what_is_translated_and_drops_what_is_gone():
    catalogue = polib.POFile()
    catalogue += [
        polib.POEntry(msgid="kept", msgstr="留"),
        polib.POEntry(msgid="gone", msgstr="去"),
    ]
    refresh(catalogue, {Words(None, "kept", None): ["a.py"], Words(None, "new", None): ["b.py"]})
    assert {each.msgid: each.msgstr for each in catalogue} == {"kept": "留", "new": ""}


def test_only_a_catalogue_that_changed_is_compiled(tmp_path):
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    source.write_bytes(CHINESE.read_bytes())
    assert compile_catalogues(tmp_path) == [source]
    assert compile_catalogues(tmp_path) == []
    assert [each.msgid for each in polib.mofile(str(folder / "django.mo"))]
    source.touch()
    assert compile_catalogues(tmp_path) == [source]
